/** Calls as tags: `<function=name><parameter=key>value</parameter></function>`, as Qwen3-Coder was taught them. */
import type { LeakedCall, LeakContext, Verdict } from './leakedJson';
import { skipBlank } from './leakedJson';

const OPEN = /<function=([^>\s]+)\s*>/y;
const PARAMETER = /<parameter=([^>\s]+)\s*>/y;
const END_PARAMETER = '</parameter>';
const END_FUNCTION = '</function>';
const END_CALL = '</tool_call>';
/** Nobody's tool is called anything longer. */
const MAX_TAG = 200;

/** From the `<function=` at `at` on, several in a row. Values are texts: what they must be, the tool's schema says. */
export function readTaggedCalls(text: string, at: number, context: LeakContext): Verdict {
  const calls: LeakedCall[] = [];
  let end = at;
  for (;;) {
    const start = skipBlank(text, end);
    const tag = text.slice(start, start + '<function='.length);
    const hasMore = tag === '<function=' || (!context.isEnd && '<function='.startsWith(tag));
    if (hasMore) {
      const call = readFunction(text, start, context);
      if (call === 'more') return 'more';
      if (call !== 'no') {
        calls.push(call.call);
        end = call.end;
        continue;
      }
    }
    if (calls.length === 0) return 'no';
    const closing = text.slice(start, start + END_CALL.length);
    if (closing === END_CALL) return { calls, length: start + END_CALL.length };
    return END_CALL.startsWith(closing) && !context.isEnd ? 'more' : { calls, length: end };
  }
}

function readFunction(text: string, at: number, { find, isEnd }: LeakContext) {
  OPEN.lastIndex = at;
  const name = OPEN.exec(text)?.[1];
  if (name === undefined) return isEnd || text.length - at > MAX_TAG || text.includes('>', at) ? 'no' : 'more';
  const tool = find(name);
  if (!tool) return 'no';
  const args: Record<string, string> = {};
  const made = (end: number, isWhole: boolean) => {
    const json = JSON.stringify(args);
    // An open brace is how a text of JSON says that something is missing.
    return { call: { name: tool.name, arguments: isWhole ? json : json.slice(0, -1) }, end };
  };
  let end = OPEN.lastIndex;
  for (;;) {
    const start = skipBlank(text, end);
    if (text.startsWith(END_FUNCTION, start)) return made(start + END_FUNCTION.length, true);
    // Some forget to close the function, but close the call.
    if (text.startsWith(END_CALL, start)) return made(start, true);
    PARAMETER.lastIndex = start;
    const key = PARAMETER.exec(text)?.[1];
    const value = key === undefined ? undefined : valueAt(text, PARAMETER.lastIndex);
    if (key !== undefined && value) {
      args[key] = value.text;
      end = value.end;
    } else if (key === undefined && !couldGoOn(text.slice(start))) return 'no';
    else return isEnd ? made(text.length, false) : 'more';
  }
}

function couldGoOn(rest: string): boolean {
  const isTag = /^<parameter=[^>\s]*\s*$/.test(rest) && rest.length <= MAX_TAG;
  return isTag || ['<parameter=', END_FUNCTION, END_CALL].some((tag) => tag.startsWith(rest));
}

/** Up to a closing tag that something of a call follows: the value itself may hold such a tag. */
function valueAt(text: string, from: number): { readonly text: string; readonly end: number } | undefined {
  for (let close = text.indexOf(END_PARAMETER, from); close >= 0; close = text.indexOf(END_PARAMETER, close + 1)) {
    const end = close + END_PARAMETER.length;
    const next = skipBlank(text, end);
    if (![END_FUNCTION, END_CALL, '<parameter='].some((tag) => text.startsWith(tag, next))) continue;
    return {
      text: text
        .slice(from, close)
        .replace(/^\r?\n/, '')
        .replace(/\r?\n$/, ''),
      end,
    };
  }
  return undefined;
}
