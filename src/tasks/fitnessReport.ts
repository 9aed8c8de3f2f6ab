/** What a self-test finds out, and of what. */
import type { Model } from '../llm/lmstudio/model';
import type { ProbeName, ProbeResult, Verdict } from './fitnessProbes';

/** What a result holds for: another quantisation is another model. Null: the server does not say. */
export interface FitnessSubject {
  readonly model: string;
  readonly variant: string | null;
  readonly quantization: string | null;
}

export interface FitnessReport extends FitnessSubject {
  readonly verdict: Verdict;
  readonly probes: readonly ProbeResult[];
  /** Of the probes, without loading. */
  readonly durationMs: number;
  /** ISO 8601. */
  readonly testedAt: string;
}

export type FitnessProgress =
  | { readonly step: 'loading' }
  /** `number` from 1. */
  | { readonly step: 'probe'; readonly name: ProbeName; readonly number: number; readonly count: number };

export function subjectOf({ key, selectedVariant, quantization }: Model): FitnessSubject {
  return { model: key, variant: selectedVariant, quantization };
}
