/** Which models the view shows, and in which order. Pure. */
import * as l10n from '@vscode/l10n';
import { isJsonObject } from '../../base/json';
import { isInTransit } from '../../llm/lmstudio/activity';
import type { CatalogModel } from '../../llm/lmstudio/catalog';
import { isInMemory } from './modelText';

export const CAPABILITIES = ['tools', 'vision', 'reasoning'] as const;
export type Capability = (typeof CAPABILITIES)[number];

export const SORT_ORDERS = ['name', 'size', 'used', 'speed'] as const;
export type SortOrder = (typeof SORT_ORDERS)[number];

export interface ModelFilter {
  /** Every word of it stands in the model's name, id, publisher, architecture or quantisation. */
  readonly text: string;
  /** All of them. */
  readonly capabilities: readonly Capability[];
  readonly inMemory: boolean;
}

export interface Arrangement {
  readonly filter: ModelFilter;
  readonly order: SortOrder;
}

export const EVERYTHING: ModelFilter = { text: '', capabilities: [], inMemory: false };
export const DEFAULT_ARRANGEMENT: Arrangement = { filter: EVERYTHING, order: 'name' };

export function isFiltering({ text, capabilities, inMemory }: ModelFilter): boolean {
  return text !== '' || capabilities.length > 0 || inMemory;
}

/** The models that pass. */
export function filterModels<T extends CatalogModel>(models: readonly T[], filter: ModelFilter): readonly T[] {
  if (!isFiltering(filter)) return models;
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return models.filter((model) => {
    if (filter.inMemory && !isInMemory(model) && !isInTransit(model.activity)) return false;
    if (!filter.capabilities.every((capability) => hasCapability(model, capability))) return false;
    if (words.length === 0) return true;
    const text = textOf(model);
    return words.every((word) => text.includes(word));
  });
}

export function hasCapability({ toolUse, vision, reasoning }: CatalogModel, capability: Capability): boolean {
  switch (capability) {
    case 'tools':
      return toolUse === true;
    case 'vision':
      return vision === true;
    case 'reasoning':
      return reasoning !== null;
  }
}

function textOf({ displayName, key, publisher, architecture, quantization }: CatalogModel): string {
  return [displayName, key, publisher, architecture, quantization].join(' ').toLowerCase();
}

/** What the order needs to know beside the models; undefined: not known, which comes last. */
export interface SortFacts {
  readonly usedAt: (model: CatalogModel) => number | undefined;
  /** Tokens per second. */
  readonly speed: (model: CatalogModel) => number | undefined;
}

/** By name, or what is biggest, newest or fastest first. The same models always come in the same order. */
export function orderModels<T extends CatalogModel>(
  models: readonly T[],
  order: SortOrder,
  facts: SortFacts,
): readonly T[] {
  // Not when the file is loaded: the first one of a process takes longer than the rest of the extension's start.
  const collator = new Intl.Collator();
  const value = (model: T): number => {
    switch (order) {
      case 'name':
        return 0;
      case 'size':
        return model.sizeBytes ?? -1;
      case 'used':
        return facts.usedAt(model) ?? -1;
      case 'speed':
        return facts.speed(model) ?? -1;
    }
  };
  const ranked = models.map((model) => ({ model, value: value(model) }));
  ranked.sort(
    (a, b) =>
      b.value - a.value ||
      collator.compare(a.model.displayName, b.model.displayName) ||
      collator.compare(a.model.key, b.model.key),
  );
  return ranked.map(({ model }) => model);
}

export function capabilityWords(capability: Capability): string {
  switch (capability) {
    case 'tools':
      return l10n.t('tools');
    case 'vision':
      return l10n.t('vision');
    case 'reasoning':
      return l10n.t('reasoning');
  }
}

/** `"qwen", tools, in memory`; empty where everything is shown. */
export function filterWords({ text, capabilities, inMemory }: ModelFilter): string {
  const parts = [
    ...(text === '' ? [] : [`"${text}"`]),
    ...capabilities.map(capabilityWords),
    ...(inMemory ? [l10n.t('in memory')] : []),
  ];
  return parts.join(', ');
}

/** Empty for the order by name, which is the usual one. */
export function orderWords(order: SortOrder): string {
  switch (order) {
    case 'name':
      return '';
    case 'size':
      return l10n.t('by size');
    case 'used':
      return l10n.t('by last use');
    case 'speed':
      return l10n.t('by speed');
  }
}

/** What was kept of an earlier window; what is none of ours is passed over. */
export function parseArrangement(stored: unknown): Arrangement {
  if (!isJsonObject(stored)) return DEFAULT_ARRANGEMENT;
  const { text, capabilities, inMemory, order } = stored;
  const known = Array.isArray(capabilities) ? capabilities : [];
  return {
    filter: {
      text: typeof text === 'string' ? text : '',
      capabilities: CAPABILITIES.filter((capability) => known.includes(capability)),
      inMemory: inMemory === true,
    },
    order: SORT_ORDERS.find((candidate) => candidate === order) ?? 'name',
  };
}

/** What `parseArrangement` reads. */
export function storedArrangement({ filter, order }: Arrangement): object {
  return { ...filter, order };
}
