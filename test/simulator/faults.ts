/**
 * Every known way in which LM Studio fails or surprises, by name: the rows of §3.3 and the quirks of §3.4, as turns. A
 * test says `script: [fault('E8')]`, or changes one: `{ ...fault('E10-stream'), text: 'Three words first' }`.
 *
 * Rows that depend on the server's state (E1 to E8, E15, E16) come about by themselves too; here they come at once.
 */
import * as engine from './engineTexts';
import {
  badMessages,
  forbidden,
  invalidModelIdentifier,
  jitLoadFailed,
  malformedToken,
  modelNotFound,
  noModelsLoaded,
  queueTooLong,
  stringFailure,
  tokenRequired,
  unexpectedEndpoint,
  type HttpFailure,
} from './failures';
import type { LeakFormat } from './leaks';
import type { ScriptedToolCall, Turn } from './turn';

const PARTIAL = 'Let me have a look at this.';
/** Of whatever tool is offered first. */
const CALL: ScriptedToolCall = { match: /./, arguments: { path: 'a.ts' } };

/** §3.3, first part: the request is answered with an error instead of a stream. */
const REFUSALS = {
  // REC 2026-09-28
  E1: refusal(
    invalidModelIdentifier('not-a-model', ['google/gemma-4-e4b@4bit', 'google/gemma-4-e4b', 'gemma-4-e4b-it-mlx']),
  ),
  // BUG
  E3: refusal(modelNotFound('default', ['qwen/qwen3-8b', 'openai/gpt-oss-20b'])),
  // REC; the status of older builds
  E4: refusal(noModelsLoaded()),
  'E4-older': { error: { ...refusal(noModelsLoaded()).error, status: 404 } },
  // BUG #1544, #1562, #2017
  E5: refusal(jitLoadFailed('qwen/qwen3-8b', 'failed')),
  'E5-guardrail': refusal(jitLoadFailed('qwen/qwen3-8b', 'guardrail')),
  // BUG
  E6: refused(engine.overflow03(9997, 4096)),
  E7: refused(engine.overflow04(9997, 4096)),
  'E7-bare': refused(engine.overflow04Bare()),
  E8: refused(engine.overflow042x()),
  'E8-llama': refused(engine.overflowLlama(24_071, 8192)),
  // BT#1057, #1347, #932
  E10: refused(engine.crashed('18446744072635812000')),
  'E10-null': refused(engine.crashed('null')),
  E11: refused(engine.FETCH_FAILED),
  E12: refused(engine.GRAMMAR_FAILED),
  'E13-refused': refused(engine.TEMPLATE_FAILED),
  // BT#2182
  E14: refused(engine.OUTPUT_PARSER_FAILED, 500),
  'E15-refused': refused(engine.MODEL_IS_UNLOADED),
  E16: refusal(queueTooLong()),
  // BT#377, openclaw#6267
  E17: refused(engine.OLD_NONSENSE),
  'E17-object': refused(engine.OLD_OBJECT),
  // §1.7 REC
  'auth-missing': refusal(tokenRequired()),
  'auth-forbidden': refusal(forbidden('/v1/chat/completions')),
  'auth-malformed': refusal(malformedToken('sk-bogus-EXAMPLE-TOKEN-1')),
  // §3.4 BT#830
  'bad-messages': refusal(badMessages()),
  // §1.2 BT#618: 200, and no choices.
  'unexpected-endpoint': refusal(unexpectedEndpoint('POST', '/v1/v1/chat/completions')),
} satisfies Record<string, Turn>;

/** §3.3, second part: the failure comes after the 200. */
const BROKEN_STREAMS = {
  // BT#2322, and a third party's record of 0.4.21: a prompt too long, told in the stream.
  'E6-stream': { midStreamError: engine.overflow03(9997, 4096) },
  'E7-stream': { midStreamError: engine.overflow04Bare() },
  'E8-stream': { midStreamError: engine.overflow042x() },
  // BT#1024; for other architectures BT#1806
  E9: { text: PARTIAL, midStreamError: engine.contextFull(32_000, 'gpt-oss') },
  'E9-length': { text: PARTIAL, finish: 'length' },
  'E10-stream': { text: PARTIAL, midStreamError: engine.crashed('11') },
  'E11-stream': { text: PARTIAL, midStreamError: engine.FETCH_FAILED },
  E13: { midStreamError: engine.TEMPLATE_FAILED },
  'E14-stream': { text: PARTIAL, midStreamError: engine.OUTPUT_PARSER_FAILED },
  // BUG (#1492 log)
  E15: { text: PARTIAL, midStreamError: engine.MODEL_UNLOADED },
  'E15-is-unloaded': { text: PARTIAL, midStreamError: engine.MODEL_IS_UNLOADED },
  'E15-channel': { text: PARTIAL, midStreamError: engine.CHANNEL_ERROR },
  'E15-abrupt': { text: PARTIAL, cutAfter: 3 },
  // "some failures are just an early EOF"
  'early-eof': { text: PARTIAL, cutAfter: 2 },
  'early-eof-empty': { cutAfter: 0 },
  'eof-in-tool-call': { toolCalls: [CALL], cutAfter: 2 },
  'socket-reset': { resetSocket: true },
  'socket-reset-midway': { text: PARTIAL, resetSocket: true },
} satisfies Record<string, Turn>;

