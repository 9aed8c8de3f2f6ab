import { Emitter } from '../base/emitter';
import type { Clock } from '../base/clock';
import { toBridgeError } from '../base/errors';
import type { ApprovalGate } from '../agent/types';
import { type AskPerson, createAskingGate } from '../policy/gates';
import type { ModelLanes } from '../tasks/modelLanes';
import type { ModelLoading } from '../tasks/modelLoading';
import type { TaskEnvironment } from '../tasks/taskRunner';
import type { RunEnd, TaskEvent, TaskRequest } from '../tasks/types';
import { cancelledByPerson } from './abort';
import type { ServerConnection } from './connection';
import type { LaunchConsent } from './launchConsent';
import type { Output } from './output';
import { readLoadSettings } from './settings';
import { shortText } from './shortText';
import type { SpeedStore } from './speedStore';
import type { TaskStatus } from './taskStatus';
import { afterEvent } from './taskText';
import type { WorkspaceServers } from './workspaceServers';

/** How a task ended, with what its end alone does not say. */
export interface TaskResult {
  readonly end: RunEnd;
  readonly error: Extract<TaskEvent, { type: 'error' }> | undefined;
}

export interface TaskNeeds {
  readonly connection: ServerConnection;
  readonly servers: WorkspaceServers;
  readonly consent: LaunchConsent;
  readonly output: Output;
  readonly speeds: SpeedStore;
  /** One for all that this window asks of models. */
  readonly lanes: ModelLanes;
  readonly clock: Clock;
  readonly version: string;
  /** The question before a tool call, for a task with this label. */
  readonly createQuestion: (label: string) => AskPerson;
  /** The question before a model is loaded that may push others out of memory. */
  readonly mayEvict: NonNullable<ModelLoading['mayEvict']>;
}

interface Entry {
  status: TaskStatus;
  readonly controller: AbortController;
  work: Promise<unknown>;
}

/** The tasks of this window: starts them, tells what they do, and ends them all when the window ends. */
export class Tasks {
  readonly #changed = new Emitter<readonly TaskStatus[]>();
  readonly #entries = new Map<number, Entry>();
  #count = 0;
  #hasEnded = false;

  readonly onDidChange = this.#changed.event;

  constructor(private readonly needs: TaskNeeds) {}

  get running(): readonly TaskStatus[] {
    return [...this.#entries.values()].map(({ status }) => status);
  }

  /** Fires with the id at once and settles when the task has ended. @throws ConfigurationError before anything was started */
  run(request: TaskRequest, onStart: (id: number) => void): Promise<TaskResult> {
    const id = ++this.#count;
    const label = shortText(request.task, 60);
    const startedAt = this.needs.clock.now();
    const waits = { phase: undefined, since: startedAt, model: undefined, isWaiting: false };
    const status = { id, label, startedAt, round: 0, activity: 'starting', ...waits };
    const controller = new AbortController();
    if (this.#hasEnded) controller.abort(cancelledByPerson('The window is closing.'));
    const work = this.#work(id, request, controller.signal).finally(() => {
      this.#entries.delete(id);
      this.#fire();
    });
    this.#entries.set(id, { status, controller, work });
    this.#fire();
    onStart(id);
    return work;
  }

  cancel(id: number, message = 'Cancelled by you.'): void {
    this.#entries.get(id)?.controller.abort(cancelledByPerson(message));
  }

  /** Cancels every task and waits until all that they started has ended. */
  async end(): Promise<void> {
    this.#hasEnded = true;
    const entries = [...this.#entries.entries()];
    for (const [id] of entries) this.cancel(id, 'The window is closing.');
    await Promise.allSettled(entries.map(([, { work }]) => work));
    this.#changed.dispose();
  }

  async #work(id: number, request: TaskRequest, signal: AbortSignal): Promise<TaskResult> {
    const { connection, servers, consent, output, clock, version, mayEvict, speeds, lanes } = this.needs;
    const settings = readLoadSettings();
    const [found, { catalog, lifecycle, validator, fetch, speed }, { runTask }, { Transcript }] = await Promise.all([
      servers.find(),
      connection.get(),
      import('../tasks/taskRunner'),
      import('../tasks/transcript'),
    ]);
    const workspaces = servers.folders;
    const env: TaskEnvironment = {
      ...{ clock, logger: output.logger, version, fetch, lanes, workspaces, found },
      server: catalog.server,
      validator,
      speed,
      gate: this.#gate(id),
      consent: (specs, ending) => this.#whileWaiting(id, () => consent.decide(specs, workspaces, ending)),
      onPhase: (key, phase) => {
        this.#update(id, { model: key });
        return catalog.markActivity(key, phase);
      },
      loading: {
        ...{ lifecycle, ...settings },
        mayEvict: (model, evicted, ending) => this.#whileWaiting(id, () => mayEvict(model, evicted, ending)),
      },
    };
    // Lines of tasks that run side by side must not be taken for one another's.
    const transcript = new Transcript((line) =>
      output.writeLine(this.#entries.size > 1 ? `[task ${id}] ${line}` : line),
    );
    let error: TaskResult['error'];
    const onEvent = (event: TaskEvent): void => {
      if (event.type === 'error') error = event;
      this.#update(id, afterEvent(event, clock.now()) ?? {});
      transcript.add(event);
    };
    output.show();
    try {
      const end = await runTask(request, env, onEvent, signal);
      return { end, error };
    } catch (failure) {
      output.logger.log('error', toBridgeError(failure).message);
      throw failure;
    } finally {
      transcript.end();
      speeds.save(catalog.server.address.root, speed.snapshot()).catch((failure: unknown) => {
        output.logger.log('warn', `The speed of the models was not saved: ${toBridgeError(failure).message}`);
      });
      // A task loads models just in time: the list is another one now.
      void connection.refresh();
    }
  }

  #gate(id: number): ApprovalGate {
    const label = this.#entries.get(id)?.status.label ?? '';
    const ask = this.needs.createQuestion(label);
    return createAskingGate((request, signal) => this.#whileWaiting(id, () => ask(request, signal)));
  }

  async #whileWaiting<T>(id: number, question: () => Promise<T>): Promise<T> {
    this.#update(id, { isWaiting: true });
    try {
      return await question();
    } finally {
      this.#update(id, { isWaiting: false });
    }
  }

  #update(id: number, change: Partial<TaskStatus>): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    const status = { ...entry.status, ...change };
    const isSame = JSON.stringify(status) === JSON.stringify(entry.status);
    entry.status = status;
    if (!isSame) this.#fire();
  }

  #fire(): void {
    this.#changed.fire(this.running);
  }
}
