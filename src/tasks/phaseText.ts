/** What a task waits for, in words that both eyes and ears can take. Pure. */
import * as l10n from '@vscode/l10n';
import type { Phase } from '../agent/types';

/** Shorter estimates are as good as none: the answer is there before they are read. */
const MIN_ESTIMATE_MS = 1_000;

/** `45 s`, `2 min 5 s`; whole seconds. */
export function formatSeconds(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  return seconds < 60 ? `${String(seconds)} s` : l10n.t('{0} min {1} s', Math.floor(seconds / 60), seconds % 60);
}

/**
 * How far a wait is: `about 45 s`, `20 s of about 45 s`, `20 s` where there is no estimate or it is over; empty in the
 * first second. "About" is said of an estimate only.
 */
export function waitWords(elapsedMs: number, estimatedMs: number | null): string {
  const elapsed = elapsedMs < 1_000 ? '' : formatSeconds(elapsedMs);
  if (estimatedMs === null || estimatedMs < MIN_ESTIMATE_MS || elapsedMs >= estimatedMs) return elapsed;
  const whole = formatSeconds(Math.ceil(estimatedMs / 1_000) * 1_000);
  return elapsed === '' ? l10n.t('about {0}', whole) : l10n.t('{0} of about {1}', elapsed, whole);
}

/** `38 %`, in whole percent: what the server says. */
export function formatProgress(progress: number): string {
  return `${String(Math.floor(progress * 100))} %`;
}

/** A phase that a server may say the progress of. */
type Step = Extract<Phase, { phase: 'loading-model' | 'processing-prompt' }>;

/** What the server does, as far as it is known: without progress and estimate nobody can tell a prompt from a load. */
function stepName(step: Step): string {
  if (step.phase === 'loading-model') return l10n.t('Loading the model');
  const isKnown = step.progress !== null || step.estimatedMs !== null;
  return isKnown ? l10n.t('Reading the prompt') : l10n.t('Waiting for the model');
}

/** What the server does as the wait begins or takes a step, and how far that is: `Reading the prompt: 38 %`. */
export function stepWords(step: Step): string {
  const far = progressWords(step, 0);
  return far === '' ? stepName(step) : `${stepName(step)}: ${far}`;
}

/** How far a load or a prompt is: the server's progress where it says one, else as `waitWords`. */
export function progressWords(phase: Step, elapsedMs: number): string {
  if (phase.progress === null) {
    return waitWords(elapsedMs, phase.phase === 'processing-prompt' ? phase.estimatedMs : null);
  }
  return [formatProgress(phase.progress), waitWords(elapsedMs, null)].filter((part) => part !== '').join(', ');
}

/** Shorter waits are not worth a line; longer ones get one as often. */
const LINE_MS = 10_000;

/** The lines of a log for the phases of a run: few, however many steps there are. */
export class PhaseLines {
  #phase: Phase['phase'] | undefined;
  /** When the phase began or the last line of it was given, in the time of the events. */
  #since = 0;

  /** `withEstimates`: also a line for each long wait that is only estimated. */
  constructor(private readonly withEstimates: boolean) {}

  /** The line for this phase or step, reported at `at` milliseconds; undefined where it is worth none. */
  add(phase: Phase, at: number): string | undefined {
    const isNew = phase.phase !== this.#phase;
    if (isNew) this.#since = at;
    this.#phase = phase.phase;
    if (phase.phase === 'queued') return l10n.t('Waiting for other requests to the server: place {0}', phase.place);
    if (phase.phase !== 'loading-model' && phase.phase !== 'processing-prompt') return undefined;
    const what = phase.phase === 'loading-model' ? l10n.t('Loading the model') : l10n.t('Reading the prompt');
    if (phase.progress === null) {
      const isTold = isNew && this.withEstimates && phase.phase === 'processing-prompt';
      const estimatedMs = isTold ? phase.estimatedMs : null;
      return (estimatedMs ?? 0) < LINE_MS ? undefined : l10n.t('{0}: {1} (estimated)', what, waitWords(0, estimatedMs));
    }
    if (at - this.#since < LINE_MS) return undefined;
    this.#since = at;
    return `${what}: ${formatProgress(phase.progress)}`;
  }
}

/** Nobody reads finer steps where each is a line that stays. */
const STEPS = 4;

/** What to say of the phases of a run where each is said once, and its progress by quarters. */
export class PhaseNews {
  #told: string | undefined;

  /** Undefined where there is nothing that was not said before. */
  add(phase: Phase): string | undefined {
    const words = coarseWords(phase);
    if (words === this.#told) return undefined;
    this.#told = words;
    return words;
  }
}

function coarseWords(phase: Phase): string | undefined {
  if (phase.phase === 'queued') return l10n.t('Waiting for other requests to LM Studio…');
  if (phase.phase !== 'loading-model' && phase.phase !== 'processing-prompt') return undefined;
  const step = Math.floor((phase.progress ?? 0) * STEPS);
  return step === 0 ? `${stepName(phase)}…` : `${stepName(phase)}: ${formatProgress(step / STEPS)}`;
}
