/** Models in words, for people who see the tree and for people who hear it. Pure. */
import * as l10n from '@vscode/l10n';
import { countText, decimalText } from '../../base/numberText';
import type { ModelActivity } from '../../llm/lmstudio/activity';
import type { CatalogModel } from '../../llm/lmstudio/catalog';
import type { Model, ModelInstance } from '../../llm/lmstudio/model';
import type { ModelSpeed } from '../../llm/speedLedger';
import { chooseModel, isAnyModel } from '../../llm/lmstudio/selection';
import { verdictWords } from '../../tasks/fitnessText';
import type { Fitness } from './fitnessStore';
import type { ModelWork } from './modelWork';

const ACTIVITIES: Readonly<Record<ModelActivity, string>> = {
  idle: l10n.t('loaded, idle'),
  'processing-prompt': l10n.t('loaded, processing prompt'),
  generating: l10n.t('loaded, generating'),
  loading: l10n.t('loading'),
  cancelling: l10n.t('load cancelled, still ending'),
  unloading: l10n.t('unloading'),
  'not-loaded': l10n.t('not loaded'),
  unknown: l10n.t('state unknown'),
};

export function activityWords(activity: ModelActivity): string {
  return ACTIVITIES[activity];
}

/** 32768 as "32k", 200000 as "200k", 512 as "512". */
export function formatTokens(tokens: number): string {
  if (tokens < 1000) return String(tokens);
  return `${Math.round(tokens / (tokens % 1000 === 0 ? 1000 : 1024))}k`;
}

export function formatBytes(bytes: number): string {
  return bytes >= 1e9 ? l10n.t('{0} GB', decimalText(bytes / 1e9, 1)) : l10n.t('{0} MB', Math.round(bytes / 1e6));
}

