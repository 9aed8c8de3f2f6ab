/** The context of a task's model: how much there is, what keeps the task within it, and what to do where it is too small. */
import * as l10n from '@vscode/l10n';
import { LoadedContext } from '../agent/loadedContext';
import type { AgentEvent, ChatModel, ContextSource, ResultStore } from '../agent/types';
import { type BridgeError, ContextOverflowError } from '../base/errors';
import type { ChosenModel } from '../llm/lmstudio/selection';
import type { ModelValidator } from '../llm/lmstudio/validator';
import { TokenLedger } from '../llm/tokenLedger';
import { resultCharLimit } from './limits';
import type { ReloadAdvice } from './types';

/** Where no server says anything: what small models run with. A larger context only means that room is made early. */
const ASSUMED_CONTEXT = 8_192;
/** A reload below this would not help for long. */
const LEAST_GROWTH = 2;

export interface ContextLength {
  /** Tokens. */
  readonly limit: number;
  readonly source: ContextSource;
}

export function contextOf({ contextLength, contextSource }: ChosenModel): ContextLength {
  if (contextLength === null) return { limit: ASSUMED_CONTEXT, source: 'assumed' };
  return { limit: contextLength, source: contextSource ?? 'assumed' };
}

/** Longest tool result in characters, as this model's tokens were measured. */
export function resultCharLimitOf(chosen: ChosenModel, tokens: TokenLedger | undefined): number {
  return resultCharLimit(contextOf(chosen).limit, tokens?.bytesPerToken(chosen.model.key));
}

export interface TaskContextNeeds {
  readonly model: ChatModel;
  readonly validator: ModelValidator;
  /** Absent: measured for this run only. */
  readonly tokens?: TokenLedger | undefined;
  /** Where results that make room can be read again. */
  readonly results?: ResultStore | undefined;
  readonly emit: (event: AgentEvent) => void;
}

export function createTaskContext(chosen: ChosenModel, needs: TaskContextNeeds): LoadedContext {
  const { model, validator, tokens = new TokenLedger(), results, emit } = needs;
  const { key } = chosen.model;
  return new LoadedContext({
    ...contextOf(chosen),
    model,
    emit,
    keep: results && ((text) => results.keep(text)),
    bytesPerToken: tokens.bytesPerToken(key),
    onMeasure: (bytesPerToken) => {
      tokens.record(key, bytesPerToken);
    },
    // The first answer has loaded it.
    askLimit: (signal) => loadedLength(validator, key, signal),
  });
}

/** Throws only the signal's reason. */
async function loadedLength(validator: ModelValidator, key: string, signal: AbortSignal): Promise<number | null> {
  try {
    const { contextLength, contextSource } = await validator.choose(key, signal);
    return contextSource === 'loaded-instance' ? contextLength : null;
  } catch (error) {
    if (signal.aborted) throw error;
    return null;
  }
}

/** What to load the model with where its context was too small; undefined where that is not it, or it takes no more. */
export function reloadAdvice(error: BridgeError, { model }: ChosenModel): ReloadAdvice | undefined {
  if (!(error instanceof ContextOverflowError) || !error.contextLength || !model.instances) return undefined;
  const { contextLength, requestTokens } = error;
  const most = model.maxContextLength ?? 0;
  if (most <= contextLength) return undefined;
  const wanted = Math.max(contextLength, requestTokens ?? 0) * LEAST_GROWTH;
  return { model: model.key, contextLength: Math.min(most, nextPowerOfTwo(wanted)) };
}

export function reloadHint({ model, contextLength }: ReloadAdvice): string {
  return l10n.t(
    'Reload {0} with a larger context, for example {1} tokens (lms unload, then lms load {2} --context-length {3}), or give it fewer tools and less to read.',
    model,
    contextLength,
    model,
    contextLength,
  );
}

function nextPowerOfTwo(value: number): number {
  return 2 ** Math.ceil(Math.log2(value));
}
