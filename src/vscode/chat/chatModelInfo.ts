/** What VS Code's pickers are told of a model. Pure. */
import * as l10n from '@vscode/l10n';
import { countText } from '../../base/numberText';
import { visibleText } from '../../base/visibleText';
import type { CatalogModel } from '../../llm/lmstudio/catalog';
import { type Model, modelState, type ModelState } from '../../llm/lmstudio/model';
import { plainWords } from '../markup';
import { shortModelName } from '../models/modelText';
import { nameOfModel } from '../models/serverList';

/** The fields that VS Code's API demands. */
export interface ChatModelInformation {
  readonly id: string;
  readonly name: string;
  readonly family: string;
  readonly version: string;
  readonly detail: string;
  readonly tooltip: string;
  readonly maxInputTokens: number;
  readonly maxOutputTokens: number;
  readonly capabilities: { readonly imageInput: boolean; readonly toolCalling: boolean };
}

export interface ChatModelLimits {
  /** Tokens of prompt and answer together. */
  readonly context: number;
  readonly input: number;
  readonly output: number;
  /** `loaded`: it is in memory with this context. `setting`: it would be loaded so. `assumed`: nobody can know. */
  readonly source: 'loaded' | 'setting' | 'assumed';
}

/**
 * What LM Studio's newest versions load with where nothing else is set (reference 2.9): a model that is not in memory
 * need not get its longest context, and a chat that believes so sends prompts that fail.
 */
export const ASSUMED_CONTEXT = 8_192;
/** So much of the context is kept free for the answer … */
const OUTPUT_SHARE = 0.25;
/** … but not more tokens than this: the rest of a long context is worth more to the prompt. */
const MAX_OUTPUT = 8_192;

/** @param configured the context length that our settings load with; undefined: left to LM Studio */
export function limitsOf(model: Model, configured: number | undefined): ChatModelLimits {
  const most = model.maxContextLength ?? Infinity;
  // Of several copies a request may reach any, so the least holds.
  const loaded = (model.instances ?? []).flatMap(({ contextLength }) => contextLength ?? []);
  const [context, source] =
    loaded.length > 0
      ? ([Math.min(...loaded), 'loaded'] as const)
      : configured !== undefined && model.instances?.length === 0
        ? ([Math.min(configured, most), 'setting'] as const)
        : ([Math.min(ASSUMED_CONTEXT, most), 'assumed'] as const);
  const output = Math.max(1, Math.min(Math.floor(context * OUTPUT_SHARE), MAX_OUTPUT));
  return { context, input: Math.max(1, context - output), output, source };
}

/**
 * @param isAway the server does not answer: what is in memory is not known
 * @param server as the settings name it; undefined: the main one
 */
export function chatModelInformation(
  listed: CatalogModel,
  configured: number | undefined,
  isAway: boolean,
  server?: string,
): ChatModelInformation {
  const model: Model = isAway ? { ...listed, instances: null, isLoading: false } : listed;
  const limits = limitsOf(model, configured);
  const state = isAway ? l10n.t('server not reachable') : stateWords(modelState(model));
  return {
    id: nameOfModel(server, model.key),
    name: visibleText(model.displayName),
    family: model.architecture ?? shortModelName(model.key),
    version: model.selectedVariant ?? model.quantization ?? 'default',
    detail: [server, state, model.quantization].filter((word) => word).join(' · '),
    // Newer versions of VS Code read Markdown here.
    tooltip: `${placeWords(plainWords(visibleText(model.key)), server, state)} ${facts(model, limits)}`,
    maxInputTokens: limits.input,
    maxOutputTokens: limits.output,
    capabilities: {
      imageInput: model.vision === true,
      // Where the server does not say, the first request finds it out, and describes the tools in the prompt if need be.
      toolCalling: model.toolUse !== false,
    },
  };
}

function placeWords(key: string, server: string | undefined, state: string): string {
  return server === undefined
    ? l10n.t('{0} in LM Studio: {1}.', key, state)
    : l10n.t('{0} on the server {1}: {2}.', key, server, state);
}

function stateWords(state: ModelState): string {
  switch (state) {
    case 'loaded':
      return l10n.t('loaded');
    case 'loading':
      return l10n.t('loading');
    case 'not-loaded':
      return l10n.t('not loaded');
    case 'unknown':
      return l10n.t('state unknown');
  }
}

/** `loaded. It is loaded with 32,768 tokens of context. It reads images.` */
export function describeForChat(model: CatalogModel, configured: number | undefined): string {
  return `${stateWords(modelState(model))}. ${facts(model, limitsOf(model, configured))}`;
}

function facts(model: Model, limits: ChatModelLimits): string {
  return [
    contextWords(limits),
    model.toolUse === false && l10n.t('It is not trained for tools.'),
    model.vision === true && l10n.t('It reads images.'),
  ]
    .filter((sentence) => sentence !== false)
    .join(' ');
}

function contextWords({ context, source }: ChatModelLimits): string {
  const tokens = countText(context);
  switch (source) {
    case 'loaded':
      return l10n.t('It is loaded with {0} tokens of context.', tokens);
    case 'setting':
      return l10n.t('A request loads it with {0} tokens of context.', tokens);
    case 'assumed':
      return l10n.t('How long its context will be is not known before it is loaded; {0} tokens are assumed.', tokens);
  }
}
