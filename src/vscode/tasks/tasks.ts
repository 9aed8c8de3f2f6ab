import * as l10n from '@vscode/l10n';
import { Emitter } from '../../base/emitter';
import type { Clock } from '../../base/clock';
import { toBridgeError } from '../../base/errors';
import type { RunControl } from '../../agent/types';
import type { AskPerson } from '../../policy/gates';
import type { CatalogSnapshot } from '../../llm/lmstudio/catalog';
import { TokenLedger } from '../../llm/tokenLedger';
import type { FoundServers } from '../../mcp/discovery';
import { TaskInterruption } from '../../tasks/interruption';
import type { JournalStore, ResumedRun } from '../../tasks/journalStore';
import type { ModelLanes } from '../../tasks/modelLanes';
import type { ModelLoading } from '../../tasks/modelLoading';
import type { ProgressSources } from '../../tasks/modelProgress';
import type { AskFate } from '../../tasks/openCalls';
import { TaskControl } from '../../tasks/runControl';
import type { SamplingDesk } from '../../tasks/sampling';
import type { TaskEnvironment } from '../../tasks/taskEnvironment';
import { VectorCache } from '../../tasks/vectorCache';
import type { RunEnd, TaskEvent, TaskRequest } from '../../tasks/types';
import { cancelledByPerson } from '../abort';
import type { ServerConnections } from '../serverConnections';
import type { Journals } from './journals';
import { readTaskShow } from '../documents/taskShow';
import type { LaunchConsent } from '../questions/launchConsent';
import { lmToolsForTask } from '../chat/lmTools';
import type { McpServers } from '../servers/mcpServers';
import type { Output } from '../output';
import type { WhileAsking } from '../questions/questionDesk';
import { readLoadSettings, readRetention, readSubstitutionMode } from '../settings/settings';
import { shortText } from '../shortText';
import { placeOfModel } from '../models/serverList';
import type { SpeedStore } from '../models/speedStore';
import type { TaskStatus } from './taskStatus';
import { createTaskPolicy, type PolicyCase, type PolicyNeeds, type TaskPolicy } from './taskPolicy';
import { afterEvent } from './taskText';
import type { ToolSizes } from '../servers/toolSizes';
import type { WorkspaceServers } from '../servers/workspaceServers';

/** How a task ended, with what its end alone does not say. */
export interface TaskResult {
  /** Of the task, in this window. */
  readonly id: number;
  readonly end: RunEnd;
  readonly error: Extract<TaskEvent, { type: 'error' }> | undefined;
}

/** Something that a task of this window has reported, beside what it was asked for. */
export interface TaskReport {
  /** Of this window, from 1 on. */
  readonly id: number;
  readonly request: TaskRequest;
  readonly event: TaskEvent;
}

export interface TaskNeeds extends PolicyNeeds {
  readonly connections: ServerConnections;
  readonly servers: WorkspaceServers;
  /** Whose connections all tasks share. */
  readonly mcp: McpServers;
  readonly consent: LaunchConsent;
  /** Which tools the person has not switched off. */
  readonly isOffered: NonNullable<TaskEnvironment['isOffered']>;
  readonly output: Output;
  readonly speeds: SpeedStore;
  readonly sizes: ToolSizes;
  readonly journals: Journals;
  /** One for all that this window asks of models. */
  readonly lanes: ModelLanes;
  readonly clock: Clock;
  readonly version: string;
  /** The questions of a task with this label: before a tool call, and where it goes round in circles. */
  readonly createQuestions: (label: string) => {
    readonly beforeCall: AskPerson;
    readonly mayGoOn: RunControl['mayGoOn'];
  };
  /** Where the servers of a task can ask its model. */
  readonly sampling: SamplingDesk;
  /** The question what became of a call that an interruption has cut off. */
  readonly askFate: AskFate;
  /** The question before a model is loaded that may push others out of memory. */
  readonly mayEvict: NonNullable<ModelLoading['mayEvict']>;
  /** What the log of the server at this address can be followed with, where it can and may. */
  readonly findLog: (root: string) => Promise<ProgressSources['log']>;
}

