/**
 * A task as a Markdown document that grows: for an editor, and for a file. Headings for rounds, reasoning, answers and
 * calls; one fact a line; what models and tools write only between fences. Pure: no clock, no editor.
 */
import { visibleText } from '../base/visibleText';
import { fenced, FencedStream, inlineText } from './fencedText';
import { PhaseLines } from './phaseText';
import { type ContextUse, contextWords, countOf, duration, Pace, shareOf, tokens, wholeHead } from './runWords';
import { characters, END_TITLES, factsOf, ledger } from './taskFacts';
import type { RunEnd, TaskEvent } from './types';

export type TaskBlockKind = 'task' | 'round' | 'reasoning' | 'answer' | 'call' | 'result' | 'message' | 'end';

/** A part of the document, for an outline and for folding. */
export interface TaskBlock {
  readonly kind: TaskBlockKind;
  /** On one line, without markup of ours. */
  readonly title: string;
  /** Of its heading, from 0. */
  readonly first: number;
  /** Undefined while it goes on. */
  readonly last: number | undefined;
}

/** A block while it is written. */
type Block = { -readonly [K in keyof TaskBlock]: TaskBlock[K] };

type Of<T extends TaskEvent['type']> = Extract<TaskEvent, { type: T }>;

interface Stream {
  readonly type: 'reasoning_delta' | 'text_delta';
  readonly fence: FencedStream;
  readonly since: number;
  until: number;
  chars: number;
}

const LEVELS: Readonly<Record<TaskBlockKind, number>> = {
  ...{ task: 1, round: 2, end: 2 },
  ...{ reasoning: 3, answer: 3, call: 3, message: 3, result: 4 },
};
const TITLE_CHARS = 80;

export class TaskMarkdown {
  readonly #blocks: Block[] = [];
  readonly #phases = new PhaseLines(true);
  readonly #pace = new Pace();
  /** By the id of the call; a later call of the same id is the one that is meant. */
  readonly #calls = new Map<string, { readonly title: string; readonly block: Block }>();
  #callCount = 0;
  #failedCount = 0;
  #fullest: ContextUse | undefined;
  #stream: Stream | undefined;
  /** What stands there of the task. */
  #shown: string | undefined;
  /** What was streamed of the answer in this round. */
  #answer = '';
  #line = 0;
  #isAfterBlank = false;
  /** Of the present piece. */
  #written = '';

  /** In the order of their headings. */
  get blocks(): readonly TaskBlock[] {
    return this.#blocks;
  }

  /** Lines that have ended. */
  get lineCount(): number {
    return this.#line;
  }

  /** The heading, before anything has happened; `task` may be the beginning of it. Returns the text that was appended. */
  begin(task: string): string {
    return this.#piece(() => this.#begin(task));
  }

