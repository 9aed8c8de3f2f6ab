import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readProgress } from '../../../../src/llm/lmstudio/promptLog';

const record = (content: string, type = 'server.log'): string =>
  JSON.stringify({ timestamp: 1_790_683_201_000, data: { type, content, level: 'info' } });
const line = (model: string, percent: string): string =>
  `[2026-11-22 10:00:00][INFO][${model}] Prompt processing progress: ${percent}%`;

describe('a line of the server log', () => {
  it('tells how far the prompt of a model is', () => {
    const read = (percent: string) => readProgress(record(line('qwen/qwen3-8b:2', percent)));
    assert.deepEqual(read('37.5'), { model: 'qwen/qwen3-8b:2', progress: 0.375 });
    assert.deepEqual(read('0'), { model: 'qwen/qwen3-8b:2', progress: 0 });
    assert.deepEqual(read('100.0'), { model: 'qwen/qwen3-8b:2', progress: 1 });
    assert.deepEqual(readProgress(record(`${line('m', '5')}\n`)), { model: 'm', progress: 0.05 });
    assert.deepEqual(readProgress(record('[m] Prompt processing progress: 5%')), { model: 'm', progress: 0.05 });
  });

  it('says nothing where it only contains such words, or is something else', () => {
    const odd = [
      ...['', 'null', '[]', '"text"', '{"data":null}', '{"data":{"type":"server.log"}}', line('m', '5')],
      record(`Generated prediction: ${line('m', '5')}`),
      record(`a prompt\n${line('m', '5')}`),
      record(`${line('m', '5')}\nmore of a prompt`),
      record(`${line('m', '5')} of it`),
      record(line('m', '101')),
      record(line('m', '-1')),
      record(line('m', 'NaN')),
      record(line('', '5')),
      record(line('m', '5'), 'llm.prediction.input'),
      record('[2026-11-22 10:00:00][INFO][m] Finished streaming response'),
    ];
    for (const text of odd) assert.equal(readProgress(text), undefined, text);
  });

  it('is read whatever it holds, and never gives more than all', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.string().map((text) => record(text)),
        ),
        (text) => {
          const read = readProgress(text);
          assert.ok(read === undefined || (read.progress >= 0 && read.progress <= 1));
        },
      ),
    );
    fc.assert(
      fc.property(fc.double({ min: 0, max: 100, noNaN: true }), (percent) => {
        const read = readProgress(record(line('m', percent.toFixed(2))));
        assert.ok(Math.abs((read?.progress ?? -1) - percent / 100) < 0.001);
      }),
    );
  });
});
