/** What a model is asked in the self-test, and how what it did is judged: by what the tools know, never by its own word. Pure. */
import type { AgentEvent } from '../agent/types';
import type { ErrorCode } from '../base/errors';
import { SELF_TEST_CODES as CODES } from '../mcp/selfTestFacts';

export type ProbeName = 'single-call' | 'nested-arguments' | 'parallel-calls' | 'error-recovery' | 'several-turns';

/** `partly`: the task was done, but not in the way that was asked for. `unfinished`: the time was up, before or within it. */
export type ProbeStatus = 'pass' | 'partly' | 'fail' | 'unfinished';

export type ProbeReason =
  | 'no-call'
  | 'call-as-text'
  | 'bad-arguments'
  | 'gave-up'
  | 'incomplete'
  | 'wrong-answer'
  | 'one-by-one'
  | 'refused'
  | 'time';

export interface ProbeResult {
  readonly name: ProbeName;
  readonly status: ProbeStatus;
  /** Null where it passed. */
  readonly reason: ProbeReason | null;
  /** Calls that the model wrote as text and that were recovered from there. */
  readonly recovered: number;
  readonly rounds: number;
  readonly durationMs: number;
}

/** `reliable`: all probes done. `shaky`: single calls work. `no`: not even those. `unfinished`: no failure, but no time left. */
export const VERDICTS = ['reliable', 'shaky', 'no', 'unfinished'] as const;

export type Verdict = (typeof VERDICTS)[number];

export interface Probe {
  readonly name: ProbeName;
  readonly task: string;
  /** What the answer must name. */
  readonly codes: readonly string[];
}

export const PROBES: readonly Probe[] = [
  {
    name: 'single-call',
    task: 'Which code is in the box "amber"? Answer with the code.',
    codes: [CODES.amber],
  },
  {
    name: 'nested-arguments',
    task: 'Order 2 apples and 3 pears for Ann in Oslo. Answer with the order number.',
    codes: [CODES.order],
  },
  {
    name: 'parallel-calls',
    task: 'Which codes are in the boxes "birch" and "cedar"? Read both boxes at once, with two calls in one answer. Then answer with both codes.',
    codes: [CODES.birch, CODES.cedar],
  },
  {
    name: 'error-recovery',
    task: 'Open the safe with the pin 4711. Answer with the code in it.',
    codes: [CODES.safe],
  },
  {
    name: 'several-turns',
    task: 'Read the box "maple" and go on to where it leads. Answer with the code that you find there.',
    codes: [CODES.walnut],
  },
];

/** One call with what came of it. */
export interface ProbeCall {
  readonly id: string;
  readonly round: number;
  readonly recovered: boolean;
  readonly text: string;
  /** Of a failed one. */
  readonly code: ErrorCode | undefined;
}

/** How a run of the agent on a probe ended: with an answer, or because the server refused the model's output, or with the time. */
export type ProbeEnd =
  { readonly kind: 'answered'; readonly text: string } | { readonly kind: 'refused' } | { readonly kind: 'time' };

/** Gathers what a model did in one probe. */
export class ProbeRecord {
  readonly calls: ProbeCall[] = [];
  rounds = 0;
  /** All that the model wrote, reasoning too. */
  written = '';
  readonly #open = new Map<string, Pick<ProbeCall, 'round' | 'recovered'>>();

  add(event: AgentEvent): void {
    switch (event.type) {
      case 'round_start':
        this.rounds = event.round;
        break;
      case 'text_delta':
      case 'reasoning_delta':
        this.written += event.text;
        break;
      case 'tool_call':
        this.#open.set(event.id, { round: this.rounds, recovered: event.recovered });
        break;
      case 'tool_result': {
        const call = this.#open.get(event.id) ?? { round: this.rounds, recovered: false };
        this.calls.push({ ...call, id: event.id, text: event.text, code: event.code });
        break;
      }
      default:
    }
  }
}

type Judgement = Pick<ProbeResult, 'status' | 'reason'>;

export const TIME_IS_UP: Judgement = { status: 'unfinished', reason: 'time' };

/** `toolNames`: of the tools that were offered, to know a call that was written as text. */
export function judge(
  probe: Probe,
  { calls, written }: Pick<ProbeRecord, 'calls' | 'written'>,
  end: ProbeEnd,
  toolNames: readonly string[],
): Judgement {
  if (end.kind === 'time') return TIME_IS_UP;
  const fail = (reason: ProbeReason): Judgement => ({ status: 'fail', reason });
  if (end.kind === 'refused') return fail('refused');
  if (calls.length === 0) return fail(toolNames.some((name) => written.includes(name)) ? 'call-as-text' : 'no-call');
  const finders = probe.codes.map((code) => calls.find((call) => call.code === undefined && names(call.text, code)));
  if (finders.includes(undefined)) {
    if (!calls.some(({ code }) => code !== undefined)) return fail('incomplete');
    return fail(probe.name === 'error-recovery' ? 'gave-up' : 'bad-arguments');
  }
  if (!probe.codes.every((code) => names(end.text, code))) return fail('wrong-answer');
  const isOneByOne = new Set(finders.map((call) => call?.round)).size > 1;
  return isOneByOne ? { status: 'partly', reason: 'one-by-one' } : { status: 'pass', reason: null };
}

export function verdictOf(results: readonly Pick<ProbeResult, 'name' | 'status'>[]): Verdict {
  const failed = results.filter(({ status }) => status === 'fail');
  if (failed.some(({ name }) => name === 'single-call')) return 'no';
  if (failed.length > 0) return 'shaky';
  return results.some(({ status }) => status === 'unfinished') ? 'unfinished' : 'reliable';
}

/** However the code is written: `qf 7316` and `QF-7316` are the same. */
function names(text: string, code: string): boolean {
  const plain = (written: string): string => written.toLowerCase().replace(/[^a-z0-9]/g, '');
  return plain(text).includes(plain(code));
}
