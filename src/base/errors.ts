/**
 * The errors of the product. Narrow by `code`, never by message: codes are a public contract
 * (they stand in every event, exit code and log), messages are for people and may be reworded.
 */
import * as l10n from '@vscode/l10n';
import { nearestNames } from './nearestNames';

export const ERROR_CODES = [
  'server-unreachable',
  'server-timeout',
  'wrong-server',
  'auth-required',
  'model-not-found',
  'no-model',
  'model-load-failed',
  'insufficient-memory',
  'context-overflow',
  'engine-crashed',
  'model-unloaded',
  'stream-interrupted',
  'bad-response',
  'rate-limited',
  'mcp-config',
  'mcp-start-failed',
  'mcp-connection-lost',
  'tool-not-found',
  'tool-arguments',
  'tool-failed',
  'tool-timeout',
  'approval-denied',
  'limit-rounds',
  'limit-tokens',
  'limit-time',
  'loop-detected',
  'cancelled',
  'journal-failed',
  'usage',
  'internal',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export interface ErrorDetails {
  /** What the person can do about it, one sentence. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** Base of every error that leaves a room. `message` says what happened in one sentence, without secrets. */
export class BridgeError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = details.hint;
  }
}

export interface ServerErrorDetails extends ErrorDetails {
  /** HTTP status of the answer that carried the error; 200 where it came inside a stream. Absent: there was no answer. */
  readonly status?: number | undefined;
  /** Milliseconds after which the server wants to be asked again (`Retry-After`). */
  readonly retryAfterMs?: number | undefined;
  /** It is the tools, or the form of the conversation about them, that the server cannot express for this model. */
  readonly refusesTools?: boolean | undefined;
}

/** Anything that went wrong between us and a model server. */
export class LLMClientError extends BridgeError {
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly refusesTools: boolean;

  constructor(code: ErrorCode, message: string, details: ServerErrorDetails = {}) {
    super(code, message, details);
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.refusesTools = details.refusesTools ?? false;
  }
}

/** The server cannot be reached, or is not a model server. */
export class LLMConnectionError extends LLMClientError {}

/** The server was reached but did not answer in time. */
export class LLMTimeoutError extends LLMClientError {}

/** The prompt, or prompt and answer together, are longer than the context the model was loaded with. */
export class ContextOverflowError extends LLMClientError {
  /** Tokens that were asked for, and tokens that there is room for; null where the server does not say. */
  readonly requestTokens: number | null;
  readonly contextLength: number | null;

  constructor(
    message: string,
    tokens: { readonly requestTokens: number | null; readonly contextLength: number | null },
    details: ServerErrorDetails = {},
  ) {
    super('context-overflow', message, details);
    this.requestTokens = tokens.requestTokens;
    this.contextLength = tokens.contextLength;
  }
}

/** A model cannot be used as asked. */
export class ModelValidationError extends LLMClientError {}

/** The server refuses to load a model that would not fit into memory. */
export class InsufficientMemoryError extends ModelValidationError {
  constructor(
    message: string,
    /** What the server thinks that the model needs; null where it does not say. */
    readonly requiredGigabytes: number | null,
    details: ServerErrorDetails = {},
  ) {
    super('insufficient-memory', message, details);
  }
}

/** A message names no more models than these; the error has them all. */
const NAMED_MODELS = 20;

export interface ModelNotFoundDetails extends ServerErrorDetails {
  /** In the server's words, where it was the server that did not find the model. */
  readonly message?: string;
  /** Default: the nearest of `availableModels`. */
  readonly suggestions?: readonly string[];
}

/** The model does not exist on the server; `availableModels` are the ids that do, `suggestions` those that may be meant. */
export class ModelNotFoundError extends ModelValidationError {
  readonly suggestions: readonly string[];

  constructor(
    readonly modelName: string,
    readonly availableModels: readonly string[],
    details: ModelNotFoundDetails = {},
  ) {
    const suggestions = details.suggestions ?? nearestNames(modelName, availableModels);
    super('model-not-found', details.message ?? notFound(modelName, availableModels, suggestions), {
      hint: l10n.t('Choose one of the listed models, or download the model in LM Studio.'),
      ...details,
    });
    this.suggestions = suggestions;
  }
}

function notFound(name: string, available: readonly string[], suggestions: readonly string[]): string {
  if (available.length === 0) return l10n.t('The server has no model "{0}", and no other chat model either.', name);
  const more = available.length - NAMED_MODELS;
  return [
    l10n.t('The server has no model "{0}".', name),
    ...(suggestions.length > 0 ? [l10n.t('Did you mean {0}?', suggestions.join(l10n.t(' or ')))] : []),
    l10n.t(
      'It has: {0}{1}.',
      available.slice(0, NAMED_MODELS).join(', '),
      more > 0 ? l10n.t(' and {0} more', more) : '',
    ),
  ].join(' ');
}

/** A setting, an option or a configuration file is wrong. Nothing was sent anywhere. */
export class ConfigurationError extends BridgeError {}

/** An MCP server or one of its tools failed in a way that ends the run. Failures of a single call are results instead. */
export class ToolExecutionError extends BridgeError {}

export function isBridgeError(error: unknown, code?: ErrorCode): error is BridgeError {
  return error instanceof BridgeError && (code === undefined || error.code === code);
}

/** Any thrown value as a `BridgeError`; what we did not foresee becomes `internal`. */
export function toBridgeError(error: unknown): BridgeError {
  if (error instanceof BridgeError) return error;
  return new BridgeError('internal', l10n.t('Something unexpected went wrong: {0}', errorMessage(error)), {
    hint: l10n.t('Please report this with the log.'),
    cause: error,
  });
}

export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Node's `code` of a system error (`ENOENT`, `ECONNREFUSED` …), looked up along the chain of causes. */
export function systemErrorCode(error: unknown): string | undefined {
  for (let current = error, depth = 0; current instanceof Error && depth < 8; current = current.cause, depth++) {
    if (current instanceof BridgeError) continue;
    const code: unknown = Reflect.get(current, 'code');
    if (typeof code === 'string') return code;
  }
  return undefined;
}
