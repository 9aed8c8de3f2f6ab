/**
 * A task as a Markdown document that grows: for an editor, and for a file. Headings for rounds, reasoning, answers and
 * calls; one fact a line; what models and tools write only between fences. Pure but for the language.
 */
import * as l10n from '@vscode/l10n';
import { countText } from '../base/numberText';
import { visibleText } from '../base/visibleText';
import { BlockPage, type TaskBlock } from './blockPage';
import { fenced, FencedStream, inlineText } from './fencedText';
import type { JournalEvent } from './journalEvents';
import { PhaseLines } from './phaseText';
import { contextWords, countOf, duration, RunMeasures, wholeHead } from './runWords';
import { characters, contextLine, endTitle, ledger, plainLines } from './taskFacts';
import type { TaskEvent } from './types';

/** Of a live run, or of a journal; `at` is in milliseconds since the run began. */
export type ShownEvent = TaskEvent | JournalEvent;
type Of<T extends ShownEvent['type']> = Extract<ShownEvent, { type: T }>;

interface Call {
  /** From 1. */
  readonly count: number;
  /** On one line. */
  readonly name: string;
  readonly block: TaskBlock;
  readonly isAnswered: boolean;
}

interface Stream {
  readonly type: 'reasoning_delta' | 'text_delta';
  readonly fence: FencedStream;
  readonly since: number;
  until: number;
  chars: number;
}

const TITLE_CHARS = 80;

export class TaskMarkdown {
  readonly #page = new BlockPage();
  readonly #phases = new PhaseLines(true);
  readonly #measures = new RunMeasures();
  /** By the id of the call; a later call of the same id is the one that is meant. */
  readonly #calls = new Map<string, Call>();
  #callCount = 0;
  #failedCount = 0;
  #stream: Stream | undefined;
  /** What stands there of the task. */
  #shown: string | undefined;
  /** What was streamed of the answer in this round. */
  #answer = '';

  /** In the order of their headings. */
  get blocks(): readonly TaskBlock[] {
    return this.#page.blocks;
  }

  /** Lines that have ended. */
  get lineCount(): number {
    return this.#page.lineCount;
  }

  /** The heading, before anything has happened; `task` may be the beginning of it. Returns the text that was appended. */
  begin(task: string): string {
    return this.#page.piece(() => this.#begin(task));
  }

