/** A task on a terminal that is not ours: the answer as it streams, in lines of its own, and everything else as the transcript. */
import { visibleText } from '../base/visibleText';
import { Transcript } from './transcript';
import type { TaskEvent } from './types';

/** After these, no more text of the same answer comes. */
const ENDS_ANSWER: ReadonlySet<TaskEvent['type']> = new Set(['round_start', 'usage', 'tool_call', 'error', 'run_end']);

export class TaskConsole {
  readonly #transcript: Transcript;
  #isLineOpen = false;

  /** `write` is given text without control characters but tab and the terminal's line break. */
  constructor(private readonly write: (text: string) => void) {
    this.#transcript = new Transcript((line) => this.writeLine(line), { withAnswer: false, withEstimates: true });
  }

  add(event: TaskEvent): void {
    if (ENDS_ANSWER.has(event.type)) this.#endLine();
    this.#transcript.add(event);
    if (event.type !== 'text_delta') return;
    // Whoever reads the lines of the answer, such as a problem matcher, finds them as the model wrote them.
    const text = visibleText(event.text.replaceAll('\r', ''));
    if (text === '') return;
    this.write(text.replaceAll('\n', '\r\n'));
    this.#isLineOpen = !text.endsWith('\n');
  }

  /** A line of its own, whatever stands open. */
  writeLine(line: string): void {
    this.#endLine();
    this.write(`${visibleText(line).replaceAll('\n', '\r\n')}\r\n`);
  }

  #endLine(): void {
    if (this.#isLineOpen) this.write('\r\n');
    this.#isLineOpen = false;
  }
}
