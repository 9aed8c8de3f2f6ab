/** Calls in JSON, as models write them into their text, in all the shapes that were seen. */
import type { ToolDefinition } from '../../agent/types';
import { isJsonObject, type JsonObject, type JsonValue } from '../../base/json';
import { endOfJsonValue } from '../../base/jsonTokens';
import { readLooseJson, readLooseObject } from '../../base/looseJson';

export interface LeakedCall {
  /** As the tool was offered. */
  readonly name: string;
  /** Text that reads as a JSON object, or one that was cut off. */
  readonly arguments: string;
}

/** `length`: characters of the text that the calls stand for. `more`: it could be a call, and goes on. */
export type Verdict = 'more' | 'no' | { readonly calls: readonly LeakedCall[]; readonly length: number };

export interface LeakContext {
  readonly find: (name: string) => ToolDefinition | undefined;
  /** Nothing follows. */
  readonly isEnd: boolean;
}

const NAME_KEYS = ['name', 'function', 'tool', 'tool_name'] as const;
const ARGUMENT_KEYS = ['arguments', 'parameters', 'args', 'input'] as const;

/** JSON values from `at` on, one after another, each a call or a list of calls; then perhaps `close`. */
export function readJsonCalls(text: string, at: number, close: string, context: LeakContext): Verdict {
  const calls: LeakedCall[] = [];
  let end = at;
  for (;;) {
    const start = skipBlank(text, end);
    if (start >= text.length) {
      if (!context.isEnd) return 'more';
      break;
    }
    if (!'{['.includes(text[start] ?? '')) break;
    const next = endOfJsonValue(text, start);
    if (next < 0) return context.isEnd ? withCutOff(text.slice(start), calls, text.length, context) : 'more';
    const found = callsIn(text.slice(start, next), context);
    if (!found) break;
    calls.push(...found);
    end = next;
  }
  if (calls.length === 0) return 'no';
  return endingWith(text, end, close, calls, context);
}

/** The verdict on calls that end at `end`, where one of their closing marks may follow. */
export function endingWith(
  text: string,
  end: number,
  close: string,
  calls: readonly LeakedCall[],
  { isEnd }: LeakContext,
): Verdict {
  const rest = text.slice(skipBlank(text, end), skipBlank(text, end) + close.length);
  if (close !== '' && rest === close) return { calls, length: skipBlank(text, end) + close.length };
  return close.startsWith(rest) && rest.length < close.length && !isEnd ? 'more' : { calls, length: end };
}

export function skipBlank(text: string, at: number): number {
  let end = at;
  while (/\s/.test(text[end] ?? '')) end++;
  return end;
}

/** Undefined where the JSON is no call to an offered tool, or not only that. */
export function callsIn(json: string, { find }: LeakContext): readonly LeakedCall[] | undefined {
  // A hybrid that was seen: {"function=name","arguments":{…}}
  const read = readLooseJson(json.replace(/^\s*\{\s*"function=([\w.-]+)"\s*,/, '{"name":"$1",'));
  if (read.kind !== 'whole') return undefined;
  const values = Array.isArray(read.value) ? read.value : [read.value];
  const calls = values.flatMap((value) => callOf(value, find) ?? []);
  return calls.length === values.length && calls.length > 0 ? calls : undefined;
}

function callOf(value: JsonValue, find: LeakContext['find']): LeakedCall | undefined {
  if (!isJsonObject(value)) return undefined;
  // OpenAI's own shape: {"type":"function","function":{"name":…,"arguments":…}}
  const inner = value['function'];
  if (isJsonObject(inner)) return callOf(inner, find);
  const said = NAME_KEYS.map((key) => value[key]).find((name) => typeof name === 'string');
  const tool = said === undefined ? undefined : find(said);
  const args = tool && argumentsOf(value);
  return tool && args !== undefined ? { name: tool.name, arguments: args } : undefined;
}

function argumentsOf(value: JsonObject): string | undefined {
  const key = ARGUMENT_KEYS.find((candidate) => Object.hasOwn(value, candidate));
  if (key === undefined) {
    // Other members would be its arguments, or those of something that is no call at all.
    return Object.keys(value).every((member) => NAME_KEYS.some((known) => known === member)) ? '{}' : undefined;
  }
  const args = value[key];
  if (args === null || args === '') return '{}';
  if (typeof args === 'string') return isReadable(args) ? args : undefined;
  return isJsonObject(args) ? JSON.stringify(args) : undefined;
}

export function isReadable(argumentsText: string): boolean {
  return readLooseObject(argumentsText).kind === 'whole';
}

/** The answer ended inside a call: where it says which tool, the call is made, for the model to be told that it was cut. */
function withCutOff(rest: string, calls: readonly LeakedCall[], length: number, { find }: LeakContext): Verdict {
  const said = /["'](?:name|function|tool|tool_name)["']\s*:\s*["']([^"']+)["']|["']function=([^"']+)["']/.exec(rest);
  const tool = find(said?.[1] ?? said?.[2] ?? '');
  if (!tool) return calls.length === 0 ? 'no' : { calls, length: length - rest.length };
  const key = /["'](?:arguments|parameters|args|input)["']\s*:\s*/.exec(rest);
  const args = key ? rest.slice(key.index + key[0].length) : '{';
  const end = endOfJsonValue(args, 0);
  return { calls: [...calls, { name: tool.name, arguments: end < 0 ? args || '{' : args.slice(0, end) }], length };
}
