/** How calls look in text, by the mark they begin with (reference 3.2 and 3.4; the templates of the models that write them). */
import { endOfJsonValue } from '../../base/jsonTokens';
import { endingWith, isReadable, type LeakContext, readJsonCalls, skipBlank, type Verdict } from './leakedJson';
import { readPythonCalls } from './leakedPython';
import { readTaggedCalls } from './leakedTags';

export interface LeakFormat {
  /** The text begins with it. */
  readonly mark: string;
  readonly read: (text: string, context: LeakContext) => Verdict;
}

/** A call's name and what else stands before its arguments is shorter. */
const MAX_HEADER = 200;
const MESSAGE = '<|message|>';

export const LEAK_FORMATS: readonly LeakFormat[] = [
  // LM Studio's own, for models that have none.
  json('[TOOL_REQUEST]', '[END_TOOL_REQUEST]'),
  // Hermes, Qwen; Qwen3-Coder puts tags into it.
  { mark: '<tool_call>', read: readToolCall },
  { mark: '<function=', read: (text, context) => readTaggedCalls(text, 0, context) },
  { mark: '<function name=', read: readNamedFunction },
  // Mistral, in both of its generations.
  { mark: '[TOOL_CALLS]', read: readMistral },
  // gpt-oss.
  { mark: '<|channel|>', read: readChannel },
  { mark: '<|start|>assistant', read: readChannel },
  // LFM2, Llama.
  python('<|tool_call_start|>', '<|tool_call_end|>'),
  json('<|python_tag|>', ''),
];

function json(mark: string, close: string): LeakFormat {
  return { mark, read: (text, context) => readJsonCalls(text, mark.length, close, context) };
}

function python(mark: string, close: string): LeakFormat {
  return { mark, read: (text, context) => readPythonCalls(text, mark.length, close, context) };
}

function readToolCall(text: string, context: LeakContext): Verdict {
  const start = skipBlank(text, '<tool_call>'.length);
  if ('{['.includes(text[start] ?? '{')) return readJsonCalls(text, start, '</tool_call>', context);
  const tag = ['<function=', '<function name='].find((each) => text.startsWith(each, start));
  if (tag === '<function=') return readTaggedCalls(text, start, context);
  if (tag !== undefined) return closedBy('</tool_call>', text, readNamedFunction(text, context, start), context);
  return '<function name='.startsWith(text.slice(start)) || '<function='.startsWith(text.slice(start)) ? 'more' : 'no';
}

/** `<function name="read_file">{…}</function>` */
function readNamedFunction(text: string, context: LeakContext, at = 0): Verdict {
  const header = /^<function name=["']?([^"'>\s]+)["']?\s*>/.exec(text.slice(at, at + MAX_HEADER));
  if (!header) return text.length - at < MAX_HEADER && !text.includes('>', at) ? 'more' : 'no';
  return readArguments(text, at + header[0].length, header[1] ?? '', '</function>', context);
}

/** `[TOOL_CALLS][{…}]` and `[TOOL_CALLS]read_file[ARGS]{…}` */
function readMistral(text: string, context: LeakContext): Verdict {
  const start = skipBlank(text, '[TOOL_CALLS]'.length);
  if ('{['.includes(text[start] ?? '{')) return readJsonCalls(text, start, '', context);
  const brace = text.indexOf('{', start);
  if (brace < 0) return text.length - start < MAX_HEADER ? 'more' : 'no';
  const header = /^([\w.-]+)\s*(?:\[CALL_ID\][\w-]*)?\s*(?:\[ARGS\])?\s*$/.exec(text.slice(start, brace));
  return header ? readArguments(text, brace, header[1] ?? '', '', context) : 'no';
}

const HEADER =
  /^(?:<\|start\|>assistant)?(?:\s+to=([\w.-]+))?<\|channel\|>(?:commentary|analysis)(?:\s+to=([\w.-]+))?\s*(?:(?:<\|constrain\|>)?\s*json)?\s*$/;

/** `<|channel|>commentary to=functions.read_file <|constrain|>json<|message|>{…}<|call|>` */
function readChannel(text: string, context: LeakContext): Verdict {
  const message = text.indexOf(MESSAGE);
  if (message < 0) return text.length < MAX_HEADER ? 'more' : 'no';
  const header = HEADER.exec(text.slice(0, message));
  const name = header?.[1] ?? header?.[2];
  return name === undefined ? 'no' : readArguments(text, message + MESSAGE.length, name, '<|call|>', context);
}

function readArguments(text: string, at: number, name: string, close: string, context: LeakContext): Verdict {
  const tool = context.find(name);
  if (!tool) return 'no';
  const start = skipBlank(text, at);
  if (start < text.length && text[start] !== '{') return 'no';
  const end = endOfJsonValue(text, start);
  if (end >= 0) {
    const args = text.slice(start, end);
    return isReadable(args) ? endingWith(text, end, close, [{ name: tool.name, arguments: args }], context) : 'no';
  }
  if (!context.isEnd) return 'more';
  return { calls: [{ name: tool.name, arguments: text.slice(start) || '{' }], length: text.length };
}

function closedBy(close: string, text: string, verdict: Verdict, context: LeakContext): Verdict {
  return typeof verdict === 'string' ? verdict : endingWith(text, verdict.length, close, verdict.calls, context);
}