/** §3.4: the stream ends well, but not as one would think. */
const QUIRKS = {
  // E2 BT#619: another model answers, and only `model` tells.
  E2: { text: 'Hello', model: 'google/gemma-3-12b' },
  // BT#830
  'empty-tool-id': { toolCalls: [{ ...CALL, id: '' }] },
  'missing-tool-id': { toolCalls: [CALL], toolIds: 'missing' },
  'numeric-tool-id': { toolCalls: [CALL], toolIds: 'number' },
  'same-tool-ids': {
    toolCalls: [
      { ...CALL, id: '931693397' },
      { ...CALL, id: '931693397' },
    ],
  },
  'missing-index': { toolCalls: [CALL], omitIndex: true },
  // BT#649
  'repeated-empty-name': { toolCalls: [CALL], repeatEmptyName: true },
  'parallel-calls': { toolCalls: [CALL, CALL] },
  // finish_reason `length` inside a tool call
  'cut-arguments': { toolCalls: [{ ...CALL, arguments: '{"path":"a.' }], finish: 'length' },
  // BT#942: a call that could not be parsed is dropped.
  'dropped-call': { text: '', finish: 'stop' },
  'stop-with-calls': { toolCalls: [CALL], finish: 'stop' },
  // 0.3.23
  'snake-case-name': { toolCalls: [CALL], snakeCaseNames: true },
  'unknown-tool': { toolCalls: [{ name: 'no_such_tool', arguments: {} }] },
  // BT#453, #827, #1592, #1669, #1870, #2045
  'call-in-reasoning': {
    reasoning: 'I should look.',
    toolCalls: [CALL],
    leakAs: 'tool-call-json',
    leakInto: 'reasoning',
  },
  // BT#1602, #1698
  'only-reasoning': { reasoning: 'The answer is 42.' },
  'reasoning-field': { reasoning: 'Hm.', reasoningField: 'reasoning', text: 'Hello' },
  'think-tags': { reasoning: 'Hm.', reasoningField: 'think-tags', text: 'Hello' },
  // §3.2 INF: the opening tag was in the prompt.
  'close-tag-only': { text: 'Hm.</think>\n\nHello' },
  'spliced-line': { text: PARTIAL, corruptLine: 'spliced' },
  'cut-off-line': { text: PARTIAL, corruptLine: 'cut-off' },
  'zero-usage': { text: 'Hello', zeroUsage: true },
  'no-usage': { text: 'Hello', omitUsage: true },
  'no-done': { text: 'Hello', omitDone: true },
  'no-finish-reason': { text: 'Hello', omitFinish: true },
  'every-byte': { text: 'Grüße, 世界 🌍', ragged: { cut: 'every-byte' } },
  'mid-utf8': { text: 'Grüße, 世界 🌍', ragged: { cut: 'mid-utf8' } },
  'joined-frames': { text: PARTIAL, ragged: { framesPerPacket: 100 } },
  crlf: { text: PARTIAL, ragged: { lineEnd: '\r\n' } },
  cr: { text: PARTIAL, ragged: { lineEnd: '\r' } },
  comments: { text: PARTIAL, ragged: { comments: true } },
  'no-final-blank-line': { text: PARTIAL, ragged: { noFinalBlankLine: true } },
} satisfies Record<string, Turn>;

/** §3.4: the call as text in the content, in each known format. */
const LEAKS = {
  'leak-tool-request': leak('tool-request'),
  'leak-tool-call-json': leak('tool-call-json'),
  'leak-function-xml': leak('function-xml'),
  'leak-bare-function-xml': leak('bare-function-xml'),
  'leak-bare-json': leak('bare-json'),
  'leak-hybrid': leak('hybrid'),
  'leak-named-function': leak('named-function'),
  'leak-mistral': leak('mistral'),
  'leak-mistral-args': leak('mistral-args'),
  'leak-channel': leak('channel'),
  'leak-bare-pythonic': leak('bare-pythonic'),
  'leak-pythonic': leak('pythonic'),
} satisfies Record<`leak-${LeakFormat}`, Turn>;

export const faults = { ...REFUSALS, ...BROKEN_STREAMS, ...QUIRKS, ...LEAKS } satisfies Record<string, Turn>;

export type FaultName = keyof typeof faults;

export const FAULT_NAMES = Object.keys(faults) as readonly FaultName[];

/** Those after which a turn has failed, whatever was streamed. The others end well. */
export const FAILING_FAULTS = [...Object.keys(REFUSALS), ...Object.keys(BROKEN_STREAMS)].filter(
  (name) => name !== 'E9-length',
) as readonly FaultName[];

/** Tool calls are of the first offered tool: a request for them must offer one. */
export function fault(name: FaultName): Turn {
  return faults[name];
}

function refusal({ status, body }: HttpFailure): { error: NonNullable<Turn['error']> } {
  return { error: { status, body } };
}

function refused(text: string, status = 400): { error: NonNullable<Turn['error']> } {
  return refusal(stringFailure(status, text));
}

function leak(format: LeakFormat): Turn {
  return { toolCalls: [CALL], leakAs: format };
}
