/** A door for tests: runs tasks against a simulator as the real doors do, and keeps what they report. */
import type { ApprovalGate } from '../../src/agent/types';
import { systemClock } from '../../src/base/clock';
import { nullLogger } from '../../src/base/logger';
import { createFetch } from '../../src/base/http';
import { ModelCatalog } from '../../src/llm/lmstudio/catalog';
import { ModelLifecycle } from '../../src/llm/lmstudio/lifecycle';
import { ModelValidator } from '../../src/llm/lmstudio/validator';
import { ServerPolicy } from '../../src/llm/resilience';
import { parseConfigFile } from '../../src/mcp/configFile';
import { givenSource } from '../../src/mcp/serverSpec';
import { createUnattendedGate } from '../../src/policy/gates';
import { ModelLanes } from '../../src/tasks/modelLanes';
import type { TaskControl } from '../../src/tasks/runControl';
import type { TaskEnvironment } from '../../src/tasks/taskEnvironment';
import { runTask } from '../../src/tasks/taskRunner';
import type { RunEnd, TaskEvent } from '../../src/tasks/types';
import type { Simulator } from '../simulator/server';
import { modelServer } from './lmstudio';
import { connectionsIn } from './mcp/harness';

export interface TaskOptions {
  readonly model?: string;
  readonly gate?: ApprovalGate;
  readonly control?: TaskControl;
  readonly signal?: AbortSignal;
  readonly maxRounds?: number;
  readonly timeoutMs?: number;
  readonly loading?: Omit<NonNullable<TaskEnvironment['loading']>, 'lifecycle'>;
  readonly onSubstitution?: 'warn' | 'stop';
  readonly isOffered?: TaskEnvironment['isOffered'];
  readonly hostTools?: TaskEnvironment['hostTools'];
  readonly onEvent?: (event: TaskEvent) => void;
  /** What the door lends besides, or instead. */
  readonly environment?: Partial<TaskEnvironment>;
}

export interface RunningTask {
  readonly events: TaskEvent[];
  readonly end: Promise<RunEnd>;
  /** The first event, past or future, for which this holds; rejects where the task ends without one. */
  event(matches: (event: TaskEvent) => boolean): Promise<TaskEvent>;
}

/** One for all tasks of a test: they share the lanes, the list of models and the loads. Repeats wait for no time. */
export class TaskDoor {
  readonly catalog: ModelCatalog;
  readonly lifecycle: ModelLifecycle;
  readonly #lanes = new ModelLanes();

  /** @param servers MCP servers as in a `.mcp.json`; every task uses all of them */
  constructor(
    simulator: Simulator,
    private readonly servers: Readonly<Record<string, unknown>> = {},
    private readonly workspace = process.cwd(),
  ) {
    const policy = new ServerPolicy({ clock: systemClock, random: () => 0 });
    this.catalog = new ModelCatalog(modelServer(simulator.url, undefined, systemClock, policy), systemClock);
    this.lifecycle = new ModelLifecycle(this.catalog, systemClock);
  }

  start(task: string, options: TaskOptions = {}): RunningTask {
    const events: TaskEvent[] = [];
    const waiting = new Set<() => void>();
    const { gate = createUnattendedGate('all'), control, signal = new AbortController().signal } = options;
    const end = runTask(
      {
        ...{ task, model: options.model, servers: { kind: 'all' } },
        ...{ maxRounds: options.maxRounds ?? 20, maxTokens: undefined, timeoutMs: options.timeoutMs },
      },
      {
        ...{ clock: systemClock, logger: nullLogger, version: '0', workspaces: [this.workspace] },
        server: this.catalog.server,
        validator: new ModelValidator(this.catalog, systemClock),
        fetch: createFetch(systemClock),
        lanes: this.#lanes,
        connections: connectionsIn([this.workspace]),
        found: parseConfigFile(JSON.stringify({ mcpServers: this.servers }), givenSource('.mcp.json')),
        loading: { lifecycle: this.lifecycle, ...options.loading },
        onSubstitution: options.onSubstitution,
        ...{ isOffered: options.isOffered, hostTools: options.hostTools },
        ...{ gate, control },
        ...options.environment,
      },
      (event) => {
        events.push(event);
        options.onEvent?.(event);
        for (const look of [...waiting]) look();
      },
      signal,
    );
    const event = (matches: (event: TaskEvent) => boolean): Promise<TaskEvent> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = events.find(matches);
          if (found) resolve(found);
          else if (events.at(-1)?.type === 'run_end') reject(new Error(`Ended before: ${JSON.stringify(events)}`));
          else return;
          waiting.delete(look);
        };
        waiting.add(look);
        look();
      });
    return { events, end, event };
  }

  dispose(): void {
    this.lifecycle.dispose();
    this.catalog.dispose();
  }
}
