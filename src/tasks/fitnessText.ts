/** The self-test's results in words, for every door. Pure. */
import * as l10n from '@vscode/l10n';
import { decimalText } from '../base/numberText';
import type { FitnessProgress, FitnessReport, FitnessSubject } from './fitnessReport';
import type { ProbeName, ProbeReason, ProbeResult, ProbeStatus, Verdict } from './fitnessProbes';

// Not made when this file is loaded: whoever sets the language later has them in it too.
export function probeWords(name: ProbeName): string {
  return {
    'single-call': l10n.t('single call'),
    'nested-arguments': l10n.t('nested arguments'),
    'parallel-calls': l10n.t('parallel calls'),
    'error-recovery': l10n.t('recovery from an error'),
    'several-turns': l10n.t('several turns'),
  }[name];
}

export function statusWords(status: ProbeStatus): string {
  return { pass: l10n.t('pass'), partly: l10n.t('partly'), fail: l10n.t('fail'), unfinished: l10n.t('not done') }[
    status
  ];
}

function reasonWords(reason: ProbeReason): string {
  return {
    'no-call': l10n.t('it called no tool'),
    'call-as-text': l10n.t('it wrote its call as text'),
    'bad-arguments': l10n.t('its arguments were wrong'),
    'gave-up': l10n.t('it did not correct the call that failed'),
    incomplete: l10n.t('it stopped before it had what it needed'),
    'wrong-answer': l10n.t('its answer was not what the tools said'),
    'one-by-one': l10n.t('it made one call after the other'),
    refused: l10n.t('the server could not work with what it wrote'),
    time: l10n.t('the time was up'),
  }[reason];
}

/** Why a probe did not pass, and what was special where it did; may be empty. */
export function noteWords({ reason, recovered }: Pick<ProbeResult, 'reason' | 'recovered'>): string {
  const leaks =
    recovered === 0
      ? []
      : [recovered === 1 ? l10n.t('a call found in text') : l10n.t('{0} calls found in text', recovered)];
  return [...(reason === null ? [] : [reasonWords(reason)]), ...leaks].join('; ');
}

/** `reliable`, `shaky`, `no`; `not tested` where there is no verdict. */
export function verdictWords(verdict: Verdict | undefined): string {
  return {
    reliable: l10n.t('reliable'),
    shaky: l10n.t('shaky'),
    no: l10n.t('no'),
    unfinished: l10n.t('not tested'),
  }[verdict ?? 'unfinished'];
}

/** `reliable, 5 of 5 probes in 6.3 s`, and what went wrong. */
export function summaryWords({ verdict, probes, durationMs }: FitnessReport): string {
  const done = probes.filter(({ status }) => status === 'pass' || status === 'partly');
  const failed = probes.filter(({ status }) => status === 'fail');
  const count = l10n.t(
    '{0}, {1} of {2} probes in {3}',
    verdictWords(verdict),
    done.length,
    probes.length,
    secondsWords(durationMs),
  );
  const why = failed.map((probe) => `${probeWords(probe.name)}: ${noteWords(probe)}`);
  const isCut = probes.some(({ status }) => status === 'unfinished');
  return [count, ...why, ...(isCut ? [reasonWords('time')] : [])].join('; ');
}

export function progressWords(progress: FitnessProgress): string {
  if (progress.step === 'loading') return l10n.t('loading the model');
  return l10n.t('{0} of {1}: {2}', progress.number, progress.count, probeWords(progress.name));
}

export function secondsWords(ms: number): string {
  return l10n.t('{0} s', decimalText(ms / 1000, 1));
}

export const PROBE_TITLES = ['PROBE', 'RESULT', 'ROUNDS', 'TIME', 'NOTE'] as const;

/** The cells of a table of probes, in the order of `PROBE_TITLES`. */
export function probeCells(probe: ProbeResult): readonly string[] {
  return [
    probeWords(probe.name),
    statusWords(probe.status),
    String(probe.rounds),
    secondsWords(probe.durationMs),
    noteWords(probe),
  ];
}

/** `qwen/qwen3-8b (Q4_K_M)`. */
export function subjectWords({ model, quantization }: FitnessSubject): string {
  return quantization === null ? model : `${model} (${quantization})`;
}
