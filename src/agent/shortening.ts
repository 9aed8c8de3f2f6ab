/** Makes single messages shorter: old results become a line that says what they were, new ones lose their middle. */
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '../base/json';
import type { Round, ToolMessage } from './blocks';
import { limitText, sliceWhole, whereRestIs } from './resultText';
import { splitSummary, withSummary } from './summaryFrame';
import type { AssistantToolCall } from './types';

/**
 * Keeps a text whole and says in a part of a sentence how the model can read it ("call … with id …"); undefined where
 * it cannot be kept. Never throws.
 */
export type KeepText = (text: string) => Promise<string | undefined>;

/** Of the arguments and the beginning of a result, in the line that stands for it. */
const SHOWN_CHARS = 80;
/** A result that is hardly longer than that line stays. */
const WORTH_CHARS = 500;
/** What is hardly longer than the limit would only be replaced by the notice that it is cut; so nothing is cut twice. */
const NOTICE_CHARS = 200;
const STUB = '[Left out to save room:';

/** The round with each long result as one line. The same object where nothing was long. */
export async function stubResults(round: Round, keep: KeepText | undefined): Promise<Round> {
  if (!round.results.some(isLong)) return round;
  const results: ToolMessage[] = [];
  for (const result of round.results) results.push(isLong(result) ? await stub(result, keep) : result);
  return { ...round, results };
}

/** A result that was left out already. */
export function isStub(content: string): boolean {
  return content.startsWith(STUB);
}

function isLong({ content, images = [] }: ToolMessage): boolean {
  return (content.length > WORTH_CHARS || images.length > 0) && !isStub(content);
}

async function stub(result: ToolMessage, keep: KeepText | undefined): Promise<ToolMessage> {
  const { content, images = [], toolCallId } = result;
  const where = whereRestIs(content) ?? (await keep?.(content)) ?? 'call the tool again';
  const pictures = images.length > 0 ? ` and ${String(images.length)} images` : '';
  // What was called stands in the call itself, right above.
  const text = `${STUB} ${String(content.length)} characters${pictures}, which began with ${quote(content)}. If you need it, ${where}.]`;
  return { role: 'tool', toolCallId, content: text };
}

export function describeCall({ name, arguments: text }: AssistantToolCall): string {
  return `${name} ${limitLine(text)}`;
}

/** The beginning of a text as one line in quotes. */
export function quote(text: string): string {
  return JSON.stringify(limitLine(text));
}

function limitLine(text: string): string {
  const line = text
    .slice(0, 2 * SHOWN_CHARS)
    .replace(/\s+/g, ' ')
    .trim();
  return line.length <= SHOWN_CHARS ? line : `${sliceWhole(line, 0, SHOWN_CHARS)} …`;
}

/** The parts of a round that are longer than `limit` characters, cut to about that. Calls and results stay pairs. */
export async function cutRound(round: Round, limit: number, keep: KeepText | undefined): Promise<Round> {
  const results: ToolMessage[] = [];
  for (const result of round.results) results.push(await cutResult(result, limit, keep));
  return { ...round, results };
}

async function cutResult(result: ToolMessage, limit: number, keep: KeepText | undefined): Promise<ToolMessage> {
  const { content, images = [], toolCallId } = result;
  if (content.length <= limit + NOTICE_CHARS) return result;
  const where = whereRestIs(content) ?? (await keep?.(content));
  return {
    role: 'tool',
    toolCallId,
    content: limitText(content, limit, where).text,
    ...(images.length > 0 && { images }),
  };
}

/** What the model said, and the texts in its arguments, cut to about `limit` characters; pictures are left out. */
export function cutAnswer({ answer, results, kind }: Round, limit: number): Round {
  const { summary, rest } = splitSummary(answer.content);
  return {
    kind,
    answer: {
      ...answer,
      content: withSummary(cutText(summary, limit), cutText(rest, limit)),
      toolCalls: answer.toolCalls.map((call) => ({ ...call, arguments: cutArguments(call.arguments, limit) })),
    },
    results: results.map(({ role, toolCallId, content }) => ({ role, toolCallId, content })),
  };
}

function cutText(text: string, limit: number): string {
  return text.length <= limit + NOTICE_CHARS ? text : limitText(text, limit).text;
}

/** Still a JSON object, as chat templates need it. */
function cutArguments(text: string, limit: number): string {
  if (text.length <= limit + NOTICE_CHARS) return text;
  const parsed = parseJson(text);
  if (!parsed.ok || !isJsonObject(parsed.value)) return '{}';
  const cut = JSON.stringify(cutStrings(parsed.value, limit));
  return cut.length <= 4 * (limit + NOTICE_CHARS)
    ? cut
    : JSON.stringify({ note: `[${String(text.length)} characters left out]` });
}

function cutStrings(value: JsonValue, limit: number): JsonValue {
  if (typeof value === 'string') return cutText(value, limit);
  if (Array.isArray(value)) return value.map((item) => cutStrings(item, limit));
  if (!isJsonObject(value)) return value;
  const cut: JsonObject = Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, cutStrings(item, limit)]),
  );
  return cut;
}
