/** Models in words, for people who see the tree and for people who hear it. Pure. */
import type { ModelActivity } from '../../llm/lmstudio/activity';
import type { CatalogModel } from '../../llm/lmstudio/catalog';
import type { Model, ModelInstance } from '../../llm/lmstudio/model';
import type { ModelSpeed } from '../../llm/speedLedger';
import { chooseModel } from '../../llm/lmstudio/selection';
import { verdictWords } from '../../tasks/fitnessText';
import type { Fitness } from './fitnessStore';

const ACTIVITIES: Readonly<Record<ModelActivity, string>> = {
  idle: 'loaded, idle',
  'processing-prompt': 'loaded, processing prompt',
  generating: 'loaded, generating',
  loading: 'loading',
  cancelling: 'load cancelled, still ending',
  unloading: 'unloading',
  'not-loaded': 'not loaded',
  unknown: 'state unknown',
};

export function activityWords(activity: ModelActivity): string {
  return ACTIVITIES[activity];
}

/** 32768 as "32k", 200000 as "200k", 512 as "512". */
export function formatTokens(tokens: number): string {
  if (tokens < 1000) return String(tokens);
  return `${Math.round(tokens / (tokens % 1000 === 0 ? 1000 : 1024))}k`;
}

/** 32768 as "32,768". */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

export function formatBytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
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
    return { key: model.key, isAutomatic: setting === undefined || setting === 'default' };
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

type ShownModel = CatalogModel | LastKnownModel;

function stateWords(model: ShownModel): string {
  return activityWords(model.activity) + ('isLastKnown' in model ? ', server not reachable' : '');
}

/** `loaded, idle · for tasks · tools: reliable · 32k of 40k context · Q4_K_M · 5.0 GB` */
export function describeModel(model: ShownModel, taskModel: TaskModel | undefined, fitness?: Fitness): string {
  const isForTasks = taskModel?.key === model.key;
  const count = model.instances?.length ?? 0;
  return [
    stateWords(model),
    count > 1 && `${count} copies`,
    isForTasks && 'for tasks',
    fitness && `tools: ${verdictWords(fitness.verdict)}`,
    contextWords(model),
    model.quantization,
    sizeWords(model),
  ]
    .filter((fact) => fact)
    .join(' · ');
}

export function describeInstance(instance: ModelInstance): string {
  return instance.contextLength === null ? 'loaded' : `loaded · ${formatTokens(instance.contextLength)} context`;
}

/** Makes sense alone: the first thing and maybe the only thing that a screen reader says of a row. */
export function modelLabel(model: ShownModel, taskModel: TaskModel | undefined, fitness?: Fitness): string {
  const kind = model.kind === 'embedding' ? 'embedding model' : 'chat model';
  return [
    `${model.displayName}, ${kind}`,
    stateWords(model),
    taskModel?.key === model.key && 'used for tasks',
    fitness && `use of tools: ${verdictWords(fitness.verdict)}`,
    contextWords(model),
    model.quantization && `quantization ${model.quantization}`,
    sizeWords(model),
  ]
    .filter((fact) => fact)
    .join(', ');
}

/** All that is known, a fact a line. */
export function modelFacts(
  model: ShownModel,
  taskModel: TaskModel | undefined,
  speed: ModelSpeed | undefined,
  fitness: Fitness | undefined,
): string {
  const yesNo = (value: boolean | null): string | null => (value === null ? null : value ? 'yes' : 'no');
  const facts: readonly (readonly [string, string | null | undefined])[] = [
    ['Id', model.key],
    ['State', stateWords(model)],
    ['Used for tasks', taskModel?.key === model.key ? (taskModel.isAutomatic ? 'yes, automatically' : 'yes') : null],
    ...(model.instances ?? []).map(
      (instance) => ['In memory', `${instance.id}, ${describeInstance(instance)}${ttlWords(instance)}`] as const,
    ),
    ['Speed', speed && speedWords(speed)],
    ['Longest context', model.maxContextLength === null ? null : `${model.maxContextLength} tokens`],
    ['Trained for tools', yesNo(model.toolUse)],
    ['Tools', model.kind === 'chat' ? fitnessWords(fitness) : null],
    ['Reads images', yesNo(model.vision)],
    ['Reasoning', model.reasoning?.allowed.join(', ')],
    ['Parameters', model.parameters],
    ['Quantization', model.quantization],
    ['Size', sizeWords(model)],
    ['Format', model.format],
    ['Architecture', model.architecture],
    ['Publisher', model.publisher],
    ['Variants', model.variants.length > 0 ? model.variants.join(', ') : null],
  ];
  const lines = facts.flatMap(([name, value]) => (value ? [`${name}: ${value}`] : []));
  return [model.displayName, ...lines].join('\n');
}

/** `37 tokens/s, first token after 0.8 s, reads 410 tokens/s (measured here)`; empty where nothing was measured. */
export function speedWords({ tokensPerSecond, firstByteMs, promptTokensPerSecond }: ModelSpeed): string {
  const pace = (value: number): string => `${value < 10 ? value.toFixed(1) : formatCount(Math.round(value))} tokens/s`;
  const known = [
    tokensPerSecond === null ? '' : pace(tokensPerSecond),
    firstByteMs === null ? '' : `first token after ${(firstByteMs / 1000).toFixed(1)} s`,
    promptTokensPerSecond === null ? '' : `reads ${pace(promptTokensPerSecond)}`,
  ].filter((fact) => fact !== '');
  return known.length === 0 ? '' : `${known.join(', ')} (measured here)`;
}

/** `reliable, tested on 2026-03-01`. */
function fitnessWords(fitness: Fitness | undefined): string {
  const when = fitness ? `, tested on ${fitness.testedAt.slice(0, 10)}` : '';
  return verdictWords(fitness?.verdict) + when;
}

function ttlWords({ ttlMs }: ModelInstance): string {
  if (ttlMs === undefined) return '';
  return ttlMs === null ? ', stays until it is unloaded' : `, unloads after ${formatElapsed(ttlMs)} without a request`;
}

function contextWords(model: Model): string | null {
  const loaded = model.instances?.[0]?.contextLength ?? null;
  const longest = model.maxContextLength;
  if (loaded !== null && longest !== null) return `${formatTokens(loaded)} of ${formatTokens(longest)} context`;
  if (loaded !== null) return `${formatTokens(loaded)} context`;
  return longest === null ? null : `up to ${formatTokens(longest)} context`;
}

function sizeWords(model: Model): string | null {
  return model.sizeBytes ? formatBytes(model.sizeBytes) : null;
}
