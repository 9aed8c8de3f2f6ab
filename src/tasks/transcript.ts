/** A task as plain text, line by line: for an output channel, a terminal, a log. Needs no colour and no markup to be read. */
import { visibleText } from '../base/visibleText';
import { PhaseLines } from './phaseText';
import {
  type ContextUse,
  contextWords,
  countOf,
  duration,
  Pace,
  percent,
  shareOf,
  tokens,
  toolLines,
} from './runWords';
import type { RunEnd, TaskEvent } from './types';

/** Longest line of streamed text before it is broken at a space. */
const LINE_WIDTH = 110;
const RESULT_LINES = 6;
const RESULT_CHARS = 600;
const ARGUMENT_CHARS = 1_000;
export interface TranscriptOptions {
  /** False leaves out the answer's text, for doors that print it elsewhere. */
  readonly withAnswer: boolean;
  /** False leaves out how long a prompt may take, for doors that tell of it elsewhere. */
  readonly withEstimates: boolean;
}

export class Transcript {
  #streaming: 'reasoning_delta' | 'text_delta' | undefined;
  #line = '';
  readonly #pace = new Pace();
  readonly #phases: PhaseLines;
  #fullest: ContextUse | undefined;

  /** `writeLine` is given whole lines without a line break and without control characters. */
  constructor(
    private readonly writeLine: (line: string) => void,
    private readonly options: TranscriptOptions = { withAnswer: true, withEstimates: true },
  ) {
    this.#phases = new PhaseLines(options.withEstimates);
  }

