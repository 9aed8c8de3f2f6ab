/** Documents and rows of tasks in a German VS Code: no line of ours is the English one. */
import assert from 'node:assert/strict';
import * as l10n from '@vscode/l10n';
import { headerSchema, type JournalLine, lineSchema } from '../../../src/tasks/journalFormat';
import { markdownOfJournal } from '../../../src/tasks/journalMarkdown';
import { TaskMarkdown } from '../../../src/tasks/taskMarkdown';
import type { CallState, RecordedCall } from '../../../src/tasks/taskRecord';
import type { RunEvent } from '../../../src/tasks/types';
import { callRow, roundRow } from '../../../src/vscode/tasks/callRows';
import { readTexts } from '../../support/manifest';

const USAGE = { promptTokens: 1_234, completionTokens: 56, reasoningTokens: 7 };
const START: RunEvent = {
  ...{ type: 'run_start', runId: 'r', task: 'x', model: 'm', servers: ['s'], toolCount: 12, toolTokens: 9 },
  ...{ contextLength: 9_000, contextSource: 'loaded-instance' },
};
const call = (id: string, more: object = {}): RunEvent => ({
  ...{ type: 'tool_call', id, server: 's', tool: 't', arguments: { a: 1 }, recovered: false },
  ...more,
});
const result = (id: string, more: object = {}): RunEvent => ({
  ...{ type: 'tool_result', id, isError: false, text: 'xy', truncated: false, durationMs: 2_000 },
  ...more,
});
const end = (more: object = {}): RunEvent => ({
  ...{ type: 'run_end', status: 'completed', code: null, text: 'The end.', rounds: 2, usage: USAGE, recoveredCalls: 2 },
  ...{ durationMs: 12_345, compactions: 0, prefixShare: 0.5 },
  ...more,
});
const context = (source: 'model-maximum' | 'server-error' | 'assumed'): RunEvent => ({
  ...{ type: 'context', usedTokens: 5, limit: 10, source },
});
const failed = { isError: true, code: 'tool-failed' };

/** Everything that a document can say, some of it more than once. */
const EVENTS: readonly RunEvent[] = [
  START,
  {
    ...{ type: 'tools', tokens: 900, offered: 1, offeredTokens: 9, budget: 9 },
    servers: [serverTools('s'), serverTools('u')],
  },
  ...([
    { type: 'round_start', round: 1 },
    { type: 'phase', phase: 'queued', place: 2 },
  ] as const),
  { type: 'phase', phase: 'processing-prompt', estimatedMs: 60_000, progress: null },
  { type: 'reasoning_delta', text: 'a' },
  { type: 'phase', phase: 'generating' },
  { type: 'text_delta', text: 'b' },
  { type: 'usage', prefixShare: null, ...USAGE },
  ...(['model-maximum', 'server-error', 'assumed'] as const).map(context),
  ...[call('1', { recovered: true }), call('2', { arguments: {}, server: null })],
  ...(['approved', 'denied'] as const).flatMap((decision): RunEvent[] =>
    ['1', '2'].map((id) => ({ type: 'approval', id, decision, reason: 'x' })),
  ),
  ...[result('2', { text: '' }), result('1', failed), result('3', { truncated: true })],
  result('4', { ...failed, truncated: true }),
  { type: 'retry', code: 'server-unreachable', attempt: 1, delayMs: 20 },
  { type: 'warning', code: 'x', message: 'x' },
  ...([{ type: 'steered', text: 'x' }, { type: 'paused' }, { type: 'resumed' }] as const),
  { type: 'error', code: 'internal', message: 'x', hint: 'x' },
  { type: 'error', code: 'cancelled', message: 'x', hint: null },
  end({ status: 'failed', code: 'internal' }),
  ...[{ ...START, resumed: true, servers: [], toolCount: 1 }, end({ status: 'limit', compactions: 1 })],
  ...[call('5'), end({ status: 'cancelled', compactions: 3 }), end()],
];

function serverTools(server: string) {
  return { server, tools: 2, tokens: 450, offered: 1, offeredTokens: 4 };
}

function document(): string {
  const markdown = new TaskMarkdown();
  return EVENTS.map((event, index) => markdown.add({ ...event, at: index * 1_000 })).join('');
}

function pastDocument(): string {
  const request = { task: 'x', servers: { kind: 'all' }, maxRounds: 5 };
  const header = { type: 'run', format: 1, at: 5, runId: 'r', version: '1', request, workspaces: [], mcpConfig: null };
  const asked = [{ id: '1', name: 's_t', arguments: '{}' }];
  const lines: readonly object[] = [
    { type: 'usage', at: 10, round: 1, ...USAGE },
    { type: 'message', at: 10, message: { role: 'assistant', content: '', toolCalls: asked } },
    { type: 'call', at: 20, id: '1', server: 's', tool: 't', arguments: {}, readOnly: false },
    { type: 'conversation', at: 25, messages: [{ role: 'assistant', content: '', toolCalls: asked }] },
    { type: 'message', at: 30, message: { role: 'tool', toolCallId: '9', content: 'x' } },
    {
      type: 'message',
      at: 40,
      message: {
        role: 'user',
        content:
          'x You cannot call tools any more. Answer now, in a few sentences: what you found, what you did, and what is left to do.',
      },
    },
  ];
  const read = { header: headerSchema.parse(header), lines: lines.map((line): JournalLine => lineSchema.parse(line)) };
  return markdownOfJournal({ ...read, problems: [{ line: 9, message: 'x' }], wholeBytes: 0 });
}

function rows(): string {
  const states: readonly CallState[] = ['open', 'done', 'failed', 'denied', 'answered'];
  const told: RecordedCall = {
    id: '1',
    server: 's',
    tool: 't',
    arguments: '{}',
    state: 'open',
    code: 'x',
    durationMs: 5_000,
  };
  const calls = states.flatMap((state): RecordedCall[] => [
    { ...told, state },
    { ...told, state, durationMs: null, server: null },
  ]);
  const all = [
    ...[0, 1, 2].map((count) => roundRow('r', { round: count, usage: USAGE, calls: calls.slice(0, count) }, 'T', true)),
    ...calls.flatMap((one) => [callRow('c', one, true), callRow('c', one, false)]),
  ];
  return all
    .map(({ description, tooltip, accessibleLabel }) => [description, tooltip, accessibleLabel].join('\n'))
    .join('\n');
}

/** The lines outside of fences. */
function ours(text: string): readonly string[] {
  return text
    .replace(/^(`{3,}|~{6,}).*\n[^]*?^\1$/gm, '')
    .split('\n')
    .filter((line) => /\p{L}/u.test(line));
}

describe('in a German VS Code', () => {
  afterEach(() => l10n.config({ contents: {} }));

  for (const [name, make] of Object.entries({
    'the document of a task': document,
    'the document of a past task': pastDocument,
    'the rows of rounds and calls': rows,
  })) {
    it(`${name} is German in every line`, () => {
      const english = ours(make());
      l10n.config({ contents: readTexts('l10n/bundle.l10n.de.json') });
      const german = ours(make());
      assert.equal(german.length, english.length);
      const same = english.filter((line, index) => german[index] === line);
      assert.deepEqual(same, []);
      assert.doesNotMatch(german.join('\n'), /\b(?:of|after|the|and|read|written|found|characters?|calls?)\b/i);
    });
  }
});