  /** Returns the text that was appended. */
  add(event: ShownEvent): string {
    return this.#page.piece(() => {
      this.#render(event);
    });
  }

  /** A fact in a line of its own. Returns the text that was appended. */
  note(text: string): string {
    return this.#page.piece(() => {
      this.#endStream();
      this.#page.fact(text);
    });
  }

  #render(event: ShownEvent): void {
    if (event.type === 'reasoning_delta' || event.type === 'text_delta') {
      this.#addStreamed(event);
      return;
    }
    if (event.type === 'phase' || event.type === 'usage' || event.type === 'context') this.#measures.add(event);
    const line = event.type === 'phase' ? this.#phases.add(event, event.at) : undefined;
    // Only what is written ends a text that still streams.
    if (event.type === 'phase' && line === undefined) return;
    this.#endStream();
    this.#tell(event, line);
  }

  #tell(event: Exclude<ShownEvent, Of<'reasoning_delta' | 'text_delta'>>, phaseLine: string | undefined): void {
    switch (event.type) {
      case 'run_start':
        this.#runStart(event);
        break;
      case 'round_start':
        this.#answer = '';
        this.#page.open(
          'round',
          l10n.t('Round {0}', event.round),
          l10n.t('Round {0}, after {1}', event.round, duration(event.at)),
        );
        break;
      case 'tool_call':
        this.#call(event);
        break;
      case 'approval':
        this.#page.fact(this.#approval(event));
        break;
      case 'tool_result':
        this.#result(event);
        break;
      case 'steered':
        this.#message(l10n.t('You said'), event.text);
        break;
      case 'own_words':
        this.#message(l10n.t('Said to the model'), event.text);
        break;
      case 'shortened':
        this.#page.fact(l10n.t('The conversation was made shorter: {0} messages', event.messages));
        break;
      case 'run_end':
        this.#runEnd(event);
        break;
      case 'phase':
        if (phaseLine !== undefined) this.#page.fact(phaseLine);
        break;
      case 'context':
        this.#page.fact(contextLine(event));
        break;
      case 'taken_up':
      case 'call_begun':
        break;
      default:
        if (event.type === 'retry') this.#answer = '';
        for (const fact of plainLines(event)) this.#page.fact(fact);
    }
  }

  #begin(task: string): void {
    const title = inlineText(task);
    const heading = title.length > TITLE_CHARS ? `${visibleText(wholeHead(title, TITLE_CHARS))}…` : title;
    if (this.#page.blocks.length === 0) {
      this.#page.open('task', l10n.t('Task: {0}', heading));
      this.#shown = heading;
    }
    if (this.#shown === task) return;
    this.#shown = task;
    this.#page.write(`${fenced(task, 'text')}\n`);
  }

  #runStart(event: Of<'run_start'>): void {
    this.#begin(event.task);
    if (event.resumed) this.#page.open('round', l10n.t('Taken up again'));
    const servers = event.servers.length === 0 ? l10n.t('none') : event.servers.join(', ');
    this.#page.fact(l10n.t('Model: {0}', event.model));
    if (event.contextLength !== null) {
      const source = contextWords(event.contextSource);
      this.#page.fact(l10n.t('Context: {0} tokens ({1})', countText(event.contextLength), source));
    }
    this.#page.fact(l10n.t('MCP servers: {0} ({1})', servers, countOf(event.toolCount)));
  }

  #addStreamed(event: Of<'reasoning_delta' | 'text_delta'>): void {
    const { type, text, at } = event;
    if (text === '') return;
    if (this.#stream?.type !== type) {
      this.#endStream();
      const isAnswer = type === 'text_delta';
      this.#page.open(isAnswer ? 'answer' : 'reasoning', isAnswer ? l10n.t('Answer') : l10n.t('Reasoning'));
      this.#stream = { type, fence: new FencedStream(isAnswer ? 'markdown' : 'text'), since: at, until: at, chars: 0 };
      this.#page.write(this.#stream.fence.begin());
    }
    this.#stream.until = 'durationMs' in event ? at + event.durationMs : at;
    this.#stream.chars += text.length;
    if (type === 'text_delta') this.#answer += text;
    this.#page.write(this.#stream.fence.add(text));
  }

  #endStream(): void {
    const stream = this.#stream;
    if (!stream) return;
    this.#stream = undefined;
    this.#page.write(stream.fence.end());
    this.#page.close('reasoning');
    if (stream.type === 'text_delta') return;
    this.#page.fact(l10n.t('Thought for {0}, {1}', duration(stream.until - stream.since), characters(stream.chars)));
  }

  #call(event: Of<'tool_call'>): void {
    const { id, server, tool, rawArguments } = event;
    const known = this.#calls.get(id);
    // Asked for again when a run is taken up again, it is the same call.
    const count = known?.isAnswered === false ? known.count : ++this.#callCount;
    const name = inlineText(server === null ? tool : l10n.t('{0} of {1}', tool, server));
    const block = this.#page.open('call', l10n.t('Call {0}: {1}', count, name));
    this.#calls.set(id, { count, name, block, isAnswered: false });
    if (event.recovered) this.#page.fact(l10n.t('The call stood in the text of the answer'));
    const isEmpty = rawArguments === undefined && Object.keys(event.arguments).length === 0;
    this.#page.fact(isEmpty ? l10n.t('No arguments') : l10n.t('Arguments:'));
    if (rawArguments !== undefined) this.#page.write(fenced(rawArguments, 'text'));
    else if (!isEmpty) this.#page.write(fenced(JSON.stringify(event.arguments, null, 2), 'json'));
  }

  #result(event: Of<'tool_result'>): void {
    const { id, text } = event;
    const call = this.#calls.get(id);
    const isElsewhere = call?.block.last !== undefined;
    if (!call) this.#page.open('call', l10n.t('Result of a call'));
    const block = isElsewhere
      ? this.#page.open('call', l10n.t('Result of call {0}: {1}', call.count, call.name))
      : call?.block;
    if (call && block) this.#calls.set(id, { ...call, block, isAnswered: true });
    if (event.isError) this.#failedCount++;
    const head = event.isError ? l10n.t('Failed ({0})', event.code ?? 'tool-failed') : l10n.t('Result');
    this.#page.push('result', head);
    this.#page.fact(`${resultLine(event)}${text === '' ? '' : ':'}`);
    if (text !== '') this.#page.write(fenced(text, 'text'));
    this.#page.close('result');
  }

  #approval({ id, decision, reason }: Of<'approval'>): string {
    const call = this.#calls.get(id);
    const isApproved = decision === 'approved';
    // Which call is meant can be seen where it still goes on.
    if (call?.block.last === undefined) {
      return isApproved ? l10n.t('Approved: {0}', reason) : l10n.t('Denied: {0}', reason);
    }
    return isApproved
      ? l10n.t('Approved (call {0}: {1}): {2}', call.count, call.name, reason)
      : l10n.t('Denied (call {0}: {1}): {2}', call.count, call.name, reason);
  }

  #message(title: string, text: string): void {
    this.#page.open('message', title);
    this.#page.write(fenced(text, 'text'));
  }

  #runEnd(end: Of<'run_end'>): void {
    if (end.text !== '' && end.text !== this.#answer) {
      this.#page.open('answer', l10n.t('Answer'));
      this.#page.write(fenced(end.text, 'markdown'));
    }
    this.#page.open('end', endTitle(end.status));
    const calls = { all: this.#callCount, failed: this.#failedCount };
    const measures = ('measures' in end ? end.measures : null) ?? this.#measures;
    for (const fact of ledger(end, calls, measures)) this.#page.fact(fact);
    this.#page.close('task');
  }
}

function resultLine(event: Of<'tool_result'>): string {
  const size = characters(event.text.length);
  if (event.durationMs === null) return l10n.t('Result, {0}', size);
  const time = duration(event.durationMs);
  if (!event.isError) {
    return event.truncated
      ? l10n.t('Result after {0}, {1}, cut for the model', time, size)
      : l10n.t('Result after {0}, {1}', time, size);
  }
  const code = event.code ?? 'tool-failed';
  return event.truncated
    ? l10n.t('Failed ({0}) after {1}, {2}, cut for the model', code, time, size)
    : l10n.t('Failed ({0}) after {1}, {2}', code, time, size);
}
