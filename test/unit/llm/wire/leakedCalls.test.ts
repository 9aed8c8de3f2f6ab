import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ToolDefinition } from '../../../../src/agent/types';
import { LeakedCallReader } from '../../../../src/llm/wire/leakedCalls';
import { FAULT_NAMES } from '../../../simulator/faults';
import { type LeakFormat, leakedText } from '../../../simulator/leaks';

const READ: ToolDefinition = {
  name: 'read_file',
  description: '',
  inputSchema: {
    type: 'object',
    properties: { path: { type: 'string' }, limit: { type: 'number' }, note: { type: 'string' } },
    required: ['path'],
  },
};
const LIST: ToolDefinition = { name: 'list', description: '', inputSchema: { type: 'object', properties: {} } };
const TOOLS = [READ, LIST];
const FORMATS = FAULT_NAMES.flatMap((name) => (name.startsWith('leak-') ? [name.slice(5) as LeakFormat] : []));
const MARKED = FORMATS.filter((format) => !format.startsWith('bare-') && format !== 'hybrid');

/** What a text comes to in these pieces. */
function read(pieces: readonly string[], tools: readonly ToolDefinition[] = TOOLS) {
  const reader = new LeakedCallReader(tools, true);
  const found = [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
  return {
    text: found.map((piece) => (piece.type === 'text' ? piece.text : '')).join(''),
    calls: found.flatMap((piece) => (piece.type === 'calls' ? piece.calls : [])),
  };
}
const inChars = (text: string): string[] => Array.from(text);
function cut(text: string, sizes: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}
const parsed = (text: string) => {
  const { text: rest, calls } = read([text]);
  return { text: rest, calls: calls.map(({ name, arguments: args }) => [name, JSON.parse(args) as unknown]) };
};

describe('calls in a text', () => {
  const args = { path: 'a b.ts', note: 'say "hi"\n</tool_call> [END_TOOL_REQUEST] </function>' };

  for (const format of FORMATS) {
    it(`are found as ${format}, whole or letter by letter, one or several`, () => {
      const one = leakedText(format, [{ name: 'read_file', arguments: JSON.stringify(args) }]);
      assert.deepEqual(parsed(one), { text: '', calls: [['read_file', args]] });
      assert.deepEqual(read(inChars(one)), read([one]));
      const both = [
        { name: 'read_file', arguments: JSON.stringify({ path: 'a' }) },
        { name: 'list', arguments: '{}' },
      ];
      const two = leakedText(format, both);
      if (format === 'bare-pythonic') return;
      assert.deepEqual(parsed(two), {
        text: '',
        calls: [
          ['read_file', { path: 'a' }],
          ['list', {}],
        ],
      });
      assert.deepEqual(read(inChars(two)), read([two]));
    });
  }

  it('are found in the variants of their formats', () => {
    const variants = [
      '<tool_call>{"name": "read_file", "arguments": {"path": "a"}}',
      '<tool_call>{"name": "read_file", "arguments": "{\\"path\\": \\"a\\"}"}</tool_call>',
      "<tool_call>{'name': 'read_file', 'arguments': {'path': 'a'}}</tool_call>",
      '<tool_call>{"type": "function", "function": {"name": "read_file", "arguments": {"path": "a"}}}</tool_call>',
      '<tool_call>[{"name": "read_file", "parameters": {"path": "a"}}]</tool_call>',
      '<tool_call>\n<function name="read_file">{"path": "a"}</function>\n</tool_call>',
      '<function=read_file>\n<parameter=path>\na\n</parameter>\n</function>\n</tool_call>',
      '<tool_call><function=read_file><parameter=path>a</parameter></tool_call>',
      '[TOOL_CALLS]read_file{"path": "a"}',
      '<|start|>assistant to=functions.read_file<|channel|>commentary json<|message|>{"path": "a"}',
      '<|python_tag|>{"name": "read_file", "parameters": {"path": "a"}}',
      '<tool_call>{"name": "READ_FILE", "arguments": {"path": "a"}}</tool_call>',
      '{"function": "read_file", "arguments": {"path": "a"}}',
      '[{"name": "read_file", "arguments": {"path": "a"}}]',
      '{"name": "read_file", "parameters": {"path": "a"}}; ',
    ];
    for (const text of variants) {
      const { calls } = read([text]);
      assert.deepEqual(
        calls.map((call) => [call.name, call.arguments.replaceAll(/\s|\\"|"\{|\}"/g, '').replaceAll("'", '"')]),
        [['read_file', calls[0]?.arguments.startsWith('{') ? '{"path":"a"}' : calls[0]?.arguments]],
        text,
      );
      assert.deepEqual(read(inChars(text)), read([text]), text);
    }
  });

  it('leave the text around them as it is', () => {
    for (const format of MARKED) {
      const call = leakedText(format, [{ name: 'list', arguments: '{}' }]);
      assert.deepEqual(parsed(`I will look.\n\n${call}\n\nThen I wait.`), {
        text: 'I will look.\n\nThen I wait.',
        calls: [['list', {}]],
      });
    }
  });

  it('in code stay text', () => {
    const call = '<tool_call>{"name": "list", "arguments": {}}</tool_call>';
    for (const text of [
      `\`\`\`\n${call}\n\`\`\``,
      `\`\`\`xml\n${call}\n\`\`\`\nThat is how.`,
      `~~~\n\`\`\`\n${call}\n~~~`,
      `- so:\n  \`\`\`json\n  ${call}\n  \`\`\`\n`,
      `> \`\`\`\n> ${call}\n> \`\`\``,
      `Write \`${call}\` for it.`,
      `Write \`\` a \` ${call} \`\` for it.`,
      `\`\`\`\`\n\`\`\`\n${call}\n\`\`\`\n\`\`\`\``,
      `\`\`\`\n{"name": "list", "arguments": {}}\n\`\`\``,
    ]) {
      assert.deepEqual(read([text]), { text, calls: [] }, text);
      assert.deepEqual(read(inChars(text)), { text, calls: [] }, text);
    }
  });

  it('after code are calls again', () => {
    const call = '<tool_call>{"name": "list", "arguments": {}}</tool_call>';
    for (const text of [
      '```\ncode\n```\n',
      'The `code` and ',
      'A stray ` here\n',
      '```one line```\n',
      '~~~\nx\n~~~\n',
    ]) {
      assert.deepEqual(parsed(text + call), { text, calls: [['list', {}]] }, text);
    }
  });

  it('to tools that are not offered, or that cannot be read, stay text', () => {
    for (const format of FORMATS) {
      const text = leakedText(format, [{ name: 'delete_all', arguments: '{"path":"a"}' }]);
      assert.deepEqual(read(inChars(text)), { text, calls: [] }, format);
    }
    for (const text of [
      '<tool_call>{"name": "list", "arguments": {"a": }}</tool_call>',
      '<tool_call>list()</tool_call>',
      '<function=list>what</function>',
      '[TOOL_REQUEST] is the mark, [TOOL_CALLS] another',
      '<|channel|>final<|message|>Hello',
      'a < b [1] <tool_call',
      '<tool_call>',
      '{"path": "a"}',
      '{"name": "Ada", "age": 36}',
      '{"name": "list", "arguments": {}} is how it looks',
      '{"name": "read_file", "arguments": {}}',
      '{"name": "read_file", "arguments": {"path": "a',
      'The call is {"name": "list", "arguments": {}}',
      '[1, 2, 3]',
      '[list]',
    ]) {
      assert.deepEqual(read(inChars(text)), { text, calls: [] }, text);
      assert.deepEqual(read([text]), { text, calls: [] }, text);
    }
  });

  it('that are cut off are calls that cannot run', () => {
    for (const format of MARKED) {
      if (format === 'pythonic') continue;
      const whole = leakedText(format, [{ name: 'read_file', arguments: '{"path":"abcdef","note":"ghijkl"}' }]);
      const { text, calls } = read([whole.slice(0, whole.indexOf('ghi') + 1)]);
      assert.deepEqual([text, calls.length], ['', 1], format);
      assert.throws(() => JSON.parse(calls[0]?.arguments ?? '{}') as unknown, format);
    }
  });

  it('do not hold back an answer in JSON that is none', () => {
    for (const start of ['{"path"', '{"name": "Ada"', '[1', '["a"', '{"type": "object"', '{"title": ']) {
      const reader = new LeakedCallReader(TOOLS, true);
      const shown = reader.push(`${start}, `).map((piece) => (piece.type === 'text' ? piece.text : ''));
      assert.equal(shown.join(''), `${start}, `);
    }
  });

  const words = fc.constantFrom(
    ...[
      '<',
      '[',
      '`',
      '```',
      '~~~',
      '\n',
      ' ',
      'word',
      '{',
      '}',
      '"',
      "'",
      '<tool_call>',
      '</tool_call>',
      '[TOOL_CALLS]',
    ],
    ...['[TOOL_REQUEST]', '<function=', 'read_file', '>', '<parameter=path>', '</parameter>', '</function>', '(', ')'],
    ...[
      '<|channel|>',
      'commentary to=functions.list',
      '<|message|>',
      '{"name":"list","arguments":{}}',
      '[ARGS]',
      '[list()]',
    ],
    ...[
      '<|tool_call_start|>',
      '<|start|>assistant',
      '{"name":"read_file","arguments":{"path":1}}',
      '\\',
      ',',
      ':',
      '😀',
    ],
  );
  const call = fc.record({
    name: fc.constantFrom('read_file', 'list', 'delete_all', 'LIST'),
    arguments: fc.dictionary(fc.constantFrom('path', 'limit', 'x'), fc.oneof(fc.string(), fc.integer(), fc.boolean())),
    format: fc.constantFrom(...FORMATS),
  });
  const leaked = call.map(({ name, arguments: made, format }) =>
    leakedText(format, [{ name, arguments: JSON.stringify(made) }]),
  );
  const texts = fc.array(fc.oneof(words, leaked), { maxLength: 14 }).map((parts) => parts.join(''));
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

  it('are the same however the stream is cut', () => {
    fc.assert(
      fc.property(texts, sizes, (text, cuts) => {
        const whole = read([text]);
        assert.deepEqual(read(cut(text, cuts)), whole);
        for (const { name } of whole.calls) assert.ok(TOOLS.some((tool) => tool.name === name));
      }),
      { numRuns: 3_000 },
    );
  });

  it('do not change any other text by a byte', () => {
    const prose = fc.array(fc.oneof(words, fc.string(), fc.lorem()), { maxLength: 20 }).map((parts) => parts.join(' '));
    fc.assert(
      fc.property(prose, sizes, (text, cuts) => {
        assert.deepEqual(read(cut(text, cuts), [{ ...READ, name: 'nobody_says_this' }]), { text, calls: [] });
      }),
      { numRuns: 1_500 },
    );
    fc.assert(
      fc.property(leaked, sizes, (example, cuts) => {
        fc.pre(!example.includes('~~~~'));
        const text = `So:\n\n~~~~\n${example}\n~~~~\n\nDone.`;
        assert.deepEqual(read(cut(text, cuts)), { text, calls: [] });
      }),
      { numRuns: 1_500 },
    );
  });
});
