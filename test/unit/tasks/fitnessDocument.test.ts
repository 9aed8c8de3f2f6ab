import assert from 'node:assert/strict';
import { PROBES, type ProbeReason, type ProbeResult, type Verdict } from '../../../src/tasks/fitnessProbes';
import { fitnessAdvice, fitnessDocument } from '../../../src/tasks/fitnessDocument';
import type { FitnessReport } from '../../../src/tasks/fitnessReport';

function report(verdict: Verdict, reason: ProbeReason | null = null): FitnessReport {
  const probes = PROBES.map(({ name }, index): ProbeResult => ({
    ...{ name, rounds: 2, durationMs: 1_200, recovered: 0 },
    ...(index === 0 && reason ? { status: 'fail', reason } : { status: 'pass', reason: null }),
  }));
  return {
    ...{ model: 'a/b', variant: null, quantization: 'Q4_K_M', verdict, probes, durationMs: 6_000 },
    testedAt: '2026-01-02T03:04:05.000Z',
  };
}

describe('the document of a self-test', () => {
  it('says what was found out, what to do next and what was tested, in this order', () => {
    const text = fitnessDocument(report('reliable'), 'http://127.0.0.1:1234');
    assert.match(text, /^# Self-Test of a\/b \(Q4_K_M\)\n/);
    assert.match(text, /\*\*Reliable, 5 of 5 probes in 6\.0 s\.\*\*/);
    assert.match(text, /## What to do next\n\n1\. Connect an MCP server/);
    assert.match(text, /\| single call \| pass \| 2 \| 1\.2 s \|  \|/);
    assert.ok(text.indexOf('## What to do next') < text.indexOf('## What was tested'));
  });

  it('has advice for every verdict, and for what went wrong first', () => {
    for (const verdict of ['reliable', 'shaky', 'no', 'unfinished'] as const)
      assert.ok(fitnessAdvice(report(verdict)).length > 0, verdict);
    assert.match(fitnessAdvice(report('shaky', 'call-as-text'))[0] ?? '', /`lmstudioBridge\.toolCalls` to `prompted`/);
    assert.match(fitnessAdvice(report('unfinished', 'time'))[0] ?? '', /It was slow/);
    assert.match(fitnessAdvice(report('no', 'no-call')).at(-1) ?? '', /16,384 tokens of context/);
    assert.doesNotMatch(fitnessAdvice(report('reliable')).join(), /prompted|slow/);
  });
});
