/** A journal for a person at a terminal: the same transcript that the task wrote while it ran, as far as the journal has it. */
import * as l10n from '@vscode/l10n';
import { isJsonObject, parseJson } from '../base/json';
import { visibleText } from '../base/visibleText';
import { eventsOf, type JournalEvent } from './journalEvents';
import { beginLine, openEndLines, problemLine } from './journalNotes';
import type { ReadJournal } from './journalReader';
import { utcTime } from './runWords';
import { Transcript } from './transcript';

const RESULT_CHARS = 2_000;
const RESULT_LINES = 20;

/** Lines without a line break and without control characters. */
export function journalText(read: ReadJournal): readonly string[] {
  const written: string[] = [];
  const writeLine = (line: string): void => void written.push(line);
  writeLine(beginLine(read));
  const view = new JournalView(writeLine);
  for (const event of eventsOf(read)) view.add(event);
  view.end();
  for (const problem of read.problems) writeLine(problemLine(problem));
  for (const line of openEndLines(read)) writeLine(visibleText(line));
  return written;
}

class JournalView {
  readonly #transcript: Transcript;
  /** The tokens of an answer stand before it. */
  #answer: Extract<JournalEvent, { type: 'text_delta' }> | undefined;

  constructor(private readonly writeLine: (line: string) => void) {
    this.#transcript = new Transcript(writeLine);
  }

  add(event: JournalEvent): void {
    if (event.type === 'usage') this.#transcript.add(event);
    if (this.#answer) this.#transcript.add(this.#answer);
    this.#answer = event.type === 'text_delta' ? event : undefined;
    this.#show(event);
  }

  end(): void {
    if (this.#answer) this.#transcript.add(this.#answer);
    this.#transcript.end();
  }

  #show(event: JournalEvent): void {
    switch (event.type) {
      case 'run_start':
        this.#transcript.add({ ...event, resumed: false });
        break;
      case 'run_end':
      case 'round_start':
      case 'reasoning_delta':
      case 'approval':
      case 'retry':
      case 'warning':
      case 'error':
        this.#transcript.add(event);
        break;
      case 'taken_up':
        this.#line(l10n.t('Taken up again {0}', utcTime(event.at)));
        break;
      case 'steered':
      case 'own_words':
        this.#block(l10n.t('Said to the model:'), event.text);
        break;
      case 'shortened':
        this.#line(l10n.t('The conversation was made shorter: {0} messages', event.messages));
        break;
      case 'tool_call': {
        if (!event.asked) break;
        const parsed = parseJson(event.asked.arguments);
        const args = parsed.ok && isJsonObject(parsed.value) ? parsed.value : {};
        const { id, at, recovered } = event;
        this.#transcript.add({
          type: 'tool_call',
          id,
          at,
          recovered,
          server: null,
          tool: event.asked.name,
          arguments: args,
        });
        break;
      }
      case 'call_begun':
        this.#line(l10n.t('Running {0} › {1}', event.server, event.tool));
        break;
      case 'tool_result':
        this.#block('Result:', event.text);
        break;
      case 'usage':
      case 'text_delta':
        break;
    }
  }

  #block(head: string, text: string): void {
    this.#line(head);
    const shown = text.slice(0, RESULT_CHARS).split(/\r?\n/).slice(0, RESULT_LINES);
    for (const line of shown) this.#line(`  ${line}`);
    if (shown.join('\n').length < text.replace(/\r\n/g, '\n').length) this.#line('  …');
  }

  #line(text: string): void {
    this.#transcript.end();
    this.writeLine(
      visibleText(text)
        .replace(/\s*\n\s*/g, ' ')
        .trimEnd(),
    );
  }
}
