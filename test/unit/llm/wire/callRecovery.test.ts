import assert from 'node:assert/strict';
import type { ChatEvent } from '../../../../src/agent/types';
import { CallRecovery } from '../../../../src/llm/wire/callRecovery';

const LIST = { name: 'list', description: '', inputSchema: { type: 'object' } };
const LEAK = '<tool_call>{"name": "list", "arguments": {"a": 1}}</tool_call>';
const found = { type: 'tool-call', id: '', name: 'list', arguments: '{"a":1}', recovered: true } as const;
const sent = { id: '7', name: 'List', arguments: '{ "a": 1 }' };

function events(parts: readonly (readonly ['text' | 'reasoning', string])[], native: readonly (typeof sent)[] = []) {
  const recovery = new CallRecovery([LIST]);
  const all: ChatEvent[] = parts.flatMap(([type, text]) => [...recovery.take(type, text)]);
  all.push(...recovery.end(native));
  return all;
}

describe('leaked calls', () => {
  it('come at the end, and never beside the same call from the server', () => {
    assert.deepEqual(events([['text', `Hm. ${LEAK}`]]), [{ type: 'text', text: 'Hm. ' }, found]);
    assert.deepEqual(events([['text', LEAK]], [sent]), [{ type: 'tool-call', ...sent, recovered: false }]);
    const other = { ...sent, arguments: '{"a":2}' };
    assert.deepEqual(events([['text', LEAK]], [other]), [{ type: 'tool-call', ...other, recovered: false }, found]);
  });

  it('in the reasoning count where nothing follows them', () => {
    assert.deepEqual(events([['reasoning', `Hm.\n${LEAK}\n`]]), [{ type: 'reasoning', text: 'Hm.\n' }, found]);
    assert.deepEqual(events([['reasoning', LEAK]], [sent]), [{ type: 'tool-call', ...sent, recovered: false }]);
  });

  it('in the reasoning are thoughts where something follows: they are shown, and do not run', () => {
    const thought = { type: 'reasoning', text: LEAK } as const;
    assert.deepEqual(
      events([
        ['reasoning', LEAK],
        ['text', 'No need.'],
      ]),
      [thought, { type: 'text', text: 'No need.' }],
    );
    assert.deepEqual(events([['reasoning', `${LEAK}But no.`]]), [thought, { type: 'reasoning', text: 'But no.' }]);
    const other = { ...sent, arguments: '{"a":2}' };
    assert.deepEqual(events([['reasoning', LEAK]], [other]), [
      thought,
      { type: 'tool-call', ...other, recovered: false },
    ]);
  });

  it('are text where no tools are offered', () => {
    const recovery = new CallRecovery([]);
    assert.deepEqual([...recovery.take('text', LEAK), ...recovery.end([])], [{ type: 'text', text: LEAK }]);
  });
});
