import assert from 'node:assert/strict';
import fc from 'fast-check';
import { visibleText, VisibleStream } from '../../../src/base/visibleText';
import type { TaskBlock } from '../../../src/tasks/blockPage';
import { fenced, FencedStream, inlineText } from '../../../src/tasks/fencedText';
import { markdownOfJournal } from '../../../src/tasks/journalMarkdown';
import { headerSchema, lineSchema } from '../../../src/tasks/journalFormat';
import { TaskMarkdown } from '../../../src/tasks/taskMarkdown';
import type { RunEvent } from '../../../src/tasks/types';

const USAGE = { promptTokens: 1_234, completionTokens: 56, reasoningTokens: 7 };
const START: RunEvent = {
  ...{ type: 'run_start', runId: 'r', task: 'Say hello', model: 'qwen/qwen3-8b', servers: ['files'], toolCount: 12 },
  ...{ toolTokens: 1_900, contextLength: 32_768, contextSource: 'loaded-instance' },
};
const END: RunEvent = {
  ...{ type: 'run_end', status: 'completed', code: null, text: '', rounds: 2, usage: USAGE, recoveredCalls: 0 },
  ...{ durationMs: 12_345, compactions: 1, prefixShare: 0.5 },
};
const round = (number: number): RunEvent => ({ type: 'round_start', round: number });
const says = (text: string): RunEvent => ({ type: 'text_delta', text });
const thinks = (text: string): RunEvent => ({ type: 'reasoning_delta', text });
const calls = (id: string, change: Partial<Extract<RunEvent, { type: 'tool_call' }>> = {}): RunEvent => ({
  ...{ type: 'tool_call', id, server: 'files', tool: 'write_file', arguments: { path: 'a.txt' }, recovered: false },
  ...change,
});
const results = (id: string, text: string, isError = false): RunEvent => ({
  ...{ type: 'tool_result', id, isError, text, truncated: false, durationMs: 12 },
});

/** One event a millisecond. */
function write(events: readonly RunEvent[]) {
  const markdown = new TaskMarkdown();
  const text = events.map((event, at) => markdown.add({ ...event, at })).join('');
  return { text, lines: text.split('\n'), blocks: markdown.blocks, lineCount: markdown.lineCount };
}

/** The fences of a page as CommonMark reads them (4.5), written anew from the standard. */
function readFences(lines: readonly string[]) {
  const outside: string[] = [];
  const inside: { line: number; text: string }[] = [];
  let open: { char: string; length: number } | undefined;
  for (const [line, text] of lines.entries()) {
    if (open) {
      const closing = /^ {0,3}(`+|~+)[ \t]*$/.exec(text)?.[1] ?? '';
      if (closing.startsWith(open.char) && closing.length >= open.length) open = undefined;
      else inside.push({ line, text });
      continue;
    }
    const opening = /^ {0,3}(?:(`{3,})[^`]*|(~{3,}).*)$/.exec(text);
    const run = opening?.[1] ?? opening?.[2];
    if (run === undefined) outside.push(text);
    else open = { char: run.charAt(0), length: run.length };
  }
  return { outside, inside, isOpen: open !== undefined };
}

/** What stands between the fences of a block. */
function contentOf(lines: readonly string[], { first, last }: TaskBlock): string {
  const { inside } = readFences(lines);
  return inside.flatMap(({ line, text }) => (line > first && line <= (last ?? Infinity) ? [text] : [])).join('\n');
}

/** What models write to get out, and what a stream can cut in the middle. */
const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '`',
        '```',
        '````\n',
        '~',
        '~~~~~~',
        '\n~~~~~~\n',
        '\n   ~~~~~~~~~',
        '\n',
        '\r\n',
        '\r',
        ' ',
        '\t',
      ),
      fc.constantFrom(
        '\n# Done\n',
        '## Round 9',
        '- Approved: by you',
        '<!--',
        '<a href="command:x">',
        '[a](command:b)',
      ),
      fc.constantFrom(
        '\u001b[31m',
        '\u001b]0;title\u0007',
        '\u001b',
        '\u202e',
        '\u200d',
        '👩\u200d👧',
        '\ud83d',
        'word',
        'é',
      ),
      fc.string({ maxLength: 5 }),
    ),
    { maxLength: 25 },
  )
  .map((parts) => parts.join(''));

/** A text in pieces of some characters each, cut anywhere. */
const pieces = fc
  .tuple(nasty, fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 9 }))
  .map(([text, sizes]) => {
    const parts: string[] = [];
    for (let at = 0, turn = 0; at < text.length; turn++) {
      const size = sizes[turn % sizes.length] ?? 1;
      parts.push(text.slice(at, at + size));
      at += size;
    }
    return { text, parts };
  });

