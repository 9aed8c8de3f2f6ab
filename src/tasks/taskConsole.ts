/** A task on a terminal that is not ours: the answer as it streams, in lines of its own, and everything else as the transcript. */
import { visibleText } from '../base/visibleText';
import { Transcript } from './transcript';
import type { TaskEvent } from './types';

/** After these, no more text of the same answer comes. */
const ENDS_ANSWER: ReadonlySet<TaskEvent['type']> = new Set(['round_start', 'usage', 'tool_call', 'error', 'run_end']);

export class TaskConsole {
  readonly #transcript: Transcript;
  #isLineOpen = false;
  /** What is to be said in the middle of a line of the answer waits for its end: a line that is cut in two matches nothing. */
  readonly #held: string[] = [];

  /** `write` is given text without control characters but tab and the terminal's line break. */
  constructor(private readonly write: (text: string) => void) {
    this.#transcript = new Transcript((line) => this.writeLine(line), { withAnswer: false, withEstimates: true });
  }

  add(event: TaskEvent): void {
    if (ENDS_ANSWER.has(event.type)) this.#endLine();
    this.#transcript.add(event);
    if (event.type === 'text_delta') this.#answer(visibleText(event.text.replaceAll('\r', '')));
  }

  writeLine(line: string): void {
    if (this.#isLineOpen) this.#held.push(line);
    else this.#write(`${visibleText(line)}\n`);
  }

  /** As the model wrote it, so that whoever reads its lines, such as a problem matcher, finds them whole. */
  #answer(text: string): void {
    const end = text.lastIndexOf('\n') + 1;
    if (end > 0) {
      this.#write(text.slice(0, end));
      this.#isLineOpen = false;
      this.#tellHeld();
    }
    if (end === text.length) return;
    this.#write(text.slice(end));
    this.#isLineOpen = true;
  }

  #endLine(): void {
    if (this.#isLineOpen) this.#write('\n');
    this.#isLineOpen = false;
    this.#tellHeld();
  }

  #tellHeld(): void {
    for (const line of this.#held.splice(0)) this.#write(`${visibleText(line)}\n`);
  }

  #write(text: string): void {
    this.write(text.replaceAll('\n', '\r\n'));
  }
}
