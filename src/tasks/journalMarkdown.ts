/** A past task as the document that it streamed into, as far as its journal has it: no reasoning, and no approvals. */
import { ERROR_CODES } from '../base/errors';
import { isJsonObject, parseJson } from '../base/json';
import type { JournalLine } from './journalFormat';
import { endOf, type ReadJournal } from './journalReader';
import { rememberRun } from './resume';
import { utcTime } from './runWords';
import { TaskMarkdown } from './taskMarkdown';
import type { RunEvent } from './types';

type CallLine = Extract<JournalLine, { type: 'call' }>;
type MessageLine = Extract<JournalLine, { type: 'message' }>;

/** The whole document; ends with a line feed. */
export function markdownOfJournal(read: ReadJournal): string {
  const markdown = new TaskMarkdown();
  return writeJournal(markdown, read) + noteOpenEnd(markdown, read);
}

/** Writes what the journal has into a new document, which may go on afterwards. Returns the text. */
export function writeJournal(markdown: TaskMarkdown, read: ReadJournal): string {
  const { header, lines, problems } = read;
  const writer = new JournalWriter(markdown, read);
  let text = markdown.begin(header.request.task);
  text += markdown.note(`Begun ${utcTime(header.at)}, version ${header.version}`);
  for (const line of lines) text += writer.add(line);
  for (const { line, message } of problems) {
    text += markdown.note(`Line ${String(line)} of the journal cannot be read: ${message}`);
  }
  return text;
}

/** What is to be said of a journal that has no end. Returns the text. */
export function noteOpenEnd(markdown: TaskMarkdown, read: ReadJournal): string {
  if (endOf(read.lines)) return '';
  let text = markdown.note('The journal ends here: the task goes on, or it was interrupted');
  for (const { server, tool } of rememberRun(read).unknown) {
    text += markdown.note(`Nobody knows whether the call of "${tool}" of MCP server "${server}" was done`);
  }
  return text;
}

class JournalWriter {
  /** The calls that ran, with their servers. */
  readonly #ran = new Map<string, CallLine>();
  #round = 0;

  constructor(
    private readonly markdown: TaskMarkdown,
    private readonly read: ReadJournal,
  ) {}

  add(line: JournalLine): string {
    switch (line.type) {
      case 'started': {
        const { runId, request } = this.read.header;
        return this.#tell({ ...line, type: 'run_start', runId, task: request.task }, line.at);
      }
      case 'resumed':
        return this.markdown.note(`Taken up again ${utcTime(line.at)}`);
      case 'usage': {
        const { promptTokens, completionTokens, reasoningTokens, round } = line;
        this.#round = round;
        const usage = { promptTokens, completionTokens, reasoningTokens, prefixShare: null };
        return this.#tell({ type: 'round_start', round }, line.at) + this.#tell({ type: 'usage', ...usage }, line.at);
      }
      case 'message':
        return this.#message(line);
      case 'conversation':
        if (this.#round === 0) return '';
        return this.markdown.note(`The conversation was made shorter: ${String(line.messages.length)} messages`);
      case 'call':
        this.#ran.set(line.id, line);
        return '';
      case 'end':
        return this.#tell({ ...line, type: 'run_end', text: '' }, line.at);
    }
  }

  #message({ message, at, outcome }: MessageLine): string {
    switch (message.role) {
      case 'system':
        return '';
      case 'user':
        return this.#tell({ type: 'steered', text: message.content }, at);
      case 'assistant': {
        let text = message.content === '' ? '' : this.#tell({ type: 'text_delta', text: message.content }, at);
        for (const call of message.toolCalls) text += this.#call(call.id, call.name, call.arguments, at);
        return text;
      }
      case 'tool': {
        const { toolCallId: id, content: text } = message;
        const ran = this.#ran.get(id);
        // A journal of an older version does not say how the call went; its text does.
        const durationMs = outcome?.durationMs ?? Math.max(0, at - (ran?.at ?? at));
        const code = ERROR_CODES.find((known) => known === outcome?.code);
        const failure =
          typeof outcome?.code === 'string' ? { isError: true, ...(code && { code }) } : { isError: false };
        return this.#tell({ type: 'tool_result', id, ...failure, text, truncated: false, durationMs }, at);
      }
    }
  }

  #call(id: string, name: string, raw: string, at: number): string {
    const parsed = parseJson(raw);
    const ran = this.#callAfter(id, at);
    const args =
      parsed.ok && isJsonObject(parsed.value) ? { arguments: parsed.value } : { arguments: {}, rawArguments: raw };
    const names = { server: ran?.server ?? null, tool: ran?.tool ?? name };
    return this.#tell({ type: 'tool_call', id, ...names, ...args, recovered: false }, at);
  }

  /** The run of a call that the model has just asked for: its line comes later. */
  #callAfter(id: string, at: number): CallLine | undefined {
    return this.read.lines.find((line): line is CallLine => line.type === 'call' && line.id === id && line.at >= at);
  }

  /** `at`: milliseconds since 1970. */
  #tell(event: RunEvent, at: number): string {
    return this.markdown.add({ ...event, at: Math.max(0, at - this.read.header.at) });
  }
}
