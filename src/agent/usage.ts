import type { Usage } from './types';

export const NO_USAGE: Usage = { promptTokens: null, completionTokens: null, reasoningTokens: null };

/** Sums; what neither side knows stays unknown. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    promptTokens: add(a.promptTokens, b.promptTokens),
    completionTokens: add(a.completionTokens, b.completionTokens),
    reasoningTokens: add(a.reasoningTokens, b.reasoningTokens),
  };
}

function add(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : a + b;
}

/** Prompt plus completion; reasoning is part of the completion. */
export function totalTokens(usage: Usage): number {
  return (usage.promptTokens ?? 0) + (usage.completionTokens ?? 0);
}
