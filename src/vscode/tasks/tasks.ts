import * as l10n from '@vscode/l10n';
import { Emitter } from '../../base/emitter';
import { toBridgeError } from '../../base/errors';
import type { AskPerson } from '../../policy/gates';
import type { CatalogSnapshot } from '../../llm/lmstudio/catalog';
import { TokenLedger } from '../../llm/tokenLedger';
import type { FoundServers } from '../../mcp/discovery';
import { TaskInterruption } from '../../tasks/interruption';
import type { JournalStore, ResumedRun } from '../../tasks/journalStore';
import { TaskControl } from '../../tasks/runControl';
import type { TaskEnvironment } from '../../tasks/taskEnvironment';
import { VectorCache } from '../../tasks/vectorCache';
import type { RunEnd, TaskEvent, TaskRequest } from '../../tasks/types';
import { cancelledByPerson } from '../abort';
import { readTaskShow } from '../documents/taskShow';
import { lmToolsForTask } from '../chat/lmTools';
import { readLoadSettings, readRetention, readSubstitutionMode } from '../settings/settings';
import { shortText } from '../shortText';
import { placeOfModel } from '../models/serverList';
import type { ConnectedServer } from '../serverConnections';
import type { TaskStatus } from './taskStatus';
import type { TaskNeeds } from './taskNeeds';
import { createTaskPolicy, type TaskPolicy } from './taskPolicy';
import { afterEvent } from './taskText';

/** How a task ended, with what its end alone does not say. */
export interface TaskResult {
  /** Of the task, in this window. */
  readonly id: number;
  /** Of its journal. */
  readonly runId: string | undefined;
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

/** Who started a task, and whether they show it; see `TaskStatus`. */
export type RunOptions = Pick<TaskStatus, 'isShownElsewhere' | 'isDelegated'>;

/** What a person has to do with one task. */
interface Attended {
  readonly resumed: ResumedRun | undefined;
  readonly control: TaskControl;
  readonly ask: AskPerson;
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

  constructor(private readonly needs: TaskNeeds) {
    const { desk, users } = needs;
    for (const changed of [desk.onDidChangeCount, users.onDidChange]) changed(() => this.#showWaiting());
  }

  get running(): readonly TaskStatus[] {
    return [...this.#entries.values()].map(({ status }) => status);
  }

  /** Fires with the id at once and settles when the task has ended. @throws ConfigurationError before anything was started */
  run(
    request: TaskRequest,
    onStart: (id: number) => void,
    resumed?: ResumedRun,
    { isShownElsewhere = false, isDelegated = false }: RunOptions = {},
  ): Promise<TaskResult> {
    const id = ++this.#count;
    const label = shortText(request.task, 60);
    const startedAt = this.needs.clock.now();
    const waits = { phase: undefined, since: startedAt, model: undefined, isWaiting: false, pause: undefined };
    const runId = resumed?.journal.runId;
    const { server } = placeOfModel(request.model);
    const origin = { server, isShownElsewhere, isDelegated };
    const activity = l10n.t('starting');
    const status: TaskStatus = { id, runId, label, startedAt, round: 0, activity, ...waits, ...origin };
    const controller = new AbortController();
    if (this.#hasEnded) controller.abort(windowCloses());
    const questions = this.needs.createQuestions({ id, label });
    const control = new TaskControl(questions.mayGoOn);
    const attended = { resumed, control, ask: questions.beforeCall, isShownElsewhere };
    const work = this.#work(id, request, attended, controller.signal).finally(() => {
      this.#entries.delete(id);
      this.needs.users.leave(id);
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
    const { mayEvict, findLog, askFate, sampling, isOffered } = this.needs;
    const running = Promise.all([import('../../tasks/taskRunner'), import('../../tasks/transcript')]);
    const asking = [servers.find(), connections.connect(request.model), this.needs.journals.get()] as const;
    const [[{ runTask }, { Transcript }], found, served, journals] = await Promise.all([running, ...asking]);
    const { catalog, lifecycle, validator, fetch, speed, modelKey } = served;
    const { contextLength, ttlSeconds } = readLoadSettings();
    const log = await findLog(catalog.server.address.root);
    const env: TaskEnvironment = {
      ...{ clock, logger: output.logger, version, fetch, lanes, workspaces: servers.folders, found, isOffered },
      ...{ server: catalog.server, modelKey, validator, speed, tokens: this.#tokens, resumed, control, sampling },
      ...{ journals: this.#noting(id, journals), onSubstitution: readSubstitutionMode(), hostTools: lmToolsForTask() },
      connections: await this.needs.mcp.connectionsFor(id),
      ...this.#policy(id, ask, found, request),
      askFate: (...asked) => askFate(...asked, id),
      consent: (specs, ending) => consent.decide(specs, servers.folders, ending, id),
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
        mayEvict: (...asked) => mayEvict(...asked, id),
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
      return { id, runId: this.#entries.get(id)?.status.runId, end, error };
    } catch (failure) {
      output.logger.log('error', toBridgeError(failure).message);
      throw failure;
    } finally {
      transcript.end();
      this.#keepNews(served, journals);
    }
  }

  /** What a task has changed for those after it. */
  #keepNews({ catalog, speed, connection }: ConnectedServer, journals: JournalStore): void {
    void this.#trySaving(
      () => this.needs.speeds.save(catalog.server.address.root, speed.snapshot()),
      (reason) => l10n.t('The speed of the models was not saved: {0}', reason),
    );
    void this.#trySaving(
      () => journals.prune(readRetention()),
      (reason) => l10n.t('Old journals were not deleted: {0}', reason),
    );
    // A task loads models just in time: the list is another one now.
    void connection.refreshAnew();
  }

  /** Lines of tasks that run side by side must not be taken for one another's. */
  #named(id: number, line: string): string {
    return this.#entries.size > 1 ? l10n.t('[task {0}] {1}', id, line) : line;
  }

  #follow(report: TaskReport): void {
    const { clock, sizes, users } = this.needs;
    const { id, event } = report;
    if (event.type === 'tools') {
      void this.#trySaving(
        () => sizes.record(event.servers),
        (reason) => l10n.t('The sizes of the tools were not saved: {0}', reason),
      );
    }
    users.follow(id, event);
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

  async #trySaving(save: () => Promise<void>, failed: (reason: string) => string): Promise<void> {
    try {
      await save();
    } catch (failure) {
      this.needs.output.logger.log('warn', failed(toBridgeError(failure).message));
    }
  }

  #policy(id: number, ask: AskPerson, found: FoundServers, { approval }: TaskRequest): TaskPolicy {
    const { folders } = this.needs.servers;
    return createTaskPolicy(this.needs, { found, folders, ask, approval, task: id });
  }

  #showWaiting(): void {
    for (const id of this.#entries.keys()) this.#update(id, { isWaiting: this.needs.desk.asks(id) });
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
