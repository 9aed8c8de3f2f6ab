/** From a turn to the deltas of a stream, or to the one message of a plain answer. */
import { randomInt } from 'node:crypto';
import type { ChatRequest, OfferedTool } from './chatRequest';
import { stringFailure } from './failures';
import type { JsonObject } from './json';
import { leakedText } from './leaks';
import { countTokens } from './tokens';
import type { ReasoningField, ScriptedToolCall, Turn } from './turn';

export interface PlayedCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

export interface Frame {
  readonly delta: JsonObject;
  readonly tokens: number;
}

export interface PlayedTurn {
  readonly frames: readonly Frame[];
  readonly message: JsonObject;
  readonly finish: string;
  readonly completionTokens: number;
  readonly reasoningTokens: number;
  /** False where `tokenLimit` cut it off. */
  readonly whole: boolean;
}

/** The server's side of a turn: what the model and the profile decide. */
export interface Play {
  readonly reasoningField: ReasoningField;
  readonly repeatEmptyName: boolean;
  /** Room for the completion: what `max_tokens` and the context leave. */
  readonly tokenLimit: number;
}

export function playTurn(scripted: Turn, request: ChatRequest, play: Play): PlayedTurn {
  const resolved = (scripted.toolCalls ?? [])
    .map((call) => resolveCall(call, request.tools))
    .map((call) => (scripted.snakeCaseNames ? { ...call, name: snakeCase(call.name) } : call));
  const turn = withLeak(scripted, resolved);
  const calls = turn.leakAs === undefined ? resolved : [];
  const field = turn.reasoningField ?? play.reasoningField;
  const all = [...reasoningFrames(turn, field), ...textFrames(turn.text ?? '', turn), ...callFrames(calls, turn, play)];
  const frames = withinLimit(all, play.tokenLimit);
  const whole = frames.length === all.length;
  const finish = turn.finish ?? (calls.length > 0 ? 'tool_calls' : 'stop');
  const sum = (list: readonly Frame[]): number => list.reduce((total, frame) => total + frame.tokens, 0);
  const reasoning = frames.filter(({ delta }) => 'reasoning_content' in delta || 'reasoning' in delta);
  return {
    frames: withRole(frames),
    message: wholeMessage(frames, whole ? calls : [], field),
    finish: whole ? finish : 'length',
    completionTokens: sum(frames),
    reasoningTokens: sum(reasoning),
    whole,
  };
}

// §3.4: what the parser missed stays in the content, or in the reasoning (BT#453, #827, #1592, #1669).
function withLeak(turn: Turn, calls: readonly PlayedCall[]): Turn {
  if (turn.leakAs === undefined) return turn;
  const leaked = leakedText(turn.leakAs, calls);
  const into = turn.leakInto ?? 'text';
  const before = turn[into];
  return { ...turn, [into]: before ? `${before}\n\n${leaked}` : leaked };
}

/** Nine digits, as a string (§3.2 REC). */
function newCallId(): string {
  return String(randomInt(100_000_000, 1_000_000_000));
}

function resolveCall(call: ScriptedToolCall, tools: readonly OfferedTool[]): PlayedCall {
  const name = call.name ?? tools.find((tool) => call.match !== undefined && matches(tool.name, call.match))?.name;
  if (name === undefined) {
    const offered = tools.map((tool) => tool.name).join(', ') || 'none';
    throw stringFailure(500, `Simulator script: no offered tool matches ${String(call.match)} (offered: ${offered})`);
  }
  const args = call.arguments ?? {};
  return { id: call.id ?? newCallId(), name, arguments: typeof args === 'string' ? args : JSON.stringify(args) };
}

function snakeCase(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z0-9]/g, '_')
    .toLowerCase();
}

function matches(name: string, match: NonNullable<ScriptedToolCall['match']>): boolean {
  if (typeof match === 'string') return name.includes(match);
  return match instanceof RegExp ? match.test(name) : match(name);
}

// §3.2 REC: reasoning_content; gpt-oss (0.3.23): reasoning; with the separation switched off: tags in the content.
function reasoningFrames(turn: Turn, field: ReasoningField): Frame[] {
  const { reasoning } = turn;
  if (!reasoning) return [];
  if (field === 'think-tags') return textFrames(`<think>${reasoning}</think>\n\n`, turn);
  return pieces(reasoning, turn.chunkSize).map((piece) => frame({ [field]: piece }, piece));
}

function textFrames(text: string, turn: Turn): Frame[] {
  return pieces(text, turn.chunkSize).map((piece) => frame({ content: piece }, piece));
}

// §3.2 REC: the name with empty arguments first, then the arguments as they are generated (0.3.17).
function callFrames(calls: readonly PlayedCall[], turn: Turn, play: Play): Frame[] {
  const emptyName = (turn.repeatEmptyName ?? play.repeatEmptyName) ? { name: '' } : {};
  return calls.flatMap((call, position) => {
    const index = turn.omitIndex ? {} : { index: position };
    const id = turn.toolIds === 'missing' ? {} : { id: turn.toolIds === 'number' ? Number(call.id) : call.id };
    const first = { ...index, ...id, type: 'function', function: { name: call.name, arguments: '' } };
    const rest = argumentPieces(call.arguments, turn.chunkSize).map((piece) => {
      const later = { ...index, type: 'function', function: { ...emptyName, arguments: piece } };
      return frame({ tool_calls: [later] }, piece);
    });
    return [frame({ tool_calls: [first] }, call.name), ...rest];
  });
}

function frame(delta: JsonObject, text: string): Frame {
  return { delta, tokens: countTokens(text) };
}

// §3.2 REC: `role` in the first delta only.
function withRole(frames: readonly Frame[]): Frame[] {
  return frames.map((item, i) => (i === 0 ? { ...item, delta: { role: 'assistant', ...item.delta } } : item));
}

function withinLimit(frames: readonly Frame[], limit: number): Frame[] {
  let used = 0;
  const end = frames.findIndex((item) => (used += item.tokens) > limit);
  return end < 0 ? [...frames] : frames.slice(0, end);
}

function pieces(text: string, size: number | undefined): string[] {
  if (size === undefined) return text.match(/\s*\S+\s*/g) ?? (text ? [text] : []);
  const points = Array.from(text);
  const result: string[] = [];
  for (let i = 0; i < points.length; i += size) result.push(points.slice(i, i + size).join(''));
  return result;
}

/** Always several where there is something to cut, because a client must join them. */
function argumentPieces(text: string, size: number | undefined): string[] {
  return pieces(text, size ?? Math.min(12, Math.max(1, Math.ceil(text.length / 2))));
}

// §3.2 REC: content "" (not null) next to tool calls, and tool_calls [] when there are none.
function wholeMessage(frames: readonly Frame[], calls: readonly PlayedCall[], field: ReasoningField): JsonObject {
  const joined = (key: string): string =>
    frames.map(({ delta }) => (typeof delta[key] === 'string' ? delta[key] : '')).join('');
  const reasoningKey = field === 'reasoning' ? 'reasoning' : 'reasoning_content';
  return {
    role: 'assistant',
    content: joined('content'),
    [reasoningKey]: joined(reasoningKey),
    tool_calls: calls.map((call) => ({
      type: 'function',
      id: call.id,
      function: { name: call.name, arguments: call.arguments },
    })),
  };
}
