/** What stands behind the `lms` stand-in: the state of a simulator at a private address, and the log of its calls. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { HttpFailure } from '../../simulator/failures';
import { readBody } from '../../simulator/httpReply';
import type { Instance } from '../../simulator/instance';
import { isObject, numberOf, stringOf, tryParse, type JsonObject, type JsonValue } from '../../simulator/json';
import { publisher } from '../../simulator/modelListings';
import type { ModelSpec } from '../../simulator/models';
import type { Simulator } from '../../simulator/server';

/** To be run by node, or on macOS and Linux by itself. */
export const LMS_PROGRAM = resolve(__dirname, 'lms.mjs');

export interface LmsInvocation {
  readonly argv: readonly string[];
  /** The real one would have started LM Studio for it (reference 1.4). */
  readonly wakes: boolean;
}

export interface LmsStub {
  /** For the environment of whoever starts it. */
  readonly env: Readonly<Record<'LMS_STUB_URL' | 'LMS_STUB_LOG', string>>;
  /** Every call so far, in order. */
  readonly invocations: readonly LmsInvocation[];
  /** What `lms server status` and `lms daemon status` say from now on; `lms server start` changes it. Default: running. */
  setServerRunning(running: boolean): void;
  close(): Promise<void>;
}

/**
 * A listener of its own, as LM Studio has one beside its REST server (reference 1.1): what `lms` asks never stands in
 * the simulator's request log and needs no token.
 */
export async function startLmsStub(simulator: Simulator, { serverStarts = true } = {}): Promise<LmsStub> {
  const folder = await mkdtemp(join(tmpdir(), 'lms-stub-'));
  const log = join(folder, 'invocations.ndjson');
  let running = true;
  const state = {
    read: () => stateOf(simulator, running),
    act: (body: JsonObject): JsonObject | Promise<JsonObject> => {
      if (body['action'] !== 'start-server') return act(simulator, body);
      running = serverStarts;
      return stateOf(simulator, running);
    },
    follow: (response: ServerResponse): void => {
      stream(simulator, response);
    },
  };
  const server = createServer((request, response) => void answer(state, request, response));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    env: { LMS_STUB_URL: `http://127.0.0.1:${port}/__state`, LMS_STUB_LOG: log },
    get invocations() {
      const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter(Boolean) : [];
      return lines.map((line) => JSON.parse(line) as LmsInvocation);
    },
    setServerRunning: (value) => void (running = value),
    close: async () => {
      await new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      });
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface State {
  read(): JsonObject;
  act(body: JsonObject): JsonObject | Promise<JsonObject>;
  follow(response: ServerResponse): void;
}

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const send = (status: number, body: JsonValue): void => {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  };
  try {
    const body = tryParse(await readBody(request));
    if (request.url === '/__state/log') state.follow(response);
    else if (request.url !== '/__state') send(404, { error: 'not found' });
    else send(200, request.method === 'POST' ? await state.act(isObject(body) ? body : {}) : state.read());
  } catch (error) {
    send(400, { error: error instanceof HttpFailure ? messageOf(error) : String(error) });
  }
}

/** Every line of the server log from now on, as the command prints it (reference 4 SRC). */
function stream({ log }: Simulator, response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' }).flushHeaders();
  const end = log.follow((content) => {
    const data = { type: 'server.log', content, level: 'info' };
    response.write(`${JSON.stringify({ timestamp: Date.now(), data })}\n`);
  });
  response.on('close', end);
}

function messageOf({ body }: HttpFailure): string {
  const error = isObject(body) ? body['error'] : undefined;
  return stringOf(isObject(error) ? error['message'] : error) ?? '';
}

function stateOf({ models, port }: Simulator, running: boolean): JsonObject {
  return {
    models: models.specs.map(modelInfo),
    instances: models.instances.map(instanceInfo),
    // Reference 4: `port` is missing where the server was never started.
    server: running ? { running, port } : { running },
    daemon: running ? { status: 'running', pid: process.pid, isDaemon: true } : { status: 'not-running' },
  };
}

async function act({ models }: Simulator, body: JsonObject): Promise<JsonObject> {
  if (body['action'] === 'unload') return { unloaded: models.unload(stringOf(body['identifier']) ?? '') };
  const spec = models.spec(stringOf(body['key']) ?? '');
  if (spec === undefined) throw new Error('No such model');
  const started = performance.now();
  const config = isObject(body['config']) ? body['config'] : {};
  const more = { ttlMs: numberOf(body['ttlMs']) ?? null, identifier: stringOf(body['identifier']) };
  const instance = await models.load(spec, config, more);
  return { identifier: instance.id, seconds: (performance.now() - started) / 1000 };
}

// Reference 4 SRC: ModelInfo, in this order.
function modelInfo(spec: ModelSpec): JsonObject {
  return {
    type: spec.type,
    modelKey: spec.key,
    // MLX models are called by the format of their files.
    format: spec.format === 'mlx' ? 'safetensors' : spec.format,
    displayName: spec.displayName,
    publisher: publisher(spec),
    path: spec.key,
    sizeBytes: spec.sizeBytes,
    indexedModelIdentifier: spec.key,
    deviceIdentifier: null,
    ...(spec.params === null ? {} : { paramsString: spec.params }),
    architecture: spec.architecture,
    ...(spec.quantization === null
      ? {}
      : { quantization: { name: spec.quantization.name, bits: spec.quantization.bits } }),
    ...(spec.variants === undefined ? {} : { variants: [...spec.variants], selectedVariant: spec.variants[0] ?? '' }),
    ...(spec.type === 'llm' ? { vision: spec.vision ?? false, trainedForToolUse: spec.toolUse ?? false } : {}),
    maxContextLength: spec.maxContextLength,
  };
}

// Reference 4 SRC, 2.8: `idle` is loaded and ready.
function instanceInfo(instance: Instance): JsonObject {
  const { maxContextLength, ...model } = modelInfo(instance.spec);
  const { vision, trainedForToolUse, ...head } = model;
  return {
    ...head,
    identifier: instance.id,
    ttlMs: instance.ttlMs,
    lastUsedTime: instance.lastUsedTime,
    ...(vision === undefined ? {} : { vision, trainedForToolUse }),
    maxContextLength,
    contextLength: instance.config.context_length,
    status: instance.status,
    queued: instance.queued,
    parallel: instance.config['parallel'],
  };
}