/** What a person has to do with one task. */
interface Attended {
  readonly resumed: ResumedRun | undefined;
  readonly control: TaskControl;
  readonly ask: AskPerson;
  /** Whoever started it shows what it does, such as a terminal that the output would cover. */
  readonly isShownElsewhere: boolean;
}

interface Entry {
  status: TaskStatus;
  readonly controller: AbortController;
  readonly control: TaskControl;
  work: Promise<unknown>;
}

/** The tasks of this window: starts them, tells what they do, and ends them all when the window ends. */
export class Tasks {
  readonly #changed = new Emitter<readonly TaskStatus[]>();
  readonly #reported = new Emitter<TaskReport>();
  readonly #entries = new Map<number, Entry>();
  readonly #tokens = new TokenLedger();
  readonly #vectors = new VectorCache();
  #count = 0;
  #hasEnded = false;

  readonly onDidChange = this.#changed.event;
  /** Every event of every task, in order; streamed text comes in many small ones. */
  readonly onDidReport = this.#reported.event;

  constructor(private readonly needs: TaskNeeds) {}

  get running(): readonly TaskStatus[] {
    return [...this.#entries.values()].map(({ status }) => status);
  }

  /** Fires with the id at once and settles when the task has ended. @throws ConfigurationError before anything was started */
  run(
    request: TaskRequest,
    onStart: (id: number) => void,
    resumed?: ResumedRun,
    { isShownElsewhere = false }: { readonly isShownElsewhere?: boolean } = {},
  ): Promise<TaskResult> {
    const id = ++this.#count;
    const label = shortText(request.task, 60);
    const startedAt = this.needs.clock.now();
    const waits = { phase: undefined, since: startedAt, model: undefined, isWaiting: false, pause: undefined };
    const runId = resumed?.journal.runId;
    const { server } = placeOfModel(request.model);
    const status: TaskStatus = {
      id,
      runId,
      label,
      server,
      startedAt,
      round: 0,
      activity: l10n.t('starting'),
      ...waits,
    };
    const controller = new AbortController();
    if (this.#hasEnded) controller.abort(windowCloses());
    const questions = this.needs.createQuestions(label);
    const control = new TaskControl((...problem) => this.#whileWaiting(id, () => questions.mayGoOn(...problem)));
    const attended = { resumed, control, ask: questions.beforeCall, isShownElsewhere };
    const work = this.#work(id, request, attended, controller.signal).finally(() => {
      this.#entries.delete(id);
      this.#fire();
    });
    this.#entries.set(id, { status, controller, control, work });
    this.#fire();
    onStart(id);
    return work;
  }

  cancel(id: number): void {
    this.#entries.get(id)?.controller.abort(cancelledByPerson(l10n.t('Cancelled by you.')));
  }

  /** False where the task has ended. */
  addMessage(id: number, message: string): boolean {
    const entry = this.#entries.get(id);
    entry?.control.add(message);
    return entry !== undefined;
  }

  pause(id: number): void {
    this.#entries.get(id)?.control.pause();
    this.#update(id, { pause: 'pausing' });
  }

  resume(id: number): void {
    this.#update(id, { pause: undefined });
    this.#entries.get(id)?.control.resume();
  }

  /** Breaks off every task, so that it can be resumed, and waits until all that they started has ended. */
  async end(): Promise<void> {
    this.#hasEnded = true;
    const entries = [...this.#entries.values()];
    for (const { controller } of entries) controller.abort(windowCloses());
    await Promise.allSettled(entries.map(({ work }) => work));
    this.#changed.dispose();
    this.#reported.dispose();
  }

  async #work(
    id: number,
    request: TaskRequest,
    { resumed, control, ask, isShownElsewhere }: Attended,
    signal: AbortSignal,
  ): Promise<TaskResult> {
    const { connections, servers, consent, output, clock, version, lanes } = this.needs;
    const { mayEvict, speeds, findLog, askFate, sampling, isOffered } = this.needs;
    const running = Promise.all([import('../../tasks/taskRunner'), import('../../tasks/transcript')]);
    const asking = [servers.find(), connections.connect(request.model), this.needs.journals.get()] as const;
    const [[{ runTask }, { Transcript }], found, served, journals] = await Promise.all([running, ...asking]);
    const { catalog, lifecycle, validator, fetch, speed, modelKey } = served;
    const whileAsking: WhileAsking = (question) => this.#whileWaiting(id, question);
    const { contextLength, ttlSeconds } = readLoadSettings();
    const log = await findLog(catalog.server.address.root);
    const env: TaskEnvironment = {
      ...{ clock, logger: output.logger, version, fetch, lanes, workspaces: servers.folders, found, isOffered },
      ...{ server: catalog.server, modelKey, validator, speed, tokens: this.#tokens, resumed, control, sampling },
      ...{ journals: this.#noting(id, journals), onSubstitution: readSubstitutionMode(), hostTools: lmToolsForTask() },
      connections: await this.needs.mcp.connections(),
      ...this.#policy(id, ask, found, request),
      askFate: (call, ending) => whileAsking(() => askFate(call, ending)),
      consent: (...asked) => consent.decide(asked[0], servers.folders, asked[1], whileAsking),
      onPhase: (key, phase) => {
        this.#update(id, { model: key });
        // Of a request that loads the model just in time; it counts anew from each use.
        if (ttlSeconds !== undefined && phase !== 'generating') catalog.expectTtl(key, ttlSeconds * 1_000);
        return catalog.markActivity(key, phase);
      },
      progress: { hasNativeChat: () => hasNativeChat(catalog.snapshot), log, logger: output.logger },
      toolMeaning: { models: () => catalog.snapshot.models, vectors: this.#vectors },
      loading: {
        ...{ lifecycle, contextLength, ttlSeconds },
        mayEvict: (model, evicted, ending) => whileAsking(() => mayEvict(model, evicted, ending)),
      },
    };
    const transcript = new Transcript((line) => output.writeLine(this.#named(id, line)));
    let error: TaskResult['error'];
    const onEvent = (event: TaskEvent): void => {
      if (event.type === 'error') error = event;
      transcript.add(event);
      this.#follow({ id, request, event });
    };
    if (!isShownElsewhere && readTaskShow() === 'output') output.show();
    try {
      const end = await runTask(request, env, onEvent, signal);
      return { id, end, error };
    } catch (failure) {
      output.logger.log('error', toBridgeError(failure).message);
      throw failure;
    } finally {
      transcript.end();
      void this.#trySaving('The speed of the models was', () =>
        speeds.save(catalog.server.address.root, speed.snapshot()),
      );
      void this.#trySaving('Old journals were', () => journals.prune(readRetention()), 'deleted');
      // A task loads models just in time: the list is another one now.
      void served.connection.refresh();
    }
  }

  /** Lines of tasks that run side by side must not be taken for one another's. */
  #named(id: number, line: string): string {
    return this.#entries.size > 1 ? `[task ${id}] ${line}` : line;
  }

  #follow(report: TaskReport): void {
    const { clock, sizes } = this.needs;
    const { id, event } = report;
    if (event.type === 'tools') void this.#trySaving('The sizes of the tools were', () => sizes.record(event.servers));
    this.#update(id, afterEvent(event, clock.now(), this.#entries.get(id)?.status.phase) ?? {});
    this.#reported.fire(report);
  }

  /** From the first moment on it is known which journal is whose. */
  #noting(id: number, journals: JournalStore): Pick<JournalStore, 'create'> {
    return {
      create: async (...asked) => {
        const journal = await journals.create(...asked);
        this.#update(id, { runId: journal.runId });
        return journal;
      },
    };
  }

  async #trySaving(what: string, save: () => Promise<void>, done = 'saved'): Promise<void> {
    try {
      await save();
    } catch (failure) {
      this.needs.output.logger.log('warn', `${what} not ${done}: ${toBridgeError(failure).message}`);
    }
  }

  #policy(id: number, ask: AskPerson, found: FoundServers, { approval }: TaskRequest): TaskPolicy {
    const { folders } = this.needs.servers;
    const whileWaiting: PolicyCase['whileWaiting'] = (question) => this.#whileWaiting(id, question);
    return createTaskPolicy(this.needs, { found, folders, ask, approval, whileWaiting });
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

function windowCloses(): TaskInterruption {
  return new TaskInterruption('The window is closing.');
}

function hasNativeChat({ health }: CatalogSnapshot): boolean {
  return health.kind === 'online' && health.listing === '/api/v1/models';
}
