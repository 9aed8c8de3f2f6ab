import assert from 'node:assert/strict';
import { TaskMarkdown } from '../../../../src/tasks/taskMarkdown';
import type { RunEvent } from '../../../../src/tasks/types';
import { foldedAtFirst, foldsOf } from '../../../../src/vscode/documents/foldLines';

const EVENTS: readonly RunEvent[] = [
  { type: 'round_start', round: 1 },
  { type: 'reasoning_delta', text: 'Hm.\nWell.' },
  { type: 'tool_call', id: '1', server: null, tool: 'list', arguments: {}, recovered: false },
  { type: 'tool_result', id: '1', isError: false, text: 'a\nb', truncated: false, durationMs: 1 },
  { type: 'text_delta', text: 'So be it.' },
];

/** What a document holds after so many events, by its lines. */
function after(count: number) {
  const markdown = new TaskMarkdown();
  const text =
    markdown.begin('Look') +
    EVENTS.slice(0, count)
      .map((event) => markdown.add({ ...event, at: 0 }))
      .join('');
  const lines = text.split('\n');
  const heads = (folds: readonly { first: number; last: number }[]) =>
    folds.map(({ first, last }) => [lines[first]?.split(/[,:] | after/)[0], lines[last]]);
  return {
    all: heads(foldsOf(markdown.blocks, lines.length)),
    first: heads(foldedAtFirst(markdown.blocks, lines.length)),
  };
}

describe('the folds of a document of a task', () => {
  it('are rounds, reasoning, calls, results and answers, each to its last line', () => {
    assert.deepEqual(after(5).all, [
      ['# Task', 'So be it.'],
      ['## Round 1', 'So be it.'],
      ['### Reasoning', '~~~~~~'],
      ['### Call 1', '```'],
      ['- Result', '```'],
      ['### Answer', 'So be it.'],
    ]);
  });

  it('are closed at first for reasoning and results, as soon as these are whole', () => {
    assert.deepEqual(after(2).first, []);
    assert.deepEqual(after(3).first, [['### Reasoning', '~~~~~~']]);
    assert.deepEqual(after(5).first, [
      ['### Reasoning', '~~~~~~'],
      ['- Result', '```'],
    ]);
  });
});
