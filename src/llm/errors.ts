/** From what a server or the network says to an error with a code, a class and a hint. */
import * as l10n from '@vscode/l10n';
import { abortReason } from '../base/abort';
import {
  BridgeError,
  ContextOverflowError,
  type ErrorCode,
  errorMessage,
  InsufficientMemoryError,
  LLMClientError,
  LLMConnectionError,
  LLMTimeoutError,
  ModelNotFoundError,
  ModelValidationError,
  type ServerErrorDetails,
  systemErrorCode,
} from '../base/errors';
import { decimalText } from '../base/numberText';
import { isJsonObject, parseJson } from '../base/json';
import { redact } from '../base/redact';
import { ERROR_ROWS, type ErrorRow, HINTS, TOKEN_ROWS } from './errorCatalogue';
import { modelNames, readable, requiredGigabytes, tokenNumbers } from './errorFacts';

export { UNEXPECTED_ENDPOINT } from './errorCatalogue';

/** An error with the class and the hint that belong to its code. */
export function serverError(
  code: ErrorCode,
  message: string,
  cause?: unknown,
  details: ServerErrorDetails = {},
): LLMClientError {
  const all = { hint: HINTS[code], cause, ...details };
  switch (code) {
    case 'server-unreachable':
    case 'wrong-server':
      return new LLMConnectionError(code, message, all);
    case 'server-timeout':
      return new LLMTimeoutError(code, message, all);
    case 'context-overflow':
      return new ContextOverflowError(message, tokenNumbers(message), all);
    case 'insufficient-memory':
      return new InsufficientMemoryError(message, requiredGigabytes(message), all);
    case 'model-not-found':
    case 'no-model':
    case 'model-load-failed':
      return new ModelValidationError(code, message, all);
    default:
      return new LLMClientError(code, message, all);
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
export function classifyAnswer(status: number, body: string, where: string, retryAfterMs?: number): BridgeError {
  const parsed = parseJson(body);
  const said = (parsed.ok ? errorText(parsed.value) : undefined) ?? plainText(body);
  return classifyText(status, said, where, retryAfterMs);
}

/** @param retryAfterMs what `readRetryAfter` found in the answer's headers */
export function classifyText(status: number, said: string, where: string, retryAfterMs?: number): BridgeError {
  const row = findRow(status, said);
  const code = row?.code ?? 'bad-response';
  const quoted = redact(readable(said)).slice(0, 600);
  const details = { hint: row?.hint ?? HINTS[code], status, retryAfterMs, refusesTools: row?.refusesTools };
  const message = describe(code, quoted, status, where);
  switch (code) {
    case 'context-overflow':
      return new ContextOverflowError(message, tokenNumbers(said), {
        ...details,
        hint: overflowHint(tokenNumbers(said).requestTokens),
      });
    case 'insufficient-memory': {
      const gigabytes = requiredGigabytes(said);
      const needs = gigabytes === null ? '' : l10n.t('It needs about {0} GB of memory. ', decimalText(gigabytes, 1));
      return new InsufficientMemoryError(
        l10n.t('The model was not loaded. {0}{1}', needs, message),
        gigabytes,
        details,
      );
    }
    case 'model-not-found': {
      const { asked, available } = modelNames(said);
      return new ModelNotFoundError(asked, available, { ...details, message });
    }
    default:
      return serverError(code, message, undefined, details);
  }
}

/** A status that says it all comes before any text. */
function findRow(status: number, said: string): ErrorRow | undefined {
  // A model may bear any name, also one that sounds like a failure.
  const text = said.replace(/\b(model|identifier) "[^"]*"/gi, '$1 ""');
  const byText = ERROR_ROWS.find(({ pattern }) => pattern.test(text));
  if (status === 401 || status === 403 || byText?.code === 'auth-required') {
    return TOKEN_ROWS.find(({ pattern }) => pattern.test(said)) ?? { pattern: /./, code: 'auth-required' };
  }
  if (status === 429 && byText?.code !== 'rate-limited') return { pattern: /./, code: 'rate-limited' };
  return byText;
}

function overflowHint(requestTokens: number | null): string | undefined {
  return requestTokens === null
    ? HINTS['context-overflow']
    : l10n.t(
        'Load the model with a larger context length (more than {0} tokens), or give it less to read.',
        requestTokens,
      );
}

function describe(code: ErrorCode, said: string, status: number, where: string): string {
  const quoted = said === '' ? l10n.t('HTTP {0} without a text', status) : said;
  switch (code) {
    case 'wrong-server':
      return l10n.t('{0} has no such endpoint: {1}', where, quoted);
    case 'auth-required':
      return l10n.t('The server wants a valid API token: {0}', quoted);
    case 'context-overflow':
      return l10n.t("The prompt does not fit into the model's loaded context: {0}", quoted);
    default:
      return l10n.t('The server answered with an error: {0}', quoted);
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
  ECONNREFUSED: l10n.t('nothing listens there'),
  ENOTFOUND: l10n.t('no such host'),
  EAI_AGAIN: l10n.t('the host name cannot be looked up'),
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
    return serverError(
      'server-unreachable',
      l10n.t('No model server answers at {0} ({1}).', where, REASONS[code] ?? code),
      error,
    );
  }
  if (NO_MODEL_SERVER.test(code)) {
    return serverError('wrong-server', l10n.t('What answers at {0} is not a model server ({1}).', where, code), error);
  }
  return serverError(
    'stream-interrupted',
    l10n.t('The connection to {0} broke: {1}.', where, redact(errorMessage(error))),
    error,
  );
}
