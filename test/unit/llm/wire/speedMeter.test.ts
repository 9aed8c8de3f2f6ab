import assert from 'node:assert/strict';
import type { Message, Phase } from '../../../../src/agent/types';
import { SpeedLedger } from '../../../../src/llm/speedLedger';
import { SpeedMeter } from '../../../../src/llm/wire/speedMeter';
import { usageOf } from '../../../support/agent';
import { ManualClock } from '../../../support/manualClock';

const TASK: Message = { role: 'user', content: 'x'.repeat(4_000) };

function meter(mayLoad = false) {
  const clock = new ManualClock();
  const ledger = new SpeedLedger();
  const timing = new SpeedMeter({ ledger, clock, key: 'm', mayLoad });
  /** Plays one turn; returns the phases that were reported. */
  const turn = (messages: readonly Message[], prompt: number, promptMs: number): Phase[] => {
    const phases: Phase[] = [];
    const watch = timing.watch({ messages, tools: [] }, (phase) => phases.push(phase));
    watch.onPhase({ phase: 'connecting' });
    clock.advance(500);
    watch.onPhase({ phase: 'processing-prompt', estimatedMs: null, progress: null });
    clock.advance(promptMs);
    watch.onPhase({ phase: 'generating' });
    clock.advance(1_000);
    watch.onFinish(usageOf(prompt, 50, 10));
    return phases;
  };
  return { ledger, turn };
}

describe('the speed meter', () => {
  it('times a turn from when the server has it, and estimates the next prompt', () => {
    const { ledger, turn } = meter();
    assert.deepEqual(turn([TASK], 1_000, 2_000), [
      { phase: 'connecting' },
      { phase: 'processing-prompt', estimatedMs: null, progress: null },
      { phase: 'generating' },
    ]);
    assert.deepEqual(ledger.of('m'), { firstByteMs: 2_000, tokensPerSecond: 50, promptTokensPerSecond: 500 });
    const [, reading] = turn([{ ...TASK }], 1_000, 2_000);
    assert.ok(reading?.phase === 'processing-prompt' && reading.estimatedMs !== null);
    assert.ok(reading.estimatedMs > 1_900 && reading.estimatedMs < 2_200, String(reading.estimatedMs));
  });

  it('counts only what is new in a conversation that goes on', () => {
    const { ledger, turn } = meter();
    turn([TASK], 1_000, 2_000);
    const answer: Message = { role: 'assistant', content: 'y'.repeat(8_000), toolCalls: [] };
    const result: Message = { role: 'tool', toolCallId: '1', content: 'z'.repeat(2_000) };
    const [, reading] = turn([TASK, answer, result], 1_000 + 40 + 500, 1_000);
    assert.ok(reading?.phase === 'processing-prompt' && Math.abs((reading.estimatedMs ?? 0) - 1_000) < 100);
    assert.equal(ledger.of('m')?.promptTokensPerSecond, 500);
  });

  it('learns nothing of the prompt from a turn that may have loaded the model', () => {
    const { ledger, turn } = meter(true);
    turn([TASK], 1_000, 60_000);
    assert.deepEqual(ledger.of('m'), { firstByteMs: null, tokensPerSecond: 50, promptTokensPerSecond: null });
    turn([{ ...TASK }], 1_000, 2_000);
    assert.equal(ledger.of('m')?.promptTokensPerSecond, 500);
  });

  it('does not take pictures for text', () => {
    const { turn } = meter();
    turn([TASK], 1_000, 2_000);
    const picture = `data:image/png;base64,${'A'.repeat(400_000)}`;
    const [, reading] = turn([{ role: 'user', content: 'Look', images: [picture] }], 1_000, 2_000);
    assert.ok(reading?.phase === 'processing-prompt' && (reading.estimatedMs ?? 0) < 100);
  });

  it('keeps the estimate through the steps of a prompt, and knows a load that the server tells of', () => {
    const clock = new ManualClock();
    const ledger = new SpeedLedger();
    const timing = new SpeedMeter({ ledger, clock, key: 'm', mayLoad: true });
    const reading = (progress: number | null): Phase => ({ phase: 'processing-prompt', estimatedMs: null, progress });
    const loading = (progress: number | null): Phase => ({ phase: 'loading-model', progress });
    const turn = (...steps: readonly Phase[]): Phase[] => {
      const phases: Phase[] = [];
      const watch = timing.watch({ messages: [{ ...TASK }], tools: [] }, (phase) => phases.push(phase));
      for (const step of steps) {
        watch.onPhase(step);
        clock.advance(1_000);
      }
      watch.onPhase({ phase: 'generating' });
      clock.advance(1_000);
      watch.onFinish(usageOf(1_000, 50));
      return phases;
    };
    turn(reading(null), loading(null), loading(0.5), reading(0), reading(0.5));
    assert.deepEqual(ledger.of('m'), { firstByteMs: 2_000, tokensPerSecond: 50, promptTokensPerSecond: 500 });
    const estimates = turn(reading(null), reading(0), reading(0.5)).flatMap((phase) =>
      phase.phase === 'processing-prompt' ? [phase.estimatedMs] : [],
    );
    assert.equal(estimates.length, 3);
    assert.ok((estimates[0] ?? 0) > 1_900 && new Set(estimates).size === 1, String(estimates));
  });
});