export function formatElapsed(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const parts = hours > 0 ? [hours, minutes, seconds % 60] : [minutes, seconds % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

/** `qwen/qwen3-8b` as `qwen3-8b`: what fits a status bar. */
export function shortModelName(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

export function isInMemory(model: Model): boolean {
  return (model.instances?.length ?? 0) > 0;
}

/** Loaded (or about to be) first, then by name. */
export function sortModels<T extends CatalogModel>(models: readonly T[]): T[] {
  const rank = (model: T): number => (isInMemory(model) || model.activity === 'loading' ? 0 : 1);
  return [...models].sort((a, b) => rank(a) - rank(b) || a.displayName.localeCompare(b.displayName));
}

/** Which model a task would use now. */
export interface TaskModel {
  readonly key: string;
  /** Nobody chose it: it is the best one at the moment. */
  readonly isAutomatic: boolean;
}

/** Undefined where the chosen model does not exist, or there is no chat model at all. */
export function findTaskModel(models: readonly Model[], setting: string | undefined): TaskModel | undefined {
  try {
    const { model } = chooseModel(models, setting);
    return { key: model.key, isAutomatic: isAnyModel(setting) };
  } catch {
    return undefined;
  }
}

/** What the server last told of a model, without what may have changed since then. */
export interface LastKnownModel extends CatalogModel {
  readonly isLastKnown: true;
}

export function asLastKnown(model: CatalogModel): LastKnownModel {
  return { ...model, activity: 'unknown', instances: null, isLastKnown: true };
}

export type ShownModel = CatalogModel | LastKnownModel;

/** What else there is to say of a model, beside what its server lists. */
export interface ModelNews {
  readonly work?: ModelWork | undefined;
  readonly speed?: ModelSpeed | undefined;
  /** When it was used last, and the time now, both in milliseconds since 1970: for the time to live that is left. */
  readonly usedAt?: number | undefined;
  readonly today?: number | undefined;
}

function stateWords(model: ShownModel, work?: ModelWork): string {
  if ('isLastKnown' in model) return l10n.t('{0}, server not reachable', activityWords(model.activity));
  return [doingWords(model.activity, work), work ? queueWords(work.queued) : ''].filter(Boolean).join(', ');
}

/** The state, with how far it is where the server says that. */
function doingWords(activity: ModelActivity, work: ModelWork | undefined): string {
  // The list is older than what the request for it says.
  const isLoading = work?.doing === 'loading' && (activity === 'processing-prompt' || activity === 'not-loaded');
  const words = activityWords(isLoading ? 'loading' : activity);
  const isKnown = isLoading || activity === 'loading' || activity === 'processing-prompt';
  return work?.percent === undefined || !isKnown ? words : `${words} ${work.percent} %`;
}

function queueWords(queued: number): string {
  if (queued === 0) return '';
  return queued === 1 ? l10n.t('1 task queued') : l10n.t('{0} tasks queued', queued);
}

/** `loaded, idle · for tasks · tools: reliable · 32k of 40k context · Q4_K_M · 5.0 GB · vision, reasoning · 37 tokens/s` */
export function describeModel(
  model: ShownModel,
  taskModel: TaskModel | undefined,
  fitness?: Fitness,
  news: ModelNews = {},
): string {
  const isForTasks = taskModel?.key === model.key;
  const count = model.instances?.length ?? 0;
  return [
    stateWords(model, news.work),
    count > 1 && l10n.t('{0} copies', count),
    isForTasks && l10n.t('for tasks'),
    fitness && l10n.t('tools: {0}', verdictWords(fitness.verdict)),
    contextWords(model),
    model.quantization,
    sizeWords(model),
    capabilitiesOf(model, fitness),
    paceWords(news.speed),
    timeLeftWords(model, news),
  ]
    .filter((fact) => fact)
    .join(' · ');
}

/** `tools, vision, reasoning`; what a test has said of the tools makes the word for them needless. */
function capabilitiesOf({ toolUse, vision, reasoning }: ShownModel, fitness: Fitness | undefined): string {
  const words = [
    toolUse === true && !fitness && l10n.t('tools'),
    vision === true && l10n.t('vision'),
    reasoning !== null && l10n.t('reasoning'),
  ];
  return words.filter(Boolean).join(', ');
}

function paceWords(speed: ModelSpeed | undefined): string {
  const pace = speed?.tokensPerSecond ?? null;
  return pace === null ? '' : l10n.t('{0} tokens/s', pace < 10 ? decimalText(pace, 1) : countText(Math.round(pace)));
}

/** Until the first of its copies goes that has a time to live, where it is known; else empty. */
function timeLeftWords(model: ShownModel, { usedAt, today }: ModelNews): string {
  if (today === undefined || model.activity !== 'idle') return '';
  const left = (model.instances ?? []).flatMap(({ ttlMs, lastUsedAt }) => {
    const since = Math.max(lastUsedAt ?? 0, usedAt ?? 0);
    return typeof ttlMs === 'number' && since > 0 ? [since + ttlMs - today] : [];
  });
  const first = Math.min(...left);
  // It is over: something has used it that we do not know of.
  if (left.length === 0 || first <= 0) return '';
  const minutes = Math.floor(first / 60_000);
  return minutes === 0 ? l10n.t('unloads in less than a minute') : l10n.t('unloads in {0} min', minutes);
}

export function describeInstance(instance: ModelInstance): string {
  return instance.contextLength === null
    ? l10n.t('loaded')
    : l10n.t('loaded · {0} context', formatTokens(instance.contextLength));
}

/** Makes sense alone: the first thing and maybe the only thing that a screen reader says of a row. */
export function modelLabel(
  model: ShownModel,
  taskModel: TaskModel | undefined,
  fitness?: Fitness,
  news: ModelNews = {},
): string {
  const kind = model.kind === 'embedding' ? l10n.t('embedding model') : l10n.t('chat model');
  return [
    `${model.displayName}, ${kind}`,
    stateWords(model, news.work),
    taskModel?.key === model.key && l10n.t('used for tasks'),
    fitness && l10n.t('use of tools: {0}', verdictWords(fitness.verdict)),
    contextWords(model),
    model.quantization && l10n.t('quantization {0}', model.quantization),
    sizeWords(model),
    capabilitiesOf(model, fitness),
    spokenPace(news.speed),
    timeLeftWords(model, news),
  ]
    .filter((fact) => fact)
    .join(', ');
}

/** All that is known, a fact a line. */
export function modelFacts(
  model: ShownModel,
  taskModel: TaskModel | undefined,
  fitness: Fitness | undefined,
  news: ModelNews = {},
): string {
  const { speed, work, usedAt } = news;
  const yesNo = (value: boolean | null): string | null =>
    value === null ? null : value ? l10n.t('yes') : l10n.t('no');
  const facts: readonly (readonly [string, string | null | undefined])[] = [
    [l10n.t('Id'), model.key],
    [l10n.t('State'), stateWords(model, work)],
    [
      l10n.t('Used for tasks'),
      taskModel?.key === model.key ? (taskModel.isAutomatic ? l10n.t('yes, automatically') : l10n.t('yes')) : null,
    ],
    ...(model.instances ?? []).map(
      (instance) =>
        [l10n.t('In memory'), `${instance.id}, ${describeInstance(instance)}${ttlWords(instance)}`] as const,
    ),
    [l10n.t('Time left'), timeLeftWords(model, news)],
    [
      l10n.t('Used last'),
      usedAt === undefined ? null : new Date(usedAt).toISOString().slice(0, 16).replace('T', ' ') + ' UTC',
    ],
    [l10n.t('Speed'), speed && speedWords(speed)],
    [
      l10n.t('Longest context'),
      model.maxContextLength === null ? null : l10n.t('{0} tokens', countText(model.maxContextLength)),
    ],
    [l10n.t('Trained for tools'), yesNo(model.toolUse)],
    [l10n.t('Tools'), model.kind === 'chat' ? fitnessWords(fitness) : null],
    [l10n.t('Reads images'), yesNo(model.vision)],
    [l10n.t('Reasoning'), model.reasoning?.allowed.join(', ')],
    [l10n.t('Parameters'), model.parameters],
    [l10n.t('Quantization'), model.quantization],
    [l10n.t('Size'), sizeWords(model)],
    [l10n.t('Format'), model.format],
    [l10n.t('Architecture'), model.architecture],
    [l10n.t('Publisher'), model.publisher],
    [l10n.t('Variants'), model.variants.length > 0 ? model.variants.join(', ') : null],
  ];
  const lines = facts.flatMap(([name, value]) => (value ? [`${name}: ${value}`] : []));
  return [model.displayName, ...lines].join('\n');
}

/** Units as words. */
function spokenPace(speed: ModelSpeed | undefined): string {
  const pace = speed?.tokensPerSecond ?? null;
  return pace === null
    ? ''
    : l10n.t('{0} tokens per second', pace < 10 ? decimalText(pace, 1) : countText(Math.round(pace)));
}

/** `37 tokens/s, first token after 0.8 s, reads 410 tokens/s (measured here)`; empty where nothing was measured. */
export function speedWords({ tokensPerSecond, firstByteMs, promptTokensPerSecond }: ModelSpeed): string {
  const pace = (value: number): string =>
    l10n.t('{0} tokens/s', value < 10 ? decimalText(value, 1) : countText(Math.round(value)));
  const known = [
    tokensPerSecond === null ? '' : pace(tokensPerSecond),
    firstByteMs === null ? '' : l10n.t('first token after {0} s', decimalText(firstByteMs / 1000, 1)),
    promptTokensPerSecond === null ? '' : l10n.t('reads {0}', pace(promptTokensPerSecond)),
  ].filter((fact) => fact !== '');
  return known.length === 0 ? '' : l10n.t('{0} (measured here)', known.join(', '));
}

/** `reliable, tested on 2026-03-01`. */
function fitnessWords(fitness: Fitness | undefined): string {
  const when = fitness ? l10n.t(', tested on {0}', fitness.testedAt.slice(0, 10)) : '';
  return verdictWords(fitness?.verdict) + when;
}

function ttlWords({ ttlMs }: ModelInstance): string {
  if (ttlMs === undefined) return '';
  return ttlMs === null
    ? l10n.t(', stays until it is unloaded')
    : l10n.t(', unloads after {0} without a request', formatElapsed(ttlMs));
}

function contextWords(model: Model): string | null {
  const longest = model.maxContextLength;
  // Copies can be loaded with one each.
  const lengths = (model.instances ?? []).flatMap(({ contextLength }) => contextLength ?? []);
  const loaded = [...new Set(lengths)].map(formatTokens).join(' + ');
  if (loaded !== '' && longest !== null) return l10n.t('{0} of {1} context', loaded, formatTokens(longest));
  if (loaded !== '') return l10n.t('{0} context', loaded);
  return longest === null ? null : l10n.t('up to {0} context', formatTokens(longest));
}

function sizeWords(model: Model): string | null {
  return model.sizeBytes ? formatBytes(model.sizeBytes) : null;
}
