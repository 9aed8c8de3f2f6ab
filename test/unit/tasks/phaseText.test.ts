import assert from 'node:assert/strict';
import { formatSeconds, PhaseLines, progressWords, waitWords } from '../../../src/tasks/phaseText';

describe('a wait in words', () => {
  it('says "about" of an estimate only, and drops one that is over or not worth reading', () => {
    assert.equal(waitWords(0, null), '');
    assert.equal(waitWords(0, 11_200), 'about 12 s');
    assert.equal(waitWords(5_900, 11_200), '5 s of about 12 s');
    assert.equal(waitWords(11_200, 11_200), '11 s');
    assert.equal(waitWords(5_000, null), '5 s');
    assert.equal(waitWords(0, 999), '');
  });

  it('counts minutes from one on', () => {
    assert.equal(formatSeconds(59_999), '59 s');
    assert.equal(formatSeconds(125_000), '2 min 5 s');
  });

  it("says the server's progress where there is one, and not the estimate", () => {
    const reading = { phase: 'processing-prompt', estimatedMs: 12_000, progress: 0.387 } as const;
    assert.equal(progressWords(reading, 0), '38 %');
    assert.equal(progressWords(reading, 5_000), '38 %, 5 s');
    assert.equal(progressWords({ ...reading, progress: null }, 5_000), '5 s of about 12 s');
    assert.equal(progressWords({ phase: 'loading-model', progress: 0 }, 5_000), '0 %, 5 s');
    assert.equal(progressWords({ phase: 'loading-model', progress: null }, 5_000), '5 s');
  });
});

describe('the lines of a log for phases', () => {
  const reading = { phase: 'processing-prompt', estimatedMs: null, progress: null } as const;

  it('are one every ten seconds, however many steps there are', () => {
    const lines = new PhaseLines(true);
    const said: string[] = [];
    for (let second = 0; second <= 25; second++) {
      for (const part of [0, 0.5]) {
        const progress = (second + part) / 50;
        const line = lines.add({ ...reading, progress }, 1_000 * (second + part));
        if (line !== undefined) said.push(line);
      }
    }
    assert.deepEqual(said, ['Reading the prompt: 20 %', 'Reading the prompt: 40 %']);
  });

  it('begin anew with each phase, and are none for a short one', () => {
    const lines = new PhaseLines(true);
    assert.equal(lines.add({ phase: 'loading-model', progress: null }, 0), undefined);
    assert.equal(lines.add({ phase: 'loading-model', progress: 0.9 }, 12_000), 'Loading the model: 90 %');
    assert.equal(lines.add({ ...reading, progress: 0 }, 13_000), undefined);
    assert.equal(lines.add({ ...reading, progress: 0.5 }, 22_999), undefined);
    assert.equal(lines.add({ phase: 'generating' }, 23_000), undefined);
  });

  it('tell a long estimate once, as one', () => {
    const lines = new PhaseLines(true);
    const slow = { ...reading, estimatedMs: 12_000 };
    assert.equal(lines.add(slow, 0), 'Reading the prompt: about 12 s (estimated)');
    assert.equal(lines.add(slow, 20_000), undefined);
    assert.equal(new PhaseLines(true).add({ ...reading, estimatedMs: 9_000 }, 0), undefined);
    assert.equal(new PhaseLines(false).add(slow, 0), undefined);
    assert.equal(lines.add({ phase: 'queued', place: 2 }, 0), 'Waiting for other requests to the server: place 2');
  });
});
