import assert from 'node:assert/strict';
import {
  formatSeconds,
  PhaseLines,
  PhaseNews,
  progressWords,
  stepWords,
  waitWords,
} from '../../../src/tasks/phaseText';

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

describe('what a chat is told of phases', () => {
  const reading = { phase: 'processing-prompt', estimatedMs: null, progress: null } as const;

  it('is each phase once, and progress by quarters', () => {
    const news = new PhaseNews();
    const said: string[] = [];
    const add = (...phases: readonly Parameters<PhaseNews['add']>[0][]): void => {
      for (const phase of phases) {
        const words = news.add(phase);
        if (words !== undefined) said.push(words);
      }
    };
    add({ phase: 'queued', place: 2 }, { phase: 'queued', place: 1 }, { phase: 'connecting' });
    add({ phase: 'loading-model', progress: null });
    for (let percent = 0; percent <= 99; percent++) add({ phase: 'loading-model', progress: percent / 100 });
    add(reading);
    for (let percent = 0; percent <= 99; percent++) add({ ...reading, progress: percent / 100 });
    assert.deepEqual(said, [
      'Waiting for other requests to LM Studio…',
      'Loading the model…',
      'Loading the model: 25 %',
      'Loading the model: 50 %',
      'Loading the model: 75 %',
      'Waiting for the model…',
      'Reading the prompt…',
      'Reading the prompt: 25 %',
      'Reading the prompt: 50 %',
      'Reading the prompt: 75 %',
    ]);
  });

  it('begins anew with each request', () => {
    const news = new PhaseNews();
    assert.equal(news.add({ ...reading, estimatedMs: 12_000 }), 'Reading the prompt…');
    assert.equal(news.add({ phase: 'generating' }), undefined);
    assert.equal(news.add({ ...reading, estimatedMs: 12_000 }), 'Reading the prompt…');
    assert.equal(news.add({ phase: 'connecting' }), undefined);
    assert.equal(news.add({ ...reading, estimatedMs: 12_000 }), 'Reading the prompt…', 'after a failure, too');
  });
});

describe('a step of a wait in words', () => {
  it('names what is known of it', () => {
    const reading = { phase: 'processing-prompt', estimatedMs: null, progress: null } as const;
    assert.equal(stepWords(reading), 'Waiting for the model');
    assert.equal(stepWords({ ...reading, estimatedMs: 12_000 }), 'Reading the prompt: about 12 s');
    assert.equal(stepWords({ ...reading, progress: 0.5 }), 'Reading the prompt: 50 %');
    assert.equal(stepWords({ phase: 'loading-model', progress: null }), 'Loading the model');
  });
});
