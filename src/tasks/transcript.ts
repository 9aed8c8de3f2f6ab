/** A task as plain text, line by line: for an output channel, a terminal, a log. Needs no colour and no markup to be read. */
import * as l10n from '@vscode/l10n';
import { countText, decimalText } from '../base/numberText';
import { visibleText } from '../base/visibleText';
import { PhaseLines } from './phaseText';
import { contextWords, countOf, duration, type Measures, percent, RunMeasures, shareOf, wholeHead } from './runWords';
import { endTitle, plainLines } from './taskFacts';
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
  readonly #measures = new RunMeasures();
  readonly #phases: PhaseLines;

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
    this.#measures.add(event);
    for (const line of this.#linesOf(event)) this.#write(line);
  }

  /** Writes what is still waiting for the end of its line. */
  end(): void {
    this.#endStream();
  }

  #linesOf(event: TaskEvent): readonly string[] {
    if (event.type === 'run_end') return [...contextLines(event, this.#measures), endLine(event, this.#measures)];
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
      this.#write(type === 'reasoning_delta' ? l10n.t('Reasoning:') : l10n.t('Answer:'));
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

function contextLines({ compactions, prefixShare }: RunEnd, { fullest }: Measures): readonly string[] {
  if (!fullest) return [];
  const times = compactions === 1 ? l10n.t('once') : l10n.t('{0} times', compactions);
  const shortened = compactions === 0 ? '' : l10n.t(', shortened {0}', times);
  const reused =
    prefixShare === null ? '' : l10n.t('; at least {0} of each prompt continued the one before', percent(prefixShare));
  const { usedTokens, limit, source } = fullest;
  return [
    l10n.t(
      'Context: at most {0} of {1} tokens ({2}, {3}){4}{5}.',
      countText(usedTokens),
      countText(limit),
      percent(shareOf(fullest)),
      contextWords(source),
      shortened,
      reused,
    ),
  ];
}

function describe(event: TaskEvent): readonly string[] {
  switch (event.type) {
    case 'run_start':
      return startLines(event);
    case 'round_start':
      return [l10n.t('Round {0}', event.round)];
    case 'tool_call':
      return [
        l10n.t('Call {0}{1} {2}', event.server === null ? '' : `${event.server} › `, event.tool, argumentsText(event)),
      ];
    case 'approval':
      return [`${event.decision === 'approved' ? l10n.t('Approved') : l10n.t('Denied')}: ${event.reason}`];
    case 'tool_result':
      return resultLines(event);
    case 'steered':
      return [l10n.t('You said: {0}', oneLine(event.text))];
    case 'context':
    case 'run_end':
    case 'phase':
    case 'reasoning_delta':
    case 'text_delta':
      return [];
    default:
      return plainLines(event);
  }
}

function startLines(event: Extract<TaskEvent, { type: 'run_start' }>): readonly string[] {
  const { task, model, contextLength, contextSource, servers, toolCount } = event;
  const context =
    contextLength === null ? '' : l10n.t(' (context {0}, {1})', countText(contextLength), contextWords(contextSource));
  const names = servers.length === 0 ? l10n.t('none') : servers.join(', ');
  return [
    l10n.t('Task: {0}', oneLine(task)),
    l10n.t('Model: {0}{1}', model, context),
    l10n.t('MCP servers: {0} ({1})', names, countOf(toolCount)),
  ];
}

function argumentsText(event: Extract<TaskEvent, { type: 'tool_call' }>): string {
  const text = event.rawArguments ?? JSON.stringify(event.arguments);
  return oneLine(text.length > ARGUMENT_CHARS ? `${wholeHead(text, ARGUMENT_CHARS)} …` : text);
}

function resultLines(event: Extract<TaskEvent, { type: 'tool_result' }>): readonly string[] {
  const lines = wholeHead(event.text, RESULT_CHARS).split(/\r?\n/);
  const shown = lines.slice(0, RESULT_LINES).map((line) => `  ${line}`);
  const isShort = event.text.length <= RESULT_CHARS && lines.length <= RESULT_LINES;
  const size = l10n.t('{0} characters{1}', event.text.length, event.truncated ? l10n.t(', cut for the model') : '');
  const head = event.isError ? l10n.t('Failed ({0})', event.code ?? 'tool-failed') : l10n.t('Result');
  return [l10n.t('{0} after {1}, {2}:', head, duration(event.durationMs), size), ...shown, ...(isShort ? [] : ['  …'])];
}

function endLine(event: RunEnd, { tokensPerSecond: pace }: Measures): string {
  const { promptTokens, completionTokens } = event.usage;
  const used =
    promptTokens === null
      ? ''
      : l10n.t(', {0} tokens read, {1} written', countText(promptTokens), countText(completionTokens ?? 0));
  const speed = pace === null ? '' : l10n.t(' ({0} tokens/s)', decimalText(pace, pace < 10 ? 1 : 0));
  const count = event.recoveredCalls;
  const recovered =
    count === 0 ? '' : count === 1 ? l10n.t(', 1 call found in text') : l10n.t(', {0} calls found in text', count);
  return `${endTitle(event.status)}: ${event.rounds === 1 ? l10n.t('1 round') : l10n.t('{0} rounds', event.rounds)}, ${duration(event.durationMs)}${used}${speed}${recovered}.`;
}

function oneLine(text: string): string {
  return joinLines(text).trim();
}

function joinLines(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ');
}