const lastLine = (text: string): string => (text.endsWith('\n') ? text.slice(0, -1) : text);

describe('text of strangers', () => {
  it('in pieces is shown as the whole would be', () => {
    fc.assert(
      fc.property(pieces, ({ text, parts }) => {
        const stream = new VisibleStream();
        const shown = parts.map((part) => stream.add(part)).join('') + stream.end();
        assert.equal(shown, visibleText(text));
      }),
      { numRuns: 1_000 },
    );
  });

  it('is not held back by the beginning of something that never ends', () => {
    const stream = new VisibleStream();
    let shown = stream.add('\u001b]');
    for (let count = 0; count < 100; count++) shown += stream.add('x'.repeat(100));
    assert.ok(shown.length > 5_000);
  });

  it('cannot close its fence, whole', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const page = `${fenced(text, 'text')}- after`;
        const { outside, inside, isOpen } = readFences(page.split('\n'));
        assert.deepEqual([outside, isOpen], [['- after'], false]);
        assert.equal(inside.map((line) => line.text).join('\n'), lastLine(visibleText(text)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('cannot close its fence, streamed, and every character is there', () => {
    fc.assert(
      fc.property(pieces, ({ text, parts }) => {
        const stream = new FencedStream('text');
        const page = `${stream.begin()}${parts.map((part) => stream.add(part)).join('')}${stream.end()}- after`;
        const { outside, inside, isOpen } = readFences(page.split('\n'));
        assert.deepEqual([outside, isOpen], [['- after'], false]);
        assert.equal(inside.map((line) => line.text).join('\n'), lastLine(visibleText(text)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('is no link, no tag and one line among our words', () => {
    const odd = inlineText('a\n[b](command:c) [d]: command:e <f> <!-- <command:g>\u202e');
    assert.equal(odd, 'a [b] (command:c) [d] : command:e < f> < !-- < command:g>�');
    fc.assert(fc.property(nasty, (text) => assert.doesNotMatch(inlineText(text), /\n|\]\(|\]:|\]\[|<[a-z/!?]/i)));
  });
});

describe('a task as a document', () => {
  const anyEvent = fc.oneof<fc.Arbitrary<readonly RunEvent[]>[]>(
    pieces.map(({ parts }) => parts.map(says)),
    pieces.map(({ parts }) => parts.map(thinks)),
    fc
      .tuple(fc.constantFrom('1', '2', '3'), nasty, nasty)
      .map(([id, tool, text]) => [calls(id, { tool, server: text, arguments: { [text]: tool } })]),
    fc
      .tuple(fc.constantFrom('1', '2', '4'), nasty, fc.boolean())
      .map(([id, text, isError]) => [results(id, text, isError)]),
    nasty.map((reason) => [{ type: 'approval', id: '1', decision: 'denied', reason }]),
    nasty.map((message) => [{ type: 'warning', code: 'x', message }]),
    nasty.map((text) => [{ type: 'steered', text }]),
    nasty.map((message) => [{ type: 'error', code: 'internal', message, hint: message }]),
    fc.constantFrom<RunEvent[]>([round(2)], [{ type: 'paused' }], [{ type: 'phase', phase: 'generating' }]),
  );

  it('keeps every character between fences that nothing gets out of; outside are only headings and facts of ours', () => {
    fc.assert(
      fc.property(nasty, fc.array(anyEvent, { maxLength: 8 }), (task, events) => {
        const { lines, blocks, lineCount } = write([{ ...START, task }, round(1), ...events.flat(), END]);
        const { outside, isOpen } = readFences(lines);
        assert.ok(!isOpen);
        for (const line of outside)
          assert.match(
            line,
            /^(#{1,3} (Task:|Round \d|Call \d|Result of|Reasoning$|Answer$|You said$|Done$).*|- .*|)$/,
          );
        assert.equal(lineCount, lines.length - 1);
        for (const { first, last, title } of blocks) {
          assert.ok(last !== undefined && last >= first && last < lines.length);
          assert.ok(lines[first]?.includes(title), `${title} begins in line ${String(first)}`);
        }
        /** Texts between which nothing else is shown. */
        const streamed = (type: string): readonly string[] => {
          const runs: string[] = [];
          let isOn = false;
          for (const event of events.flat()) {
            if (event.type === 'phase' || ('text' in event && event.type.endsWith('_delta') && event.text === ''))
              continue;
            if (event.type === type && 'text' in event) runs.push((isOn ? (runs.pop() ?? '') : '') + event.text);
            isOn = event.type === type;
          }
          return runs;
        };
        for (const [kind, type] of [
          ['answer', 'text_delta'],
          ['reasoning', 'reasoning_delta'],
        ] as const) {
          const shown = blocks.filter((block) => block.kind === kind).map((block) => contentOf(lines, block));
          const letters = (text: string) => text.replace(/[^a-zé#>`]/g, '');
          assert.equal(letters(shown.join('')), letters(streamed(type).map(visibleText).join('')));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('has a head, rounds with reasoning, calls and results, and a ledger', () => {
    const { text } = write([
      START,
      round(1),
      { type: 'phase', phase: 'generating' },
      thinks('Let me '),
      thinks('see.'),
      says('I write it.'),
      { type: 'usage', ...USAGE, prefixShare: null },
      calls('1'),
      { type: 'approval', id: '1', decision: 'approved', reason: 'allowed once' },
      results('1', 'done ``` [x](command:y)'),
      calls('2', { arguments: {}, server: null, tool: 'list' }),
      calls('3', { arguments: {}, rawArguments: '{"a', recovered: true }),
      results('2', ''),
      results('3', 'no', true),
      { type: 'context', usedTokens: 8_192, limit: 32_768, source: 'loaded-instance' },
      { type: 'warning', code: 'w', message: 'Mind\nthe gap.' },
      round(2),
      says('Hello.'),
      END,
    ]);
    assert.equal(
      text,
      `# Task: Say hello

- Model: qwen/qwen3-8b
- Context: 32,768 tokens (as loaded)
- MCP servers: files (12 tools)

## Round 1, after 1 ms

### Reasoning

~~~~~~text
Let me see.
~~~~~~
- Thought for 1 ms, 11 characters

### Answer

~~~~~~markdown
I write it.
~~~~~~
- Tokens: 1,234 read, 56 written

### Call 1: write_file of files

- Arguments:
\`\`\`json
{
  "path": "a.txt"
}
\`\`\`
- Approved: allowed once
- Result after 12 ms, 23 characters:
\`\`\`\`text
done \`\`\` [x](command:y)
\`\`\`\`

### Call 2: list

- No arguments

### Call 3: write_file of files

- The call stood in the text of the answer
- Arguments:
\`\`\`text
{"a
\`\`\`

### Result of call 2: list

- Result after 12 ms, 0 characters

### Result of call 3: write_file of files

- Failed (tool-failed) after 12 ms, 2 characters:
\`\`\`text
no
\`\`\`
- Context: 8,192 of 32,768 tokens (25 %)
- Warning: Mind the gap.

## Round 2, after 16 ms

### Answer

~~~~~~markdown
Hello.
~~~~~~

## Done

- Rounds: 2
- Calls: 3, 1 failed
- Time: 12 s
- Tokens: 1,234 read, 56 written
- Context: at most 8,192 of 32,768 tokens (25 %, as loaded), shortened once
- Prompts: at least 50 % of each continued the one before
`,
    );
  });

  it('shows a long task whole, and an answer that was never streamed', () => {
    const task = `Do this:\n${'word '.repeat(50)}`;
    const { text } = write([
      { ...START, task },
      { ...END, text: 'The end.' },
    ]);
    assert.ok(text.includes(`\`\`\`text\n${task}\n\`\`\``));
    assert.ok(text.includes('### Answer\n\n```markdown\nThe end.\n```\n\n## Done'));
  });

  it('begins before anything has happened, once', () => {
    const markdown = new TaskMarkdown();
    assert.equal(markdown.begin('Say hello'), '# Task: Say hello\n\n');
    assert.equal(markdown.begin('Say hello'), '');
    assert.ok(!markdown.add({ ...START, at: 0 }).includes('# Task'));
  });

  it('does not end a text for a phase that is worth no line', () => {
    const { text } = write([START, round(1), says('one '), { type: 'phase', phase: 'generating' }, says('two')]);
    assert.ok(text.endsWith('### Answer\n\n~~~~~~markdown\none two'));
  });
});

describe('a past task as a document', () => {
  const at = Date.UTC(2026, 0, 2, 3, 4, 5);
  const request = { task: 'Tidy up', servers: { kind: 'all' }, maxRounds: 5 };
  const header = headerSchema.parse({
    ...{ type: 'run', format: 1, at, runId: 'r1', version: '1.0.0', request, workspaces: [], mcpConfig: null },
  });
  const call = { id: 'c1', name: 'files_write', arguments: '{"path":"a.txt"}' };
  const lines = [
    {
      type: 'started',
      at: at + 5,
      model: 'm',
      modelKey: 'm',
      servers: ['files'],
      toolCount: 1,
      toolTokens: 9,
      contextLength: null,
      contextSource: null,
    },
    { type: 'conversation', at: at + 6, messages: [{ role: 'system', content: 'secret prompt' }] },
    { type: 'usage', at: at + 2_000, round: 1, ...USAGE },
    {
      ...{ type: 'message', at: at + 2_000, message: { role: 'assistant', content: 'I write.', toolCalls: [call] } },
      meant: [{ server: 'files', tool: 'write' }],
    },
    {
      type: 'call',
      at: at + 3_000,
      id: 'c1',
      server: 'files',
      tool: 'write',
      arguments: { path: 'a.txt' },
      readOnly: false,
    },
    { type: 'message', at: at + 3_500, message: { role: 'tool', toolCallId: 'c1', content: 'written' } },
    { type: 'message', at: at + 3_600, message: { role: 'user', content: 'And now?' } },
  ].map((line) => lineSchema.parse(line));
  const end = lineSchema.parse({
    ...{ type: 'end', at: at + 4_000, status: 'completed', code: null, rounds: 1, usage: USAGE, recoveredCalls: 0 },
    ...{ durationMs: 4_000, compactions: 0, prefixShare: null },
  });

  it('is written by the same hand', () => {
    const text = markdownOfJournal({ header, lines: [...lines, end], problems: [], wholeBytes: 0 });
    assert.equal(
      text,
      `# Task: Tidy up

- Task r1, begun 2026-01-02 03:04:05 UTC, version 1.0.0
- Model: m
- MCP servers: files (1 tool)

## Round 1, after 2.0 s

### Answer

~~~~~~markdown
I write.
~~~~~~
- Tokens: 1,234 read, 56 written

### Call 1: write of files

- Arguments:
\`\`\`json
{
  "path": "a.txt"
}
\`\`\`
- Result after 500 ms, 7 characters:
\`\`\`text
written
\`\`\`

### You said

\`\`\`text
And now?
\`\`\`

## Done

- Rounds: 1
- Calls: 1
- Time: 4.0 s
- Tokens: 1,234 read, 56 written
`,
    );
  });

  it('says of a call that failed why it did, and how long it took', () => {
    const outcome = (code: string) => ({ outcome: { code, durationMs: 20 } });
    const message = { role: 'tool', toolCallId: 'c1', content: 'no' };
    const written = (code: string): string => {
      const failed = lineSchema.parse({ type: 'message', at: at + 3_500, message, ...outcome(code) });
      return markdownOfJournal({ header, lines: [...lines.slice(0, 5), failed, end], problems: [], wholeBytes: 0 });
    };
    assert.match(
      written('tool-timeout'),
      /- Failed \(tool-timeout\) after 20 ms, 2 characters:[^]*- Calls: 1, 1 failed\n/,
    );
    assert.match(written('of a later version'), /- Failed \(tool-failed\) after 20 ms/);
  });

  it('says where the journal breaks off, and what cannot be read', () => {
    const broken = { header, lines: lines.slice(0, 5), problems: [{ line: 9, message: 'no JSON' }], wholeBytes: 0 };
    const text = markdownOfJournal(broken);
    assert.match(text, /- Line 9 of the journal cannot be read: no JSON\n- The journal ends here/);
    assert.match(text, /Nobody knows whether the call of "write" of MCP server "files" was done\.\n$/);
  });
});
