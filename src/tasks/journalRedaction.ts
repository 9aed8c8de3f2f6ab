/** What of a journal's line must not reach the disk: tokens and the secrets that we know. */
import type { AssistantToolCall, Message } from '../agent/types';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '../base/json';
import { redact } from '../base/redact';
import type { JournalNews } from './journalFormat';
import type { TaskRequest } from './types';

export interface Redacted {
  readonly news: JournalNews;
  /** Ids of the calls whose arguments were changed: they must not run as they stand here. */
  readonly redactedCalls: readonly string[];
}

/** Pictures stay as they are: their letters are no words, and a change would break them. */
export function redactNews(news: JournalNews, secrets: Iterable<string>): Redacted {
  const hide = hider(secrets);
  const redactedCalls: string[] = [];
  const call = (asked: AssistantToolCall): AssistantToolCall => {
    const hidden = redactJson(asked.arguments, hide);
    if (hidden !== asked.arguments) redactedCalls.push(asked.id);
    return { ...asked, arguments: hidden };
  };
  const message = (said: Message): Message =>
    said.role === 'assistant'
      ? { ...said, content: hide(said.content), toolCalls: said.toolCalls.map(call) }
      : { ...said, content: hide(said.content) };
  switch (news.type) {
    case 'message': {
      // The name of a tool that does not exist is the model's own text.
      const meant = news.meant?.map(({ tool, ...call }) => ({
        ...{ ...call, tool: hide(tool) },
        ...(call.arguments && { arguments: redactObject(call.arguments, hide) }),
      }));
      return { news: { ...news, message: message(news.message), ...(meant && { meant }) }, redactedCalls };
    }
    case 'conversation':
      return { news: { ...news, messages: news.messages.map(message) }, redactedCalls };
    case 'call':
      return { news: { ...news, arguments: redactObject(news.arguments, hide) }, redactedCalls };
    case 'resumed':
      return { news: { ...news, request: redactRequest(news.request, hide) }, redactedCalls };
    case 'reasoning':
      return { news: { ...news, text: hide(news.text) }, redactedCalls };
    case 'approval':
      return { news: { ...news, reason: hide(news.reason) }, redactedCalls };
    case 'warning':
      return { news: { ...news, message: hide(news.message) }, redactedCalls };
    case 'error': {
      const hint = news.hint === null ? null : hide(news.hint);
      return { news: { ...news, message: hide(news.message), hint }, redactedCalls };
    }
    case 'started':
    case 'round':
    case 'retry':
    case 'usage':
    case 'end':
      return { news, redactedCalls };
  }
}

/** What a person said and what they gave along can hold a secret as well as anything that a tool says. */
export function redactRequest(request: TaskRequest, hide: (text: string) => string): TaskRequest {
  const texts = request.texts?.map(({ label, text }) => ({ label: hide(label), text: hide(text) }));
  return { ...request, task: hide(request.task), ...(texts && { texts }) };
}

export function hider(secrets: Iterable<string>): (text: string) => string {
  const known = [...secrets].flatMap((secret) => {
    // In the text of a call's arguments, a secret with a quote in it stands with its escapes.
    const escaped = JSON.stringify(secret).slice(1, -1);
    return escaped === secret ? [secret] : [secret, escaped];
  });
  return (text) => redact(text, known);
}

/** Value by value, so that what comes out is JSON again; the very text where there is nothing to hide. */
function redactJson(text: string, hide: (text: string) => string): string {
  const parsed = parseJson(text);
  if (!parsed.ok) return hide(text);
  const hidden = JSON.stringify(redactValue(parsed.value, hide));
  return hidden === JSON.stringify(parsed.value) ? text : hidden;
}

function redactObject(value: JsonObject, hide: (text: string) => string): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [hide(key), redactValue(inner, hide)]));
}

function redactValue(value: JsonValue, hide: (text: string) => string): JsonValue {
  if (typeof value === 'string') return hide(value);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, hide));
  return isJsonObject(value) ? redactObject(value, hide) : value;
}
