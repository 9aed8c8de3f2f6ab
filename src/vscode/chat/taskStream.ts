/** A task as it goes, in an answer of the chat: its words as they come, each tool call as a line, a ledger at the end. */
import * as l10n from '@vscode/l10n';
import { countText, decimalText } from '../../base/numberText';
import type * as vscode from 'vscode';
import type { TaskEvent } from '../../tasks/types';
import { formatElapsed } from '../models/modelText';
import { PhaseNews } from '../../tasks/phaseText';
import { nameOfModel } from '../models/serverList';
import type { TaskStatus } from '../tasks/taskStatus';
import { code, modelMarkdown, plain, VisibleStream } from './chatMarkdown';

type Stream = Pick<vscode.ChatResponseStream, 'markdown' | 'progress'>;
type RunEnd = Extract<TaskEvent, { type: 'run_end' }>;

const RESULT_CHARS = 160;

export class TaskStream {
  readonly #names = new Map<string, string>();
  readonly #text = new VisibleStream();
  readonly #phases = new PhaseNews();
  #block: 'none' | 'text' | 'line' = 'none';
  #calls = 0;
  #isWaiting = false;
  #model = '';

  /** `server`: that of the task's model, where it is not the main one. */
  constructor(
    private readonly stream: Stream,
    private readonly server: string | undefined,
  ) {}

  add(event: TaskEvent): void {
    switch (event.type) {
      case 'run_start':
        this.#model = nameOfModel(this.server, event.model);
        this.stream.progress(l10n.t('Working with {0}…', plain(this.#model)));
        return;
      case 'text_delta':
        this.#write(this.#text.add(event.text));
        return;
      case 'phase':
        this.#phase(event);
        return;
      case 'tool_call': {
        const name = event.server === null ? event.tool : `${event.server}/${event.tool}`;
        this.#names.set(event.id, name);
        this.#calls++;
        this.stream.progress(l10n.t('Using {0}…', plain(name)));
        return;
      }
      case 'tool_result':
        this.#line(resultLine(this.#names.get(event.id) ?? event.id, event));
        return;
      case 'retry':
        this.stream.progress(l10n.t('Trying again…'));
        return;
      case 'warning':
        this.#line(l10n.t('- Note: {0}', plain(event.message, 300)));
        return;
      case 'run_end':
        this.#ledger(event);
        return;
      default:
        return;
    }
  }

  /** A question to the person stands in another place than the chat. */
  follow({ isWaiting }: Pick<TaskStatus, 'isWaiting'>): void {
    if (isWaiting && !this.#isWaiting) this.stream.progress(l10n.t('Waiting for your answer…'));
    this.#isWaiting = isWaiting;
  }

  #phase(event: Extract<TaskEvent, { type: 'phase' }>): void {
    const news = this.#phases.add(event);
    if (news !== undefined) this.stream.progress(news);
  }

  #write(text: string): void {
    if (text === '') return;
    const start = this.#block === 'line' ? '\n\n' : '';
    this.#block = 'text';
    this.stream.markdown(modelMarkdown(start + text));
  }

  /** `line` is Markdown of ours. */
  #line(line: string): void {
    this.#write(this.#text.end());
    const start = this.#block === 'none' ? '' : this.#block === 'line' ? '\n' : '\n\n';
    this.#block = 'line';
    this.stream.markdown(modelMarkdown(start + line));
  }

  #ledger({ rounds, durationMs, usage }: RunEnd): void {
    this.#write(this.#text.end());
    const read = usage.promptTokens === null ? '?' : countText(usage.promptTokens);
    const written = usage.completionTokens === null ? '?' : countText(usage.completionTokens);
    const facts = [
      ...(this.#model === '' ? [] : [code(this.#model)]),
      rounds === 1 ? l10n.t('1 round') : l10n.t('{0} rounds', rounds),
      this.#calls === 1 ? l10n.t('1 tool call') : l10n.t('{0} tool calls', this.#calls),
      l10n.t('{0} tokens read, {1} written', read, written),
      formatElapsed(durationMs),
    ];
    this.stream.markdown(modelMarkdown(`\n\n---\n\n${facts.join(' · ')}\n`));
  }
}

function resultLine(name: string, event: Extract<TaskEvent, { type: 'tool_result' }>): string {
  const seconds = decimalText(event.durationMs / 1_000, 1);
  if (!event.isError) return l10n.t('- {0}: done in {1} s', code(name), seconds);
  return l10n.t('- {0}: failed. {1}', code(name), plain(event.text, RESULT_CHARS));
}