  add(event: TaskEvent): void {
    if (event.type === 'reasoning_delta' || event.type === 'text_delta') {
      if (event.type === 'reasoning_delta' || this.options.withAnswer) this.#stream(event.type, event.text);
      // The door is about to print the answer: the reasoning before it must be out.
      else this.#endStream();
      return;
    }
    this.#endStream();
    this.#pace.add(event);
    if (event.type === 'context' && !(shareOf(event) < shareOf(this.#fullest))) this.#fullest = event;
    for (const line of this.#linesOf(event)) this.#write(line);
  }

  #ledger(end: RunEnd): readonly string[] {
    return [...contextLines(end, this.#fullest), endLine(end, this.#pace.tokensPerSecond)];
  }

  /** Writes what is still waiting for the end of its line. */
  end(): void {
    this.#endStream();
  }

  #linesOf(event: TaskEvent): readonly string[] {
    if (event.type === 'run_end') return this.#ledger(event);
    if (event.type !== 'phase') return describe(event);
    const line = this.#phases.add(event, event.at);
    return line === undefined ? [] : [line];
  }

  #write(line: string): void {
    // A message or a tool's name may hold line breaks, and must not look like lines of ours.
    this.writeLine(joinLines(visibleText(line)).trimEnd());
  }

  #stream(type: 'reasoning_delta' | 'text_delta', text: string): void {
    if (this.#streaming !== type) {
      this.#endStream();
      this.#streaming = type;
      this.#write(type === 'reasoning_delta' ? 'Reasoning:' : 'Answer:');
    }
    const lines = (this.#line + text).split(/\r?\n/);
    this.#line = lines.pop() ?? '';
    for (const line of lines) this.#writeWrapped(line);
    while (this.#line.length > LINE_WIDTH) this.#line = this.#writeHead(this.#line);
  }

  #endStream(): void {
    if (this.#line.trim() !== '') this.#writeWrapped(this.#line);
    this.#line = '';
    this.#streaming = undefined;
  }

  #writeWrapped(line: string): void {
    let rest = line;
    while (rest.length > LINE_WIDTH) rest = this.#writeHead(rest);
    this.#write(`  ${rest}`);
  }

  /** Writes as much as fits on a line; returns the rest. */
  #writeHead(line: string): string {
    const space = line.lastIndexOf(' ', LINE_WIDTH);
    const end = space > LINE_WIDTH / 2 ? space : LINE_WIDTH;
    const head = wholeHead(line, end);
    this.#write(`  ${head}`);
    return line.slice(head.length).trimStart();
  }
}

function contextLines({ compactions, prefixShare }: RunEnd, fullest: ContextUse | undefined): readonly string[] {
  if (!fullest) return [];
  const times = compactions === 1 ? 'once' : `${String(compactions)} times`;
  const shortened = compactions === 0 ? '' : `, shortened ${times}`;
  const reused =
    prefixShare === null ? '' : `; at least ${percent(prefixShare)} of each prompt continued the one before`;
  const { usedTokens, limit, source } = fullest;
  return [
    `Context: at most ${tokens(usedTokens)} of ${tokens(limit)} tokens (${percent(shareOf(fullest))}, ${contextWords(source)})${shortened}${reused}.`,
  ];
}

function describe(event: TaskEvent): readonly string[] {
  switch (event.type) {
    case 'run_start':
      return [
        `Task: ${oneLine(event.task)}`,
        `Model: ${event.model}${event.contextLength === null ? '' : ` (context ${tokens(event.contextLength)}, ${contextWords(event.contextSource)})`}`,
        `MCP servers: ${event.servers.length === 0 ? 'none' : event.servers.join(', ')} (${countOf(event.toolCount)})`,
      ];
    case 'tools':
      return toolLines(event);
    case 'round_start':
      return [`Round ${String(event.round)}`];
    case 'tool_call':
      return [`Call ${event.server === null ? '' : `${event.server} › `}${event.tool} ${argumentsText(event)}`];
    case 'approval':
      return [`${event.decision === 'approved' ? 'Approved' : 'Denied'}: ${event.reason}`];
    case 'tool_result':
      return resultLines(event);
    case 'retry':
      return [
        `Retry ${String(event.attempt)} in ${duration(event.delayMs)} (${event.code}). What was streamed in this round no longer counts.`,
      ];
    case 'usage':
      return event.promptTokens === null
        ? []
        : [`Tokens: ${tokens(event.promptTokens)} read, ${tokens(event.completionTokens ?? 0)} written`];
    case 'warning':
      return [`Warning: ${event.message}`];
    case 'steered':
      return [`You said: ${oneLine(event.text)}`];
    case 'paused':
      return ['Paused: waits until you let it go on.'];
    case 'resumed':
      return ['Goes on.'];
    case 'error':
      return [
        `${event.code.startsWith('limit-') || event.code === 'loop-detected' || event.code === 'cancelled' ? 'Stopped' : 'Error'}: ${event.message}`,
        ...(event.hint === null ? [] : [`What to do: ${event.hint}`]),
      ];
    case 'context':
    case 'run_end':
    case 'phase':
    case 'reasoning_delta':
    case 'text_delta':
      return [];
  }
}

function argumentsText(event: Extract<TaskEvent, { type: 'tool_call' }>): string {
  const text = event.rawArguments ?? JSON.stringify(event.arguments);
  return oneLine(text.length > ARGUMENT_CHARS ? `${wholeHead(text, ARGUMENT_CHARS)} …` : text);
}

function resultLines(event: Extract<TaskEvent, { type: 'tool_result' }>): readonly string[] {
  const lines = wholeHead(event.text, RESULT_CHARS).split(/\r?\n/);
  const shown = lines.slice(0, RESULT_LINES).map((line) => `  ${line}`);
  const isShort = event.text.length <= RESULT_CHARS && lines.length <= RESULT_LINES;
  const size = `${String(event.text.length)} characters${event.truncated ? ', cut for the model' : ''}`;
  const head = event.isError ? `Failed (${event.code ?? 'tool-failed'})` : 'Result';
  return [`${head} after ${duration(event.durationMs)}, ${size}:`, ...shown, ...(isShort ? [] : ['  …'])];
}

function endLine(event: RunEnd, pace: number | null): string {
  const { promptTokens, completionTokens } = event.usage;
  const used =
    promptTokens === null ? '' : `, ${tokens(promptTokens)} tokens read, ${tokens(completionTokens ?? 0)} written`;
  const speed = pace === null ? '' : ` (${pace.toFixed(pace < 10 ? 1 : 0)} tokens/s)`;
  const count = event.recoveredCalls;
  const recovered = count === 0 ? '' : `, ${String(count)} ${count === 1 ? 'call' : 'calls'} found in text`;
  const words = { completed: 'Done', failed: 'Failed', limit: 'Stopped at a limit', cancelled: 'Cancelled' }[
    event.status
  ];
  return `${words}: ${String(event.rounds)} ${event.rounds === 1 ? 'round' : 'rounds'}, ${duration(event.durationMs)}${used}${speed}${recovered}.`;
}

function oneLine(text: string): string {
  return joinLines(text).trim();
}

/** The first `end` characters, without half of one that takes two. */
function wholeHead(text: string, end: number): string {
  const isCut = /^[\udc00-\udfff]/.test(text.slice(end)) && end > 0;
  return text.slice(0, isCut ? end - 1 : end);
}

function joinLines(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ');
}
