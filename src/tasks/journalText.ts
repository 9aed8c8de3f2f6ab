/** A journal for a person to read: the same transcript that the task wrote while it ran, as far as the journal has it. */
import * as l10n from '@vscode/l10n';
import type { Message } from '../agent/types';
import { parseJson, isJsonObject } from '../base/json';
import { visibleText } from '../base/visibleText';
import type { JournalLine } from './journalFormat';
import { endOf, type ReadJournal } from './journalReader';
import { rememberRun } from './resume';
import { utcTime } from './runWords';
import { Transcript } from './transcript';
import type { RunEvent } from './types';

const RESULT_CHARS = 2_000;
const RESULT_LINES = 20;

/** Lines without a line break and without control characters. */
export function journalText(read: ReadJournal): readonly string[] {
  const written: string[] = [];
  const writeLine = (line: string): void => void written.push(line);
  const { header, lines, problems } = read;
  writeLine(l10n.t('Task {0}, begun {1}, version {2}', header.runId, utcTime(header.at), header.version));
  const show = new JournalView(writeLine, header.runId, header.request.task);
  for (const line of lines) show.add(line);
  show.end();
  for (const { line, message } of problems)
    writeLine(l10n.t('Line {0} of the journal cannot be read: {1}', line, message));
  if (endOf(lines)) return written;
  writeLine(l10n.t('The journal ends here: the task goes on, or it was interrupted.'));
  for (const { server, tool } of rememberRun(read).unknown) {
    writeLine(
      visibleText(l10n.t('Nobody knows whether the call of "{0}" of MCP server "{1}" was done.', tool, server)),
    );
  }
  return written;
}

class JournalView {
  readonly #transcript: Transcript;
  #round = 0;

  constructor(
    private readonly writeLine: (line: string) => void,
    private readonly runId: string,
    private readonly task: string,
  ) {
    this.#transcript = new Transcript(writeLine);
  }

  add(line: JournalLine): void {
    switch (line.type) {
      case 'started':
        this.#tell({ ...line, type: 'run_start', runId: this.runId, task: this.task });
        break;
      case 'resumed':
        this.#line(l10n.t('Taken up again {0}', utcTime(line.at)));
        break;
      case 'usage':
        this.#tell({ type: 'round_start', round: line.round });
        this.#round = line.round;
        this.#tell({ ...line, prefixShare: null });
        break;
      case 'message':
        this.#message(line.message);
        break;
      case 'conversation':
        if (this.#round > 0)
          this.#line(l10n.t('The conversation was made shorter: {0} messages', line.messages.length));
        break;
      case 'call':
        this.#line(l10n.t('Running {0} › {1}', line.server, line.tool));
        break;
      case 'end':
        this.#tell({ ...line, type: 'run_end', text: '' });
        break;
    }
  }

  end(): void {
    this.#transcript.end();
  }

  #message(message: Message): void {
    switch (message.role) {
      case 'system':
        break;
      case 'user':
        this.#block(l10n.t('Said to the model:'), message.content);
        break;
      case 'assistant':
        if (message.content !== '') this.#tell({ type: 'text_delta', text: message.content });
        for (const { id, name, arguments: text } of message.toolCalls) {
          const parsed = parseJson(text);
          const args = parsed.ok && isJsonObject(parsed.value) ? parsed.value : {};
          this.#tell({ type: 'tool_call', id, server: null, tool: name, arguments: args, recovered: false });
        }
        break;
      case 'tool':
        this.#block('Result:', message.content);
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

  #tell(event: RunEvent): void {
    // How long after the start each thing happened is not in a journal, and the transcript does not show it.
    this.#transcript.add({ ...event, at: 0 });
  }
}
