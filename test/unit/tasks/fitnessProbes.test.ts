import assert from 'node:assert/strict';
import { SELF_TEST_CODES as CODES } from '../../../src/mcp/selfTestFacts';
import {
  judge,
  type ProbeCall,
  type ProbeEnd,
  type ProbeName,
  ProbeRecord,
  PROBES,
  type ProbeStatus,
  verdictOf,
} from '../../../src/tasks/fitnessProbes';

const TOOLS = ['read_box', 'open_safe', 'place_order'];

const ok = (text: string, round = 1): ProbeCall => ({ id: text, round, recovered: false, text, code: undefined });
const failed = (text: string): ProbeCall => ({ ...ok(text), code: 'tool-failed' });
const answered = (text: string): ProbeEnd => ({ kind: 'answered', text });

function judged(name: ProbeName, calls: readonly ProbeCall[], end: ProbeEnd, written = ''): string {
  const probe = PROBES.find((each) => each.name === name) ?? assert.fail();
  const { status, reason } = judge(probe, { calls: [...calls], written }, end, TOOLS);
  return reason === null ? status : `${status}, ${reason}`;
}

describe('the judgement of a probe', () => {
  it('believes what the tools said, however the model writes it', () => {
    for (const text of [`It is ${CODES.amber}.`, '**qf 7316**', 'The code: `QF‑7316`']) {
      assert.equal(judged('single-call', [ok(`The code is ${CODES.amber}.`)], answered(text)), 'pass', text);
    }
  });

  it('does not believe an answer that no tool has given', () => {
    assert.equal(judged('single-call', [], answered(CODES.amber)), 'fail, no-call');
    assert.equal(judged('single-call', [ok('nothing')], answered(CODES.amber)), 'fail, incomplete');
    assert.equal(judged('single-call', [failed(CODES.amber)], answered(CODES.amber)), 'fail, bad-arguments');
    assert.equal(judged('single-call', [ok(CODES.amber)], answered('It is QF-7317.')), 'fail, wrong-answer');
  });

  it('names a call that stayed text', () => {
    assert.equal(judged('single-call', [], answered('…'), 'call read_box now'), 'fail, call-as-text');
  });

  it('wants parallel calls in one round, and lets others pass', () => {
    const end = answered(`${CODES.birch} and ${CODES.cedar}`);
    assert.equal(judged('parallel-calls', [ok(CODES.birch), ok(CODES.cedar)], end), 'pass');
    assert.equal(judged('parallel-calls', [ok(CODES.birch), ok(CODES.cedar, 2)], end), 'partly, one-by-one');
    assert.equal(judged('parallel-calls', [ok(CODES.birch)], end), 'fail, incomplete');
  });

  it('wants an error corrected', () => {
    const end = answered(CODES.safe);
    assert.equal(judged('error-recovery', [failed('dash'), ok(CODES.safe, 2)], end), 'pass');
    assert.equal(judged('error-recovery', [failed('dash'), failed('dash')], end), 'fail, gave-up');
  });

  it('leaves open what the time did not suffice for, and blames the model for what nobody could read', () => {
    assert.equal(judged('single-call', [ok(CODES.amber)], { kind: 'time' }), 'unfinished, time');
    assert.equal(judged('single-call', [], { kind: 'refused' }), 'fail, refused');
  });

  it('counts the calls that were found in text', () => {
    const record = new ProbeRecord();
    record.add({ type: 'round_start', round: 2 });
    const call = { id: '1', server: 'self-test', tool: 'read_box', arguments: {} };
    record.add({ type: 'tool_call', ...call, recovered: true });
    record.add({ type: 'tool_result', id: '1', isError: false, text: 'x', truncated: false, durationMs: 1 });
    assert.deepEqual(record.calls, [{ id: '1', round: 2, recovered: true, text: 'x', code: undefined }]);
  });
});

describe('the verdict', () => {
  const verdict = (...statuses: readonly ProbeStatus[]) =>
    verdictOf(statuses.map((status, index) => ({ name: PROBES[index]?.name ?? 'several-turns', status })));

  it('is reliable, shaky or no', () => {
    assert.equal(verdict('pass', 'pass', 'partly', 'pass', 'pass'), 'reliable');
    assert.equal(verdict('pass', 'fail', 'pass', 'pass', 'pass'), 'shaky');
    assert.equal(verdict('fail', 'pass', 'pass', 'pass', 'pass'), 'no');
  });

  it('is left open by the time only where nothing has failed', () => {
    assert.equal(verdict('pass', 'pass', 'unfinished', 'unfinished'), 'unfinished');
    assert.equal(verdict('unfinished', 'unfinished'), 'unfinished');
    assert.equal(verdict('pass', 'fail', 'unfinished'), 'shaky');
  });
});
