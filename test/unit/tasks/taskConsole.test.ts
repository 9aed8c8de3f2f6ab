import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TaskConsole } from '../../../src/tasks/taskConsole';
import type { TaskEvent } from '../../../src/tasks/types';

function shown(...events: readonly Record<string, unknown>[]): string {
  let text = '';
  const terminal = new TaskConsole((part) => {
    text += part;
  });
  for (const event of events) terminal.add({ at: 0, ...event } as unknown as TaskEvent);
  return text;
}

const delta = (text: string) => ({ type: 'text_delta', text });

describe('a task on a terminal', () => {
  it('shows the answer as it was written, between lines of its own', () => {
    const text = shown(
      { type: 'round_start', round: 1 },
      delta('src/a.ts:3:5: err'),
      delta('or: bad\nand mo'),
      delta('re'),
      { type: 'round_start', round: 2 },
    );
    assert.equal(text, 'Round 1\r\nsrc/a.ts:3:5: error: bad\r\nand more\r\nRound 2\r\n');
  });

  it('lets no warning run into a line of the answer, or cut it in two', () => {
    const warning = { type: 'warning', code: 'x', message: 'careful' };
    const text = shown(delta('src/a.ts:3'), warning, delta(':5: error: bad\nmore'), warning, { type: 'usage' });
    const expected = 'src/a.ts:3:5: error: bad|Warning: careful|more|Warning: careful|';
    assert.ok(text.replaceAll('\r\n', '|').startsWith(expected), text);
  });

  it('lets nothing of a model or a tool steer the terminal', () => {
    const controls = fc.string({
      unit: fc.constantFrom('\u001b', '[', '2', 'J', '\r', '\n', '\u009b', '\u0007', 'a', ']'),
    });
    fc.assert(
      fc.property(fc.array(controls), (parts) => {
        const text = shown(...parts.flatMap((part) => [delta(part), { type: 'warning', code: 'x', message: part }]));
        assert.doesNotMatch(text.replaceAll('\r\n', ''), /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
      }),
    );
  });
});
