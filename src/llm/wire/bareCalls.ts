/** A call without any mark: JSON or Python that is the whole answer and fits an offered tool. */
import { parseJson } from '../../base/json';
import { compileSchema } from '../../base/jsonSchema';
import { readLooseObject } from '../../base/looseJson';
import { endOfJsonValue } from '../../base/jsonTokens';
import { callsIn, type LeakedCall, type LeakContext, skipBlank, type Verdict } from './leakedJson';
import { readPythonCalls } from './leakedPython';

/** A tool's name in quotes is shorter. */
const MAX_NAME = 80;
const FIRST_KEYS = /^(name|function|tool|tool_name|type|arguments|parameters|function=[\w.-]+)$/;

/** `answer` begins with the first character of the answer that is not blank. */
export function readBareCalls(answer: string, context: LeakContext): Verdict {
  if (!couldBeCalls(answer, context)) return 'no';
  const python = readPythonCalls(answer, 0, '', context);
  if (python !== 'no') return ofWholeAnswer(answer, python, context);
  const calls: LeakedCall[] = [];
  let end = 0;
  for (;;) {
    const start = end === 0 ? 0 : skipBlank(answer.replaceAll(';', ' '), end);
    if (start >= answer.length) break;
    if (!'{['.includes(answer[start] ?? '')) return 'no';
    end = endOfJsonValue(answer, start);
    // What was cut off could be anything that begins like a call.
    if (end < 0) return context.isEnd ? 'no' : 'more';
    const found = callsIn(answer.slice(start, end), context);
    if (!found) return 'no';
    calls.push(...found);
  }
  return ofWholeAnswer(answer, { calls, length: end }, context);
}

function ofWholeAnswer(answer: string, verdict: Verdict, context: LeakContext): Verdict {
  if (typeof verdict === 'string') return verdict;
  const { isEnd } = context;
  if (/[^\s;]/.test(answer.slice(verdict.length))) return 'no';
  if (!isEnd) return 'more';
  return verdict.calls.every((call) => fits(call, context)) ? verdict : 'no';
}

function fits({ name, arguments: text }: LeakedCall, { find }: LeakContext): boolean {
  const read = readLooseObject(text);
  return read.kind === 'whole' && compileSchema(find(name)?.inputSchema ?? {})(read.value).ok;
}

/** Tells other JSON, which is an answer for a person and is to stream, by its first words. */
function couldBeCalls(answer: string, context: LeakContext): boolean {
  const inner = answer.replace(/^\[\s*/, '');
  if (inner === '') return true;
  if (!inner.startsWith('{')) return answer.startsWith('[') && couldBePython(inner, context);
  const [, quote, key = '', close, rest = ''] = /^\{\s*(["'])([^"']*)(["']?)(.*)/s.exec(inner) ?? [];
  if (quote === undefined) return /^\{\s*$/.test(inner);
  if (close === '') return key.length < MAX_NAME;
  if (!FIRST_KEYS.test(key)) return false;
  if (key.startsWith('function=')) return context.find(key.slice('function='.length)) !== undefined;
  if (key === 'arguments' || key === 'parameters') return true;
  const value = /^\s*:\s*("(?:[^"\\]|\\.)*")/.exec(rest)?.[1];
  return value === undefined
    ? !/^\s*:\s*[^\s"'{]/.test(rest)
    : key === 'type'
      ? value === '"function"'
      : isOffered(value, context);
}

function isOffered(json: string, { find }: LeakContext): boolean {
  const name = parseJson(json);
  return name.ok && typeof name.value === 'string' && find(name.value) !== undefined;
}

function couldBePython(inner: string, { find }: LeakContext): boolean {
  const [, name = '', next = ''] = /^([\w.]*)\s*(.?)/s.exec(inner) ?? [];
  return /^[A-Za-z_]/.test(name) && (next === '' ? name.length < MAX_NAME : next === '(' && find(name) !== undefined);
}
