/** The interface for other extensions: plain data in and out, errors with codes, nothing of our own classes. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { onAbort, throwIfAborted } from '../../base/abort';
import { BridgeError, ConfigurationError, errorMessage, toBridgeError } from '../../base/errors';
import type { TaskEvent } from '../../tasks/types';
import { cancelledByPerson } from '../abort';
import { askServers, GRACE_MS } from '../askServers';
import { fullName, modelsOf, type ServedModel } from '../models/servedModel';
import type { Output } from '../output';
import type { ServedConnection } from '../serverConnections';
import { readDefaults, requireTrust, type RunNeeds, startTask } from '../tasks/runTask';
import type { TaskStatus } from '../tasks/taskStatus';
import type {
  ApiError,
  ApiModel,
  ApiRunEnd,
  ApiRunOptions,
  ApiTask,
  ApiTaskEvent,
  ApiTaskRequest,
  BridgeApi,
} from './apiTypes';
import type { Caller, CallerConsent } from './callerConsent';

export interface ApiNeeds extends RunNeeds {
  readonly callers: CallerConsent;
  readonly output: Output;
}

/** `caller`: the extension that it is for; undefined: nobody has said. */
export function createApi(needs: ApiNeeds, caller?: Caller): BridgeApi {
  const { connections, tasks, clock, output } = needs;
  const own = new Set<number>();
  const running = (): readonly ApiTask[] => tasks.running.map((task) => toApiTask(task, clock.now()));
  return Object.freeze<BridgeApi>({
    version: 1,
    getApi: (extensionId) => createApi(needs, callerOf(extensionId)),
    models: () => listModels(needs),
    onDidChangeModels: (listener) => {
      const hear = (): void => tell(output, () => listener(modelsOf(connections.all).map(toApiModel)));
      const listening = [connections.onDidChange(hear), connections.onDidChangeServers(hear)];
      return { dispose: () => listening.forEach((item) => item.dispose()) };
    },
    runTask: (request, options) =>
      run(needs, { caller, own }, request, options).catch((error: unknown) => {
        const told = toBridgeError(error);
        const message =
          caller === undefined
            ? l10n.t('A task of another extension did not begin: {0}', told.message)
            : l10n.t('A task of {0} did not begin: {1}', caller.id, told.message);
        output.logger.log('warn', message);
        throw toApiError(told);
      }),
    onDidTaskEvent: (listener) =>
      tasks.onDidReport(({ id, event }) => {
        if (own.has(id)) tell(output, () => listener({ taskId: id, event: copyOf(event) }));
      }),
    tasks: running,
    onDidChangeTasks: (listener) => tasks.onDidChange(() => tell(output, () => listener(running()))),
  });
}

/** @throws ApiError where no server answers */
async function listModels({ connections, clock }: ApiNeeds): Promise<readonly ApiModel[]> {
  const late = await askServers(connections.all, clock, GRACE_MS);
  const isOnline = (server: ServedConnection): boolean => server.connection.snapshot.health.kind === 'online';
  const online = connections.all.filter((server) => isOnline(server) && !late.includes(server));
  const { health } = connections.main.connection.snapshot;
  if (online.length === 0 && health.kind === 'offline') throw toApiError(health.error);
  return modelsOf(online).map(toApiModel);
}

/** Who runs it, and the ids of the tasks that were started with the same object. */
interface Running {
  readonly caller: Caller | undefined;
  readonly own: Set<number>;
}

