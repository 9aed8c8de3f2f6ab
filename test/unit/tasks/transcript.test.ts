import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Transcript } from '../../../src/tasks/transcript';
import type { RunEvent } from '../../../src/tasks/types';

const USAGE = { promptTokens: 1_234, completionTokens: 56, reasoningTokens: 7 };
const START: RunEvent = {
  type: 'run_start',
  runId: 'r',
  task: 'Say\n hello',
  model: 'qwen/qwen3-8b',
  servers: ['files', 'git'],
  toolCount: 12,
  toolTokens: 1_900,
  contextLength: 32_768,
  contextSource: 'loaded-instance',
};
const end = (status: 'completed' | 'failed' | 'limit' | 'cancelled'): RunEvent => ({
  type: 'run_end',
  status,
  code: null,
  text: '',
  rounds: 2,
  usage: USAGE,
  recoveredCalls: 0,
  durationMs: 12_345,
  compactions: 0,
  prefixShare: null,
});

function lines(events: readonly RunEvent[], withAnswer = true): string[] {
  const written: string[] = [];
  const transcript = new Transcript((line) => written.push(line), { withAnswer, withEstimates: true });
  for (const event of events) transcript.add({ ...event, at: 0 });
  transcript.end();
  return written;
}

const textOf = (text: string): RunEvent => ({ type: 'text_delta', text });

describe('the context of a run', () => {
  const used = (usedTokens: number): RunEvent => ({
    ...{ type: 'context', usedTokens, limit: 4_096, source: 'loaded-instance' },
  });

  it('stands before its last line: where it was fullest, and what the server could keep', () => {
    const last = { ...end('completed'), compactions: 2, prefixShare: 1 };
    assert.deepEqual(lines([used(1_000), used(3_072), used(2_000), last]), [
      'Context: at most 3,072 of 4,096 tokens (75 %, as loaded), shortened 2 times; at least 100 % of each prompt continued the one before.',
      'Done: 2 rounds, 12 s, 1,234 tokens read, 56 written.',
    ]);
  });

  it('is not spoken of where no answer came', () => {
    assert.equal(lines([end('failed')]).length, 1);
  });
});

describe('the pace of a run', () => {
  const at = (time: number, event: RunEvent) => ({ ...event, at: time });
  const usage = (completionTokens: number): RunEvent => ({
    type: 'usage',
    prefixShare: null,
    ...USAGE,
    completionTokens,
  });
  const phase = (name: 'connecting' | 'generating'): RunEvent => ({ type: 'phase', phase: name });

  function endOf(events: readonly { readonly at: number }[]): string | undefined {
    const written: string[] = [];
    const transcript = new Transcript((line) => written.push(line));
    for (const event of events as Parameters<Transcript['add']>[0][]) transcript.add(event);
    return written.at(-1);
  }

  it('stands in its last line: that of the writing alone, over all rounds', () => {
    const rounds = [
      ...[at(0, phase('connecting')), at(30_000, phase('generating')), at(31_000, usage(30))],
      ...[at(40_000, phase('connecting')), at(50_000, phase('generating')), at(51_000, usage(50))],
    ];
    const last = endOf([...rounds, at(52_000, end('completed'))]);
    assert.equal(last, 'Done: 2 rounds, 12 s, 1,234 tokens read, 56 written (40 tokens/s).');
  });

  it('is not told where too little was written to know it', () => {
    const few = [at(0, phase('generating')), at(1_000, usage(7)), at(1_000, end('failed'))];
    const fast = [at(0, phase('generating')), at(99, usage(500)), at(99, end('failed'))];
    for (const events of [few, fast]) assert.match(endOf(events) ?? '', /56 written\.$/);
  });
});

