/** The bodies of every refusal, word for word as recorded. Clients classify by these texts, so none may be paraphrased. */
import { overflow03, overflow04, overflow042x, QUEUE_TOO_LONG } from './engineTexts';
import type { JsonObject, JsonValue } from './json';

/** Thrown by any handler, turned into a response by the server. */
export class HttpFailure extends Error {
  constructor(
    readonly status: number,
    readonly body: JsonValue,
  ) {
    super(JSON.stringify(body));
  }
}

/** §3.3 validation and engine errors are a bare string. */
export function stringFailure(status: number, message: string): HttpFailure {
  return new HttpFailure(status, { error: message });
}

/** §3.3 model resolution errors are an object. */
export function modelFailure(status: number, message: string, code: string | null): HttpFailure {
  return new HttpFailure(status, { error: { message, type: 'invalid_request_error', param: 'model', code } });
}

/** §2.6 native endpoints say `invalid_request`, OpenAI ones `invalid_request_error`. */
export function nativeFailure(status: number, type: string, message: string, extra: JsonObject = {}): HttpFailure {
  return new HttpFailure(status, { error: { type, message, ...extra } });
}

// §1.2 BT#618: an unknown route is answered 200.
export function unexpectedEndpoint(method: string, path: string): HttpFailure {
  return stringFailure(200, `Unexpected endpoint or method. (${method} ${path})`);
}

// §3.2 REC
export const missingMessages = (): HttpFailure => stringFailure(400, "'messages' field is required");

// §3.2 REC
export const badMessages = (): HttpFailure =>
  stringFailure(400, "Invalid 'messages' in payload. Please check the structure of your 'messages' and try again");

// §3.2 REC
export const badToolChoice = (type: string): HttpFailure =>
  stringFailure(400, `Invalid tool_choice type: '${type}'. Supported string values: none, auto, required`);

// §3.2 REC
export const badResponseFormat = (): HttpFailure =>
  stringFailure(400, "'response_format.type' must be 'json_schema' or 'text'");

// §3.3 E1 REC
export function invalidModelIdentifier(model: string, examples: readonly string[]): HttpFailure {
  const hint = `Please specify a valid downloaded model (e.g., ${examples.join(', ')}).`;
  return modelFailure(400, `Invalid model identifier "${model}". ${hint}`, 'model_not_found');
}

// §3.3 E3 BUG
export function modelNotFound(model: string, keys: readonly string[]): HttpFailure {
  const list = keys.join('\n');
  const text = `Model "${model}" not found. Please specify a valid model.\n\nYour models:\n\n${list}`;
  return modelFailure(404, text, 'model_not_found');
}

// §3.3 E4 REC
export const noModelsLoaded = (): HttpFailure =>
  modelFailure(400, "No models loaded. Please load a model in the developer page or use the 'lms load' command.", null);

/** Why a load fails: in the engine, or because the memory guardrail stops it. */
export type LoadFault = 'failed' | 'guardrail';

// §3.3 E5 BUG (#1544, #1562, #2017): without gigabytes here.
const JIT_LOAD_FAULTS: Record<LoadFault, string> = {
  failed: 'Error loading model.',
  guardrail:
    'Model loading was stopped due to insufficient system resources. Continuing to load the model would likely ' +
    'overload your system and cause it to freeze. If you think this is incorrect, you can adjust the model loading ' +
    'guardrails in settings.',
};

export const jitLoadFailed = (model: string, fault: LoadFault): HttpFailure =>
  modelFailure(400, `Failed to load model "${model}". Error: ${JIT_LOAD_FAULTS[fault]}`, null);

/** `neededBytes`: named by the guardrail only, in gigabytes. */
// §2.3: BT#2295 for the generic text, the guardrail's words are exact. The status and how N is written are INF (§8.3).
export function restLoadFailed(fault: LoadFault, neededBytes: number): HttpFailure {
  const message = fault === 'failed' ? JIT_LOAD_FAULTS.failed : guardrail((neededBytes / 1e9).toFixed(2));
  return nativeFailure(500, 'model_load_failed', message, { code: 'model_load_failed' });
}

function guardrail(gigabytes: string): string {
  return (
    'Model loading was stopped due to insufficient system resources. Under the current settings, this model requires ' +
    `approximately ${gigabytes} GB of memory, and continuing to load it would likely overload your system and cause it ` +
    'to freeze. If you think this is incorrect, you can adjust the model loading guardrails in settings.'
  );
}

// §3.3 E6, E7, E8
export const contextOverflow03 = (prompt: number, context: number): HttpFailure =>
  stringFailure(400, overflow03(prompt, context));
export const contextOverflow04 = (prompt: number, context: number): HttpFailure =>
  stringFailure(400, overflow04(prompt, context));
export const contextOverflow042x = (): HttpFailure => stringFailure(400, overflow042x());

// §3.3 E16
export const queueTooLong = (): HttpFailure => stringFailure(400, QUEUE_TOO_LONG);

// §1.7 DOC
export const tokenRequired = (): HttpFailure =>
  unauthorized(
    'An LM Studio API token is required to make requests to this server, but none was provided using the ' +
      "Authorization header using the 'Bearer' scheme (i.e., 'Authorization: Bearer $LM_API_TOKEN'). " +
      'Learn more at: https://lmstudio.ai/docs/developer/core/authentication.',
  );

// §1.7 REC: the first ten characters are echoed, the rest is masked.
export function malformedToken(token: string): HttpFailure {
  return unauthorized(`Malformed LM Studio API token provided: ${masked(token)} Ensure you are using a valid token.`);
}

// §1.7 INF: a well-formed token that the server does not know.
export const invalidToken = (token: string): HttpFailure =>
  unauthorized(`Invalid LM Studio API token provided: ${masked(token)} Ensure you are using a valid token.`);

// §1.7: 403 without a permission is 3P; its body is INF.
export const forbidden = (path: string): HttpFailure =>
  nativeFailure(403, 'invalid_request', `The provided LM Studio API token does not have permission to use ${path}.`, {
    code: 'insufficient_permissions',
  });

function unauthorized(message: string): HttpFailure {
  return new HttpFailure(401, { error: { type: 'invalid_request', code: 'invalid_api_key', message } });
}

function masked(token: string): string {
  return token.slice(0, 10) + '*'.repeat(Math.max(0, token.length - 10));
}
