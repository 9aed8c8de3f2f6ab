/**
 * The LM Studio simulator: a server that behaves as LM Studio's does, for tests and for the demo.
 *
 * Every simulated behaviour is marked with the section of the team's reference it comes from and with the origin of the
 * fact (docs/lmstudio-behaviour.md lists them all): DOC (official documentation), REC (recorded), BUG (reported), 3P (third-party code), INF (inference).
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { playAnswerFault, type AnswerFault } from './answerFaults';
import { checkPermission, checkToken } from './auth';
import { answerChat, turnsOf, type ChatContext } from './chatEndpoint';
import { demoTurn } from './demoModel';
import { HttpFailure, nativeFailure } from './failures';
import { readBody, sendJson, wasReset } from './httpReply';
import { isObject, tryParse } from './json';
import { ModelHost, type ModelState } from './modelHost';
import { settingsOf, type SimulatorOptions } from './options';
import { RequestLog, type LoggedRequest, type RequestPredicate } from './requestLog';
import { moreEndpoints, type MoreEndpoints } from './moreEndpoints';
import { route } from './routes';
import { ServerLog } from './serverLog';
import type { Script } from './turn';

export type { SimulatorOptions } from './options';

export interface Simulator {
  /** The root, without a slash at the end: `http://127.0.0.1:49152`. */
  readonly url: string;
  readonly port: number;
  /** Every request so far, in order of arrival. */
  readonly requests: readonly LoggedRequest[];
  /** What is in memory now; also to load and unload without HTTP. */
  readonly models: ModelHost;
  readonly log: ServerLog;
  /** From the next chat request on, turns come from here. */
  setScript(script: Script): void;
  /** The first request, past or future, for which the predicate holds. It is asked again when a request changes. */
  waitForRequest(predicate: RequestPredicate): Promise<LoggedRequest>;
  /** Until the model (instance id or key) is in this state: how a test knows that it may move the clock on. */
  waitForState(id: string, state: ModelState): Promise<void>;
  /** Ends at once: running answers are cut off. */
  close(): Promise<void>;
}

/** @throws the listen error, e.g. EADDRINUSE */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const settings = settingsOf(options);
  const { clock, profile, host, port: wantedPort } = settings;
  const models = new ModelHost(settings);
  const log = new RequestLog();
  const serverLog = new ServerLog();
  const closing = new AbortController();
  let nextTurn = turnsOf(options.script ?? demoTurn);
  const app: App = {
    host: models,
    profile,
    clock,
    token: options.token,
    forbiddenPaths: options.forbiddenPaths ?? [],
    tokensPerSecond: settings.tokensPerSecond,
    promptTokensPerSecond: settings.promptTokensPerSecond,
    ragged: settings.ragged,
    log: serverLog,
    nextTurn: (request) => nextTurn(request),
    answerFault: options.answerFault ?? (() => undefined),
    more: moreEndpoints(options, models, clock),
  };
  const server = createServer((request, response) => void serve(app, log, request, response, closing.signal));
  // §1.6 REC: Keep-Alive: timeout=5
  server.keepAliveTimeout = 5000;
  // BT#570: LM Studio has no request timeout.
  server.requestTimeout = 0;
  await listen(server, wantedPort, host);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    requests: log.entries,
    models,
    log: serverLog,
    setScript: (script) => void (nextTurn = turnsOf(script)),
    waitForRequest: (predicate) => log.waitFor(predicate),
    waitForState: (id, state) => models.waitFor(() => models.stateOf(id) === state),
    close: async () => {
      closing.abort();
      models.dispose();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** What every route may use. */
export interface App extends ChatContext {
  readonly token: string | undefined;
  readonly more: MoreEndpoints;
  readonly forbiddenPaths: readonly string[];
  readonly answerFault: (request: LoggedRequest) => AnswerFault | undefined;
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** One request from its first byte to its last. Never rejects: a failure becomes a response. */
async function serve(
  app: App,
  log: RequestLog,
  request: IncomingMessage,
  response: ServerResponse,
  closing: AbortSignal,
): Promise<void> {
  const entry = log.add(request.method ?? 'GET', request.url ?? '/', request.headers);
  const gone = new AbortController();
  response.on('close', () => {
    entry.finished = response.writableFinished;
    entry.aborted = !response.writableFinished && !wasReset(response);
    entry.status = response.headersSent ? response.statusCode : undefined;
    // §3.4: a client that goes away stops the generation.
    gone.abort();
    log.changed();
  });
  if (app.profile !== 'openai-only') response.setHeader('X-Powered-By', 'Express'); // §1.6 REC
  try {
    await handle(app, log, entry, request, response, AbortSignal.any([gone.signal, closing]));
  } catch (error) {
    const failure = error instanceof HttpFailure ? error : internalError(error);
    sendJson(response, failure.status, failure.body, isObjectError(failure));
  }
}

async function handle(
  app: App,
  log: RequestLog,
  entry: LoggedRequest,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const text = await readBody(request);
  entry.body = text === '' ? undefined : tryParse(text);
  log.changed();
  const path = entry.path.split('?')[0] ?? '/';
  // §1.2: whether the greeting needs a token is not known; here it does not.
  if (path !== '/lmstudio-greeting') checkToken(request.headers, app.token, path);
  checkPermission(path, app.forbiddenPaths);
  if (text !== '' && entry.body === undefined) throw invalidJson();
  const answer = await route(app, entry.method, path, entry.body);
  if (answer === 'chat' || answer === 'chat-v0') {
    await answerChat(app, response, entry.body, signal, answer === 'chat-v0');
    return;
  }
  if (typeof answer === 'function') {
    await answer(response, signal);
    return;
  }
  const fault = app.answerFault(entry);
  if (fault) await playAnswerFault(fault, response, answer, entry);
  else sendJson(response, answer.status, answer.body, answer.pretty);
}

// §2.6 REC: the code; the wording is INF.
const invalidJson = (): HttpFailure =>
  nativeFailure(400, 'invalid_request', 'Invalid JSON in request body', { code: 'invalid_json' });

/** A defect of the simulator or of a script's function: said aloud, so that a test shows it. */
function internalError(error: unknown): HttpFailure {
  const message = error instanceof Error ? error.message : String(error);
  return new HttpFailure(500, { error: `Simulator: ${message}` });
}

// §1.6 REC: object-style errors are indented, string errors compact.
function isObjectError(failure: HttpFailure): boolean {
  return isObject(failure.body) && isObject(failure.body['error']);
}