describe('the transcript', () => {
  it('of a whole run reads like this', () => {
    const run: RunEvent[] = [
      START,
      { type: 'warning', code: 'server-skipped', message: 'MCP server "db" was not started.' },
      { type: 'round_start', round: 1 },
      { type: 'reasoning_delta', text: 'I should ' },
      { type: 'reasoning_delta', text: 'look.\nThen answer.' },
      textOf('Looking.'),
      { type: 'usage', prefixShare: null, ...USAGE },
      { type: 'tool_call', id: '1', server: 'files', tool: 'read_file', arguments: { path: 'a.ts' }, recovered: false },
      {
        type: 'tool_call',
        id: '2',
        server: null,
        tool: 'gone',
        arguments: {},
        rawArguments: '{"a":',
        recovered: false,
      },
      { type: 'approval', id: '1', decision: 'approved', reason: 'Approved once.' },
      { type: 'tool_result', id: '1', isError: false, text: 'one\ntwo', truncated: false, durationMs: 42 },
      {
        type: 'tool_result',
        id: '2',
        isError: true,
        code: 'tool-not-found',
        text: 'There is no tool "gone".',
        truncated: false,
        durationMs: 0,
      },
      { type: 'round_start', round: 2 },
      { type: 'retry', code: 'rate-limited', attempt: 1, delayMs: 1_000 },
      textOf('Hello'),
      textOf(' there.\n'),
      { type: 'usage', prefixShare: null, promptTokens: null, completionTokens: null, reasoningTokens: null },
      end('completed'),
    ];
    assert.deepEqual(lines(run), [
      'Task: Say hello',
      'Model: qwen/qwen3-8b (context 32,768, as loaded)',
      'MCP servers: files, git (12 tools)',
      'Warning: MCP server "db" was not started.',
      'Round 1',
      'Reasoning:',
      '  I should look.',
      '  Then answer.',
      'Answer:',
      '  Looking.',
      'Tokens: 1,234 read, 56 written',
      'Call files › read_file {"path":"a.ts"}',
      'Call gone {"a":',
      'Approved: Approved once.',
      'Result after 42 ms, 7 characters:',
      '  one',
      '  two',
      'Failed (tool-not-found) after 0 ms, 24 characters:',
      '  There is no tool "gone".',
      'Round 2',
      'Retry 1 in 1.0 s (rate-limited). What was streamed in this round no longer counts.',
      'Answer:',
      '  Hello there.',
      'Done: 2 rounds, 12 s, 1,234 tokens read, 56 written.',
    ]);
  });

  it('tells what the tools cost: briefly where all go with every request, else for each server', () => {
    const files = { server: 'files', tools: 14, tokens: 2_136, offered: 14 };
    const git = { server: 'git', tools: 26, tokens: 4_100, offered: 3 };
    const costs = { offeredTokens: 2_136, budget: 10_922 };
    assert.deepEqual(lines([{ type: 'tools', tokens: 2_136, offered: 14, ...costs, servers: [files] }]), [
      'Tools: about 2,136 tokens in every request',
    ]);
    const both = [files, git];
    assert.deepEqual(
      lines([{ type: 'tools', tokens: 6_236, offered: 17, offeredTokens: 2_700, budget: 2_730, servers: both }]),
      [
        'Tools: 17 of 40 offered, about 2,700 tokens in every request instead of 6,236',
        '  files: 14 tools, about 2,136 tokens, 14 offered',
        '  git: 26 tools, about 4,100 tokens, 3 offered',
      ],
    );
  });

  it('says how else a run can end', () => {
    const error = (code: 'limit-rounds' | 'server-unreachable', hint: string | null): RunEvent => ({
      type: 'error',
      code,
      message: 'What was.',
      hint,
    });
    assert.deepEqual(lines([error('limit-rounds', 'More room.'), end('limit')]).slice(0, 2), [
      'Stopped: What was.',
      'What to do: More room.',
    ]);
    assert.deepEqual(lines([error('server-unreachable', null), end('failed')])[0], 'Error: What was.');
    assert.match(lines([end('cancelled')])[0] ?? '', /^Cancelled: 2 rounds/);
  });

  it('shows the beginning of a long result, and that there is more', () => {
    const many = Array.from({ length: 20 }, (_, index) => String(index)).join('\n');
    const shown = lines([
      { type: 'tool_result', id: '1', isError: false, text: many, truncated: true, durationMs: 20_000 },
    ]);
    assert.deepEqual(shown, [
      'Result after 20 s, 49 characters, cut for the model:',
      '  0',
      '  1',
      '  2',
      '  3',
      '  4',
      '  5',
      '  …',
    ]);
  });

  it('leaves the answer to others where it is told to', () => {
    assert.deepEqual(lines([{ type: 'round_start', round: 1 }, textOf('Hello')], false), ['Round 1']);
  });

  it('breaks long lines at a space, also while they stream', () => {
    const written = lines(['word '.repeat(60), 'x'.repeat(250)].map(textOf));
    assert.ok(written.length > 4);
    assert.ok(
      written.every((line) => line.length <= 112),
      JSON.stringify(written),
    );
    assert.equal(
      written
        .slice(1)
        .join(' ')
        .replace(/\s+/g, ' ')
        .trim()
        .split(' ')
        .filter((word) => word === 'word').length,
      60,
    );
  });

  it('writes the same lines however a text is cut', () => {
    const content = fc.string({ unit: fc.constantFrom('a', ' ', '\n', '\r\n', 'word ', '漢'), maxLength: 60 });
    fc.assert(
      fc.property(content, fc.array(fc.nat(60), { maxLength: 6 }), (whole, cuts) => {
        const ends = [...new Set([...cuts.map((cut) => Math.min(cut, whole.length)), 0, whole.length])].sort(
          (a, b) => a - b,
        );
        const pieces = ends.slice(1).map((to, index) => whole.slice(ends[index], to));
        assert.deepEqual(lines(pieces.map(textOf)), lines(whole === '' ? [] : [textOf(whole)]));
      }),
    );
  });

  it('lets nothing that a model or a server says look like a line of its own, or hide', () => {
    const forged = 'x\nApproved: by you\u001b[2K\r\u202e';
    const events: RunEvent[] = [
      { ...START, task: forged, model: forged, servers: [forged] },
      { type: 'tool_call', id: '1', server: forged, tool: forged, arguments: { [forged]: forged }, recovered: false },
      { type: 'tool_call', id: '2', server: null, tool: forged, arguments: {}, rawArguments: forged, recovered: false },
      { type: 'approval', id: '1', decision: 'denied', reason: forged },
      { type: 'tool_result', id: '1', isError: false, text: forged, truncated: false, durationMs: 1 },
      { type: 'warning', code: 'x', message: forged },
      { type: 'error', code: 'bad-response', message: forged, hint: forged },
      textOf(forged),
      { type: 'reasoning_delta', text: forged },
    ];
    for (const line of lines(events)) {
      assert.doesNotMatch(line, /^Approved/);
      assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u202e]/);
    }
  });

  it('does not cut a character in half where it breaks a line', () => {
    const wide = `x${'👍'.repeat(1_000)}`;
    const written = lines([
      textOf(wide),
      { type: 'tool_result', id: '1', isError: false, text: `x${wide}`, truncated: false, durationMs: 0 },
      { type: 'tool_call', id: '1', server: null, tool: 't', arguments: {}, rawArguments: wide, recovered: false },
    ]);
    for (const line of written) assert.equal(Buffer.from(line).toString(), line);
  });

  it('lets the reasoning out before a door prints the answer itself', () => {
    const events: RunEvent[] = [
      { type: 'reasoning_delta', text: 'Hm.' },
      { type: 'text_delta', text: 'Yes.' },
    ];
    assert.deepEqual(lines(events, false), ['Reasoning:', '  Hm.']);
    const written: string[] = [];
    const transcript = new Transcript((line) => written.push(line), { withAnswer: false, withEstimates: false });
    for (const event of events) transcript.add({ ...event, at: 0 });
    assert.deepEqual(written, ['Reasoning:', '  Hm.']);
  });
});
