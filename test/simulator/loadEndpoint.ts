/** `POST /api/v1/models/load` and `/unload` (§2.3, §2.4). */
import type { SimulatorClock } from './clock';
import { nativeFailure } from './failures';
import { isObject, stringOf, type JsonObject, type JsonValue } from './json';
import type { ModelHost } from './modelHost';

// §2.3 DOC; `parallel` 3P. `ttl` is not among them: assume refused.
const LOAD_KEYS: Readonly<Record<string, 'string' | 'number' | 'boolean'>> = {
  model: 'string',
  context_length: 'number',
  eval_batch_size: 'number',
  flash_attention: 'boolean',
  num_experts: 'number',
  offload_kv_cache_to_gpu: 'boolean',
  echo_load_config: 'boolean',
  parallel: 'number',
};

/**
 * Answers when the load is done, as the real one (§2.3: blocking, no progress). It goes on when the client has gone: a
 * disconnect cancels no load (§2.3 INF).
 */
export async function loadModel(
  host: ModelHost,
  body: JsonValue | undefined,
  clock: SimulatorClock,
): Promise<JsonObject> {
  const request = checked(body, LOAD_KEYS, 'model');
  const key = stringOf(request['model']) ?? '';
  const spec = host.spec(key);
  // §2.3 3P
  if (spec === undefined) throw nativeFailure(404, 'model_not_found', `Model ${key} not found in downloaded models`);
  const started = clock.now();
  const instance = await host.load(spec, request);
  const seconds = Math.round(clock.now() - started) / 1000;
  // §2.3 DOC: the echo is what was applied, which is not always what was asked.
  return {
    type: spec.type,
    instance_id: instance.id,
    load_time_seconds: seconds,
    status: 'loaded',
    ...(request['echo_load_config'] === true ? { load_config: instance.config } : {}),
  };
}

export async function unloadModel(host: ModelHost, body: JsonValue | undefined): Promise<JsonObject> {
  const request = checked(body, { instance_id: 'string' }, 'instance_id');
  const id = stringOf(request['instance_id']) ?? '';
  if (await host.unloadAsAsked(id)) return { instance_id: id };
  // §2.4 3P
  throw nativeFailure(404, 'model_not_found', `Model with instance identifier '${id}' is not loaded.`);
}

function checked(body: JsonValue | undefined, keys: Readonly<Record<string, string>>, needed: string): JsonObject {
  const request = isObject(body) ? body : {};
  // §2.6 REC, the native form of a missing field
  if (request[needed] === undefined) {
    throw nativeFailure(400, 'invalid_request', `"${needed}" is required`, {
      param: needed,
      code: 'missing_required_parameter',
    });
  }
  // §2.3 REC: the message names them; its wording is INF.
  const unknown = Object.keys(request).filter((key) => !(key in keys));
  if (unknown.length > 0) {
    const list = unknown.map((key) => `'${key}'`).join(', ');
    throw nativeFailure(400, 'invalid_request', `Unrecognized key(s) in object: ${list}`, {
      code: 'unrecognized_keys',
    });
  }
  for (const [key, type] of Object.entries(keys)) {
    const value = request[key];
    if (value !== undefined && typeof value !== type) {
      const message = `Invalid type for "${key}": expected ${type}, received ${typeof value}`;
      throw nativeFailure(400, 'invalid_request', message, { param: key, code: 'invalid_type' });
    }
  }
  return request;
}
