/** Who uses which MCP server of this window, so that what a server asks is known to be a task's. */
import { type Disposable, toDisposable } from '../../base/disposable';
import { Emitter } from '../../base/emitter';
import type { ConnectionSource } from '../../mcp/connections';
import type { TaskEvent } from '../../tasks/types';
import type { Question } from '../questions/questionDesk';

/** The number of a task of this window; `person`: a command that they have just given. */
export type ServerUser = number | 'person';

interface Use {
  readonly server: string;
  readonly user: ServerUser;
}

/** All servers are shared, so a server does not say for whom it asks: most likely for those that wait for it just then. */
export class ServerUsers {
  readonly #changed = new Emitter<void>();
  readonly #holding = new Set<Use>();
  /** Those that wait for a start or a call. */
  readonly #waiting = new Set<Use>();
  /** By task and call. */
  readonly #calls = new Map<string, Disposable>();

  readonly onDidChange = this.#changed.event;

  /** From now on, until it is disposed, this user waits for something of this server. */
  begin(server: string, user: ServerUser): Disposable {
    return this.#add(this.#waiting, { server, user });
  }

  /** The same connections for one user; a task holds its servers until `leave`. */
  sourceFor(user: ServerUser, source: ConnectionSource): ConnectionSource {
    return {
      lease: async (spec, signal) => {
        const use = { server: spec.name, user };
        const starting = this.#add(this.#waiting, use);
        try {
          const lease = await source.lease(spec, signal);
          // Not where the task has ended meanwhile.
          if (user !== 'person' && this.#waiting.has(use)) this.#holding.add(use);
          return lease;
        } finally {
          starting.dispose();
        }
      },
    };
  }

  /** What a task reports: its calls begin and end. */
  follow(task: number, event: TaskEvent): void {
    if (event.type === 'tool_call' && event.server !== null) {
      this.#calls.set(keyOf(task, event.id), this.begin(event.server, task));
    }
    if (event.type === 'tool_result') this.#endCall(keyOf(task, event.id));
  }

  /** The task has ended. */
  leave(task: number): void {
    for (const key of [...this.#calls.keys()]) if (key.startsWith(keyOf(task, ''))) this.#endCall(key);
    for (const uses of [this.#holding, this.#waiting]) {
      for (const use of uses) if (use.user === task) uses.delete(use);
    }
    this.#changed.fire();
  }

  /** Whose a question of this server is, as of each moment. */
  askerOf(server: string): Required<Pick<Question<unknown>, 'tasks' | 'isExpected'>> {
    const usersIn = (uses: ReadonlySet<Use>): readonly ServerUser[] => [
      ...new Set([...uses].filter((use) => use.server === server).map(({ user }) => user)),
    ];
    return {
      tasks: () => {
        const waiting = usersIn(this.#waiting);
        return (waiting.length > 0 ? waiting : usersIn(this.#holding)).filter((user) => user !== 'person');
      },
      isExpected: () => usersIn(this.#waiting).includes('person'),
    };
  }

  #endCall(key: string): void {
    this.#calls.get(key)?.dispose();
    this.#calls.delete(key);
  }

  #add(uses: Set<Use>, use: Use): Disposable {
    uses.add(use);
    this.#changed.fire();
    return toDisposable(() => {
      if (uses.delete(use)) this.#changed.fire();
    });
  }
}

function keyOf(task: number, call: string): string {
  return `${task}:${call}`;
}