  /** Returns the text that was appended. */
  add(event: TaskEvent): string {
    return this.#piece(() => {
      this.#render(event);
    });
  }

  /** A fact in a line of its own. Returns the text that was appended. */
  note(text: string): string {
    return this.#piece(() => {
      this.#endStream();
      this.#fact(text);
    });
  }

  #piece(render: () => void): string {
    this.#written = '';
    render();
    return this.#written;
  }

  #render(event: TaskEvent): void {
    if (event.type === 'reasoning_delta' || event.type === 'text_delta') {
      this.#addStreamed(event);
      return;
    }
    const line = event.type === 'phase' ? this.#phases.add(event, event.at) : undefined;
    this.#pace.add(event);
    // Only what is written ends a text that still streams.
    if (event.type === 'phase' && line === undefined) return;
    this.#endStream();
    switch (event.type) {
      case 'run_start':
        this.#runStart(event);
        break;
      case 'round_start':
        this.#answer = '';
        this.#open('round', `Round ${String(event.round)}`, `, after ${duration(event.at)}`);
        break;
      case 'tool_call':
        this.#call(event);
        break;
      case 'approval':
        this.#fact(`${event.decision === 'approved' ? 'Approved' : 'Denied'}${this.#whose(event.id)}: ${event.reason}`);
        break;
      case 'tool_result':
        this.#result(event);
        break;
      case 'steered':
        this.#open('message', 'You said');
        this.#write(fenced(event.text, 'text'));
        break;
      case 'run_end':
        this.#runEnd(event);
        break;
      default:
        for (const fact of factsOf(event, line)) this.#fact(fact);
        if (event.type === 'retry') this.#answer = '';
        if (event.type === 'context' && !(shareOf(event) < shareOf(this.#fullest))) this.#fullest = event;
    }
  }

  #begin(task: string): void {
    const title = inlineText(task);
    const heading = title.length > TITLE_CHARS ? `${visibleText(wholeHead(title, TITLE_CHARS))}…` : title;
    if (this.#blocks.length === 0) {
      this.#open('task', `Task: ${heading}`);
      this.#shown = heading;
    }
    if (this.#shown === task) return;
    this.#shown = task;
    this.#write(`${fenced(task, 'text')}\n`);
  }

  #runStart(event: Of<'run_start'>): void {
    this.#begin(event.task);
    if (event.resumed) this.#open('round', 'Taken up again');
    const servers = event.servers.length === 0 ? 'none' : event.servers.join(', ');
    this.#fact(`Model: ${event.model}`);
    if (event.contextLength !== null) {
      this.#fact(`Context: ${tokens(event.contextLength)} tokens (${contextWords(event.contextSource)})`);
    }
    this.#fact(`MCP servers: ${servers} (${countOf(event.toolCount)})`);
  }

  #addStreamed({ type, text, at }: Of<'reasoning_delta'> | Of<'text_delta'>): void {
    if (text === '') return;
    if (this.#stream?.type !== type) {
      this.#endStream();
      const isAnswer = type === 'text_delta';
      this.#open(isAnswer ? 'answer' : 'reasoning', isAnswer ? 'Answer' : 'Reasoning');
      this.#stream = { type, fence: new FencedStream(isAnswer ? 'markdown' : 'text'), since: at, until: at, chars: 0 };
      this.#write(this.#stream.fence.begin());
    }
    this.#stream.until = at;
    this.#stream.chars += text.length;
    if (type === 'text_delta') this.#answer += text;
    this.#write(this.#stream.fence.add(text));
  }

  #endStream(): void {
    const stream = this.#stream;
    if (!stream) return;
    this.#stream = undefined;
    this.#write(stream.fence.end());
    this.#close(LEVELS.reasoning);
    if (stream.type === 'text_delta') return;
    this.#fact(`Thought for ${duration(stream.until - stream.since)}, ${characters(stream.chars)}`);
  }

  #call(event: Of<'tool_call'>): void {
    const of = event.server === null ? '' : ` of ${event.server}`;
    const title = `Call ${String(++this.#callCount)}: ${inlineText(`${event.tool}${of}`)}`;
    this.#calls.set(event.id, { title, block: this.#open('call', title) });
    if (event.recovered) this.#fact('The call stood in the text of the answer');
    const isEmpty = event.rawArguments === undefined && Object.keys(event.arguments).length === 0;
    this.#fact(isEmpty ? 'No arguments' : 'Arguments:');
    if (event.rawArguments !== undefined) this.#write(fenced(event.rawArguments, 'text'));
    else if (!isEmpty) this.#write(fenced(JSON.stringify(event.arguments, null, 2), 'json'));
  }

  #result(event: Of<'tool_result'>): void {
    const call = this.#calls.get(event.id);
    if (!call || call.block.last !== undefined) {
      const of = call === undefined ? 'a call' : call.title.replace(/^Call/, 'call');
      const block = this.#open('call', `Result of ${of}`);
      if (call) this.#calls.set(event.id, { title: call.title, block });
    }
    if (event.isError) this.#failedCount++;
    const head = event.isError ? `Failed (${event.code ?? 'tool-failed'})` : 'Result';
    const cut = event.truncated ? ', cut for the model' : '';
    const size = `${characters(event.text.length)}${cut}`;
    this.#push('result', head, this.#line);
    this.#fact(`${head} after ${duration(event.durationMs)}, ${size}${event.text === '' ? '' : ':'}`);
    if (event.text !== '') this.#write(fenced(event.text, 'text'));
    this.#close(LEVELS.result);
  }

  /** Which call is meant, where that cannot be seen. */
  #whose(id: string): string {
    const call = this.#calls.get(id);
    if (call?.block.last === undefined) return '';
    return ` (${call.title.replace(/^Call/, 'call')})`;
  }

  #runEnd(end: RunEnd): void {
    if (end.text !== '' && end.text !== this.#answer) {
      this.#open('answer', 'Answer');
      this.#write(fenced(end.text, 'markdown'));
    }
    this.#open('end', END_TITLES[end.status]);
    const calls = { all: this.#callCount, failed: this.#failedCount };
    for (const fact of ledger(end, calls, this.#pace.tokensPerSecond, this.#fullest)) this.#fact(fact);
    this.#close(1);
  }

  #open(kind: TaskBlockKind, title: string, more = ''): Block {
    this.#close(LEVELS[kind]);
    if (this.#line > 0 && !this.#isAfterBlank) this.#write('\n');
    const block = this.#push(kind, title, this.#line);
    this.#write(`${'#'.repeat(LEVELS[kind])} ${title}${more}\n\n`);
    return block;
  }

  #push(kind: TaskBlockKind, title: string, first: number): Block {
    const block: Block = { kind, title, first, last: undefined };
    this.#blocks.push(block);
    return block;
  }

  /** Ends what is open at this level and below it. */
  #close(level: number): void {
    for (let index = this.#blocks.length - 1; index >= 0; index--) {
      const block = this.#blocks[index];
      if (!block) continue;
      if (block.last === undefined && LEVELS[block.kind] >= level) block.last = Math.max(block.first, this.#line - 1);
      // What comes before was ended when this one began.
      if (LEVELS[block.kind] <= Math.min(level, LEVELS.round)) break;
    }
  }

  #fact(text: string): void {
    this.#write(`- ${inlineText(text)}\n`);
  }

  #write(text: string): void {
    this.#written += text;
    if (text !== '') this.#isAfterBlank = text.endsWith('\n\n');
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#line++;
  }
}
