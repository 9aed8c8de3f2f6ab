/** Calls as Python: `[name(key="value"), other()]`, as Llama and LFM2 were taught them. */
import { endOfJsonValue } from '../../base/jsonTokens';
import { readLooseJson } from '../../base/looseJson';
import type { JsonValue } from '../../base/json';
import { endingWith, type LeakedCall, type LeakContext, skipBlank, type Verdict } from './leakedJson';

const NAME = /([A-Za-z_][\w.]*)\s*\(/y;
const KEY = /([A-Za-z_]\w*)\s*=\s*/y;

/** A list of calls whose `[` stands at `at` or after blanks; then perhaps `close`. */
export function readPythonCalls(text: string, at: number, close: string, context: LeakContext): Verdict {
  const start = skipBlank(text, at);
  const pause = context.isEnd ? 'no' : 'more';
  if (start >= text.length) return pause;
  if (text[start] !== '[') return 'no';
  const calls: LeakedCall[] = [];
  let end = start + 1;
  for (;;) {
    end = skipBlank(text, end);
    const char = text[end];
    if (char === undefined) return pause;
    if (char === ']') return calls.length === 0 ? 'no' : endingWith(text, end + 1, close, calls, context);
    if (calls.length > 0) {
      if (char !== ',') return 'no';
      end = skipBlank(text, end + 1);
      if (end >= text.length) return pause;
    }
    NAME.lastIndex = end;
    const name = NAME.exec(text)?.[1];
    if (name === undefined) return /^[A-Za-z_][\w.]{0,80}\s*$/.test(text.slice(end)) ? pause : 'no';
    const tool = context.find(name);
    const args = tool && readKeywords(text, NAME.lastIndex);
    if (args === 'more') return pause;
    if (!tool || !args || args === 'no') return 'no';
    calls.push({ name: tool.name, arguments: JSON.stringify(args.values) });
    end = args.end;
  }
}

function readKeywords(text: string, from: number) {
  const values: Record<string, JsonValue> = {};
  let end = from;
  for (;;) {
    end = skipBlank(text, end);
    const char = text[end];
    if (char === undefined) return 'more';
    if (char === ')') return { values, end: end + 1 };
    if (char === ',' && end > from) {
      end++;
      continue;
    }
    KEY.lastIndex = end;
    const key = KEY.exec(text)?.[1];
    if (key === undefined) return /^[A-Za-z_]\w{0,80}\s*$/.test(text.slice(end)) ? 'more' : 'no';
    const start = KEY.lastIndex;
    if (start >= text.length) return 'more';
    const next = endOfJsonValue(text, start);
    // At the very end a word or a number may go on.
    if (next < 0 || next >= text.length) return 'more';
    const value = readLooseJson(text.slice(start, next));
    if (value.kind !== 'whole') return 'no';
    values[key] = value.value;
    end = next;
  }
}
