import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SpeedLedger } from '../../../src/llm/speedLedger';

const TURN = { firstByteMs: 2_000, newPromptTokens: 1_000, generationMs: 4_000, completionTokens: 100 };

describe('the speed ledger', () => {
  it('knows nothing of a model that it has not seen', () => {
    assert.equal(new SpeedLedger().of('m'), undefined);
    assert.equal(new SpeedLedger().estimatePromptMs('m', 1_000), null);
  });

  it('takes the first turn as it was, and moves three tenths towards each later one', () => {
    const ledger = new SpeedLedger();
    ledger.record('m', TURN);
    assert.deepEqual(ledger.of('m'), { firstByteMs: 2_000, tokensPerSecond: 25, promptTokensPerSecond: 500 });
    ledger.record('m', { ...TURN, generationMs: 2_000 });
    assert.equal(ledger.of('m')?.tokensPerSecond, 32.5);
    assert.equal(ledger.estimatePromptMs('m', 250), 500);
    assert.equal(ledger.of('other'), undefined);
  });

  it('learns nothing from what says nothing: short texts, no counts, no time', () => {
    const ledger = new SpeedLedger();
    ledger.record('m', { ...TURN, newPromptTokens: 10, completionTokens: 3 });
    assert.deepEqual(ledger.of('m'), { firstByteMs: 2_000, tokensPerSecond: null, promptTokensPerSecond: null });
    ledger.record('m', TURN);
    ledger.record('m', { firstByteMs: null, newPromptTokens: null, generationMs: 0, completionTokens: 100 });
    assert.deepEqual(ledger.of('m'), { firstByteMs: 2_000, tokensPerSecond: 25, promptTokensPerSecond: 500 });
  });

  it('comes back from its snapshot, through JSON', () => {
    const ledger = new SpeedLedger();
    ledger.record('m', TURN);
    const saved: unknown = JSON.parse(JSON.stringify(ledger.snapshot()));
    assert.deepEqual(new SpeedLedger(saved).snapshot(), ledger.snapshot());
  });

  it('takes anything for a snapshot and keeps what is sound', () => {
    fc.assert(
      fc.property(fc.anything(), (saved) => {
        assert.doesNotThrow(() => new SpeedLedger(saved));
      }),
    );
    const entry = { firstByteMs: -1, tokensPerSecond: 'fast', promptTokensPerSecond: 5 };
    assert.deepEqual(new SpeedLedger({ m: entry }).of('m'), {
      firstByteMs: null,
      tokensPerSecond: null,
      promptTokensPerSecond: 5,
    });
  });

  it('keeps the hundred models that were used last', () => {
    const ledger = new SpeedLedger();
    for (let i = 0; i < 100; i++) ledger.record(`m${String(i)}`, TURN);
    ledger.record('m0', TURN);
    ledger.record('new', TURN);
    assert.equal(Object.keys(ledger.snapshot()).length, 100);
    assert.ok(ledger.of('m0') && !ledger.of('m1'));
  });

  it('holds positive numbers or nothing, whatever is recorded', () => {
    const number = fc.oneof(fc.double(), fc.integer(), fc.constant(0));
    const maybe = fc.option(number);
    const turn = fc.record({
      firstByteMs: maybe,
      newPromptTokens: maybe,
      generationMs: number,
      completionTokens: maybe,
    });
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 20 }), (turns) => {
        const ledger = new SpeedLedger();
        for (const each of turns) ledger.record('m', each);
        for (const value of Object.values(ledger.of('m') ?? {}) as (number | null)[])
          assert.ok(value === null || (value > 0 && Number.isFinite(value)), String(value));
      }),
    );
  });
});