async function run(
  needs: ApiNeeds,
  { caller, own }: Running,
  raw: ApiTaskRequest,
  options: ApiRunOptions | undefined,
): Promise<ApiRunEnd> {
  requireTrust();
  const { checkRunOptions, parseRunRequest } = await import('./runRequest');
  checkRunOptions(options);
  const request = parseRunRequest(raw, readDefaults);
  const { tasks, output } = needs;
  const stopping = toStopping(options);
  let runId: string | null = null;
  const following = tasks.onDidReport(({ request: reported, event }) => {
    if (reported !== request) return;
    if (event.type === 'run_start') runId = event.runId;
    if (options?.onEvent) tell(output, () => options.onEvent?.(copyOf(event)));
  });
  try {
    if (!(await needs.callers.mayRun(caller, request, stopping.signal))) throw refused();
    throwIfAborted(stopping.signal);
    const onStart = (id: number): void => {
      own.add(id);
      stopping.whenStopped(() => tasks.cancel(id));
    };
    const end = await startTask(request, needs, undefined, onStart, { isDelegated: true });
    const { status, code, text, rounds, durationMs, usage } = end;
    return { status, code, text, runId, rounds, durationMs, usage: { ...usage } };
  } finally {
    following.dispose();
    stopping.dispose();
  }
}

/** The caller's signal and token as one signal. */
function toStopping({ signal, token }: ApiRunOptions = {}) {
  const controller = new AbortController();
  const abort = (): void =>
    controller.abort(cancelledByPerson(l10n.t('The extension that started it has stopped it.')));
  const items: { dispose(): unknown }[] = [];
  if (signal) items.push(onAbort(signal, abort));
  if (token?.isCancellationRequested) abort();
  else if (token) items.push(token.onCancellationRequested(abort));
  return {
    signal: controller.signal,
    whenStopped: (callback: () => void) => void items.push(onAbort(controller.signal, callback)),
    dispose: () => {
      for (const item of items) item.dispose();
    },
  };
}

function refused(): BridgeError {
  return new BridgeError('approval-denied', l10n.t('The person did not want the task to run.'));
}

/** @throws ApiError `usage` */
function callerOf(id: unknown): Caller {
  const extension = typeof id === 'string' ? vscode.extensions.getExtension(id) : undefined;
  if (!extension) {
    throw toApiError(
      new ConfigurationError('usage', `No extension ${JSON.stringify(id)} is installed.`, {
        hint: 'Give the id of your own extension: context.extension.id.',
      }),
    );
  }
  const { displayName } = extension.packageJSON as { displayName?: unknown };
  return { id: extension.id, name: typeof displayName === 'string' ? displayName : extension.id };
}

/** What a listener of another extension throws is no business of the task, but somebody has to learn of it. */
function tell(output: Output, listener: () => void): void {
  try {
    listener();
  } catch (error) {
    output.logger.log('warn', l10n.t('A listener of another extension failed: {0}', errorMessage(error)));
  }
}

/** Nobody may change what others still read. */
function copyOf(event: TaskEvent): ApiTaskEvent {
  return structuredClone(event);
}

function toApiError(failure: unknown): ApiError {
  const { code, message, hint } = toBridgeError(failure);
  return Object.assign(new Error(message), { name: 'LMStudioBridgeError' as const, code, hint: hint ?? null });
}

function toApiModel(served: ServedModel): ApiModel {
  const { server, model } = served;
  const { displayName, kind, maxContextLength, vision, toolUse, sizeBytes, quantization } = model;
  // What is in the memory of a server that is away nobody knows.
  const instances = server.connection.snapshot.health.kind === 'offline' ? null : model.instances;
  const contexts = (instances ?? []).flatMap(({ contextLength }) => contextLength ?? []);
  return {
    ...{ id: fullName(served), server: server.name ?? null, name: displayName, kind },
    isLoaded: instances === null ? null : instances.length > 0,
    contextLength: contexts.length === 0 ? null : Math.max(...contexts),
    ...{ maxContextLength, vision, toolUse, sizeBytes, quantization },
  };
}

function toApiTask({ id, round, model, server, startedAt, isWaiting, pause }: TaskStatus, now: number): ApiTask {
  const state = isWaiting ? 'waiting-for-person' : pause === 'paused' ? 'paused' : 'running';
  return { id, state, round, model: model ?? null, server: server ?? null, elapsedMs: Math.round(now - startedAt) };
}
