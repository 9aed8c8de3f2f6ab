/** What the conversation so far tells the planner: the task, the calls with their results, and known folders. */
import type { ChatMessage, ChatRequest } from '../chatRequest';
import { isObject, tryParse, type JsonObject, type JsonValue } from '../json';

export type CallState = 'ok' | 'failed' | 'refused';

export interface PastCall {
  readonly name: string;
  readonly arguments: JsonObject;
  readonly result: string;
  readonly state: CallState;
}

export interface Conversation {
  readonly task: string;
  /** Calls since the task was given. */
  readonly calls: readonly PastCall[];
  /** Absolute paths that the system and user messages name, those called folders first. */
  readonly folders: readonly string[];
}

export function readConversation(request: ChatRequest): Conversation {
  const { messages } = request;
  const start = messages.findLastIndex((message) => message.role === 'user');
  const task = messages[start]?.content.trim() ?? '';
  const told = messages.filter((message) => message.role === 'system' || message.role === 'user');
  const text = told.map((message) => message.content).join('\n');
  return {
    task,
    calls: pastCalls(messages.slice(start + 1)),
    folders: [...new Set([...foldersIn(text), ...absolutePathsIn(text)])],
  };
}

function pastCalls(messages: readonly ChatMessage[]): PastCall[] {
  const results = new Map(
    messages.filter(({ role }) => role === 'tool').map((message) => [message.toolCallId, message]),
  );
  return messages.flatMap((message) =>
    message.toolCalls.map((call) => {
      const args = tryParse(call.arguments);
      const result = unwrap(results.get(call.id)?.content ?? '');
      return { name: call.name, arguments: isObject(args) ? args : {}, result, state: stateOf(result) };
    }),
  );
}

/** A client may put the result between tags; they are not part of it. */
function unwrap(text: string): string {
  return text
    .trim()
    .replace(/^<[\w-]+[^>\n]*>\s*\n?|\n?\s*<\/[\w-]+>$/g, '')
    .trim();
}

const REFUSED =
  /\b(?:user|person|operator|policy|approval|rule|client)\b[^.\n]{0,60}\b(?:denied|declined|refused|rejected|forbid\w*)\b|\b(?:denied|declined|refused|rejected|not approved|not allowed) by\b|\b(?:call|request|action)\b[^.\n]{0,30}\b(?:was|were|is) (?:denied|declined|refused|rejected)\b|^\W*(?:denied|declined|refused|rejected)\b/i;
// `ENOENT: …`, `EACCES: …`; in capitals only, or every `Owner: …` would be one.
const ERROR_CODE = /^E[A-Z]{3,}: /;
const FAILED =
  /^\W*(?:\w+ )?(?:error|failed|failure|exception)\b|\bENOENT\b|\bEACCES\b|^\W*access denied|MCP error -?\d|^tool \S+ failed|not found\W*$|^(?:invalid|could not|cannot|can't|unable to)\b/i;

/** The wire has no flag for a failure, only the text, so its first line decides. */
function stateOf(result: string): CallState {
  const head = result.slice(0, 300).split('\n', 1)[0] ?? '';
  if (REFUSED.test(head)) return 'refused';
  return FAILED.test(head) || ERROR_CODE.test(head) ? 'failed' : 'ok';
}

/** Lines such as `Workspace folders: /a, /b`; everything after the colon counts, so names may hold blanks. */
function foldersIn(text: string): string[] {
  const lines = text.matchAll(
    /(?:folder|director|workspace|root)[^:\n]*:[ \t]*((?:file:\/\/)?(?:\/|[A-Za-z]:[\\/]).*)$/gim,
  );
  return [...lines].flatMap((match) => (match[1] ?? '').split(/[,;]\s*(?=\/|[A-Za-z]:[\\/])/)).map(cleanPath);
}

/** Paths that a tool returned: a line that begins with one is one, blanks and all. */
export function pathsInResult(result: string): string[] {
  const lines = result.split('\n').filter((line) => /^\s*(?:-\s+)?(?:\/(?!\/)|[A-Za-z]:[\\/])/.test(line));
  return lines.length > 0 ? lines.map((line) => cleanPath(line.replace(/^\s*-\s+/, ''))) : absolutePathsIn(result);
}

export function absolutePathsIn(text: string): string[] {
  const found = text.matchAll(/(?<![\w./~:-])((?:file:\/\/)?(?:\/(?![/\s])|[A-Za-z]:[\\/])[^\s"'`<>|)\],;]+)/g);
  return [...found].map((match) => cleanPath(match[1] ?? ''));
}

function cleanPath(path: string): string {
  const trimmed = path
    .trim()
    .replace(/^file:\/\//, '')
    .replace(/[.:"'`)]+$/, '');
  return trimmed.length > 1 ? trimmed.replace(/[\\/]+$/, '') : trimmed;
}

/** The same text for the same call, however its arguments were written. */
export function callKey(name: string, args: JsonValue): string {
  return `${name} ${canonical(args)}`;
}

function canonical(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const entries = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`);
  return `{${entries.join(',')}}`;
}
