/** From what a server or the network says to an error with a code. The texts and their origin: reference 3.3 and 1.7. */
import { abortReason } from '../base/abort';
import {
  BridgeError,
  type ErrorCode,
  errorMessage,
  LLMClientError,
  LLMConnectionError,
  LLMTimeoutError,
  ModelValidationError,
  systemErrorCode,
} from '../base/errors';
import { isJsonObject, parseJson } from '../base/json';
import { redact } from '../base/redact';

/** LM Studio answers 200 with this text where a route or method does not exist (reference 1.2). */
export const UNEXPECTED_ENDPOINT = /^Unexpected endpoint or method/i;

/** First match wins, so the narrow ones come first. */
const RULES: readonly (readonly [RegExp, ErrorCode])[] = [
  [UNEXPECTED_ENDPOINT, 'wrong-server'],
  [
    /n_keep|n_ctx|context (the )?overflows|greater than the context length|Context size has been exceeded|exceed_context_size|exceeds the available context|Reached context length|only supports \d+ tokens/i,
    'context-overflow',
  ],
  [/insufficient system resources|guardrail/i, 'insufficient-memory'],
  [/Failed to load model|Error loading model|model_load_failed/i, 'model-load-failed'],
  [/No models loaded/i, 'no-model'],
  [/Model is unloaded|Model unloaded|Channel Error/i, 'model-unloaded'],
  [/has crashed|Exit code|fetch failed/i, 'engine-crashed'],
  [/Invalid model identifier|model_not_found|Model ".*" not found|Model .* not found/i, 'model-not-found'],
  [/API token|invalid_api_key|api key/i, 'auth-required'],
  [/rate.?limit|too many requests|queue/i, 'rate-limited'],
];

const HINTS: Partial<Record<ErrorCode, string>> = {
  'server-unreachable':
    'Start LM Studio and its server (Developer tab, or "lms server start"), or correct the address.',
  'wrong-server': "Give the address of LM Studio's server, such as http://127.0.0.1:1234.",
  'auth-required': 'Create an API token in LM Studio (Developer tab → Server Settings) and store it here.',
  'server-timeout': 'The server accepts connections but does not answer. Restart it in LM Studio.',
  'context-overflow': 'Load the model with a larger context length, or give it less to read.',
  'insufficient-memory':
    "Choose a smaller model or context, unload other models, or relax the guardrails in LM Studio's settings.",
  'model-load-failed': 'Try to load the model in LM Studio itself: its log says why it fails.',
  'no-model': 'Load a model in LM Studio, or switch on just-in-time loading.',
  'model-not-found': 'Choose one of the models that the server lists.',
  'engine-crashed': 'Load the model again; if it happens again, use a smaller context or another runtime in LM Studio.',
  'model-unloaded': 'Another program or LM Studio itself unloaded the model. Load it again and repeat the task.',
  'stream-interrupted': "See LM Studio's server log for the reason, then repeat the task.",
  'rate-limited': 'Other programs use this server. Try again when they are done.',
  'bad-response': "See LM Studio's server log. Another model or a newer LM Studio may help.",
};

export function hintFor(code: ErrorCode): string | undefined {
  return HINTS[code];
}

/** An error with the class and the hint that belong to its code. */
export function serverError(code: ErrorCode, message: string, cause?: unknown): BridgeError {
  const details = { hint: HINTS[code], cause };
  switch (code) {
    case 'server-unreachable':
    case 'wrong-server':
      return new LLMConnectionError(code, message, details);
    case 'server-timeout':
      return new LLMTimeoutError(code, message, details);
    case 'model-not-found':
    case 'no-model':
    case 'model-load-failed':
    case 'insufficient-memory':
      return new ModelValidationError(code, message, details);
    default:
      return new LLMClientError(code, message, details);
  }
}

/** The text of an error body in any of LM Studio's shapes: object, bare string, error frame, nested engine error. */
export function errorText(body: unknown): string | undefined {
  if (!isJsonObject(body)) return undefined;
  const error = body['error'];
  if (typeof error === 'string') return error;
  if (isJsonObject(error)) {
    const parts = [error['message'], error['code'] ?? error['type']].filter((part) => typeof part === 'string');
    return parts.length > 0 ? parts.join(' · ') : JSON.stringify(error);
  }
  return undefined;
}

/** An error answer: `status` 200 where the failure came inside a stream. */
export function classifyAnswer(status: number, body: string, where: string): BridgeError {
  const parsed = parseJson(body);
  const said = (parsed.ok ? errorText(parsed.value) : undefined) ?? plainText(body);
  return classifyText(status, said, where);
}

export function classifyText(status: number, said: string, where: string): BridgeError {
  const byText = RULES.find(([pattern]) => pattern.test(said))?.[1];
  const code =
    status === 401 || status === 403 ? 'auth-required' : status === 429 ? 'rate-limited' : (byText ?? 'bad-response');
  const detail = redact(said.trim()).slice(0, 600);
  return serverError(code, describe(code, detail, status, where));
}

function describe(code: ErrorCode, said: string, status: number, where: string): string {
  const quoted = said === '' ? `HTTP ${String(status)} without a text` : said;
  switch (code) {
    case 'wrong-server':
      return `${where} has no such endpoint: ${quoted}`;
    case 'auth-required':
      return `The server wants a valid API token: ${quoted}`;
    case 'context-overflow':
      return `The prompt does not fit into the model's loaded context: ${quoted}`;
    default:
      return `The server answered with an error: ${quoted}`;
  }
}

/** A page of HTML or the like, as something that can stand in a sentence. */
export function plainText(body: string): string {
  const text = body
    .replace(/<(style|script)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return text.slice(0, 200);
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
  'EPERM',
  'EACCES',
]);
/** No HTTP, no TLS, or a certificate that this machine does not trust. */
const NO_MODEL_SERVER = /^(HPE_|ERR_SSL|EPROTO$|UNABLE_TO_VERIFY)|CERT/;
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the host name cannot be looked up',
};

/** A failure below HTTP: refused, reset, not HTTP at all, or our own abort. */
export function classifyFailure(error: unknown, where: string, signal: AbortSignal): BridgeError {
  if (signal.aborted) return abortReason(signal);
  for (let current = error, depth = 0; current instanceof Error && depth < 8; current = current.cause, depth++) {
    if (current instanceof BridgeError) {
      return current.hint === undefined ? serverError(current.code, current.message, current) : current;
    }
  }
  const code = systemErrorCode(error) ?? '';
  if (UNREACHABLE.has(code)) {
    return serverError('server-unreachable', `No model server answers at ${where} (${REASONS[code] ?? code}).`, error);
  }
  if (NO_MODEL_SERVER.test(code)) {
    return serverError('wrong-server', `What answers at ${where} is not a model server (${code}).`, error);
  }
  return serverError('stream-interrupted', `The connection to ${where} broke: ${redact(errorMessage(error))}.`, error);
}
