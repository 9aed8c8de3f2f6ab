/** The self-test's results in words, for every door. Pure. */
import type { FitnessProgress, FitnessReport, FitnessSubject } from './fitnessReport';
import type { ProbeName, ProbeReason, ProbeResult, ProbeStatus, Verdict } from './fitnessProbes';

const PROBES: Readonly<Record<ProbeName, string>> = {
  'single-call': 'single call',
  'nested-arguments': 'nested arguments',
  'parallel-calls': 'parallel calls',
  'error-recovery': 'recovery from an error',
  'several-turns': 'several turns',
};

const STATUSES: Readonly<Record<ProbeStatus, string>> = {
  pass: 'pass',
  partly: 'partly',
  fail: 'fail',
  unfinished: 'not done',
};

const REASONS: Readonly<Record<ProbeReason, string>> = {
  'no-call': 'it called no tool',
  'call-as-text': 'it wrote its call as text',
  'bad-arguments': 'its arguments were wrong',
  'gave-up': 'it did not correct the call that failed',
  incomplete: 'it stopped before it had what it needed',
  'wrong-answer': 'its answer was not what the tools said',
  'one-by-one': 'it made one call after the other',
  refused: 'the server could not work with what it wrote',
  time: 'the time was up',
};

const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  reliable: 'reliable',
  shaky: 'shaky',
  no: 'no',
  unfinished: 'not tested',
};

export function probeWords(name: ProbeName): string {
  return PROBES[name];
}

export function statusWords(status: ProbeStatus): string {
  return STATUSES[status];
}

/** Why a probe did not pass, and what was special where it did; may be empty. */
export function noteWords({ reason, recovered }: Pick<ProbeResult, 'reason' | 'recovered'>): string {
  const leaks = recovered === 0 ? [] : [`${recovered === 1 ? 'a call' : `${String(recovered)} calls`} found in text`];
  return [...(reason === null ? [] : [REASONS[reason]]), ...leaks].join('; ');
}

/** `reliable`, `shaky`, `no`; `not tested` where there is no verdict. */
export function verdictWords(verdict: Verdict | undefined): string {
  return VERDICT_WORDS[verdict ?? 'unfinished'];
}

/** `reliable, 5 of 5 probes in 6.3 s`, and what went wrong. */
export function summaryWords({ verdict, probes, durationMs }: FitnessReport): string {
  const done = probes.filter(({ status }) => status === 'pass' || status === 'partly');
  const failed = probes.filter(({ status }) => status === 'fail');
  const count = `${String(done.length)} of ${String(probes.length)} probes in ${secondsWords(durationMs)}`;
  const why = failed.map((probe) => `${probeWords(probe.name)}: ${noteWords(probe)}`);
  const isCut = probes.some(({ status }) => status === 'unfinished');
  return [`${VERDICT_WORDS[verdict]}, ${count}`, ...why, ...(isCut ? [REASONS.time] : [])].join('; ');
}

export function progressWords(progress: FitnessProgress): string {
  if (progress.step === 'loading') return 'loading the model';
  return `${String(progress.number)} of ${String(progress.count)}: ${probeWords(progress.name)}`;
}

export function secondsWords(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
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
