import { StringDecoder } from 'node:string_decoder';
import { visibleText } from '../base/visibleText';

const MAX_CHARACTERS = 8 * 1024;
const MAX_LINES = 40;

/** The last lines of an output that may be endless: at most 40 of them and 8192 characters. */
export class OutputTail {
  readonly #decoder = new StringDecoder('utf8');
  #text = '';

  push(chunk: Buffer): void {
    this.#text = (this.#text + this.#decoder.write(chunk)).slice(-2 * MAX_CHARACTERS);
  }

  /** Safe to show in a terminal, and without surrounding blank space; empty where nothing was said. */
  read(): string {
    // A lone carriage return is how progress bars overwrite themselves.
    const plain = visibleText(this.#text.replace(/\r\n?/g, '\n')).trim();
    return plain.slice(-MAX_CHARACTERS).split('\n').slice(-MAX_LINES).join('\n').trim();
  }
}
