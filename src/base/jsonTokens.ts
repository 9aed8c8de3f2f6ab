/** One piece of JSON, or of what was meant as JSON. `text` is what it means: a string without its quotes and escapes. */
export interface JsonToken {
  readonly kind: 'mark' | 'string' | 'word';
  readonly text: string;
}

export interface JsonScan {
  readonly tokens: readonly JsonToken[];
  /** The text ends inside a string, a comment or a bracket: something is missing. */
  readonly isOpen: boolean;
  /** An escape that JSON does not know, or brackets that do not match: what was meant cannot be told. */
  readonly isBroken: boolean;
  /** Where the scan stopped. */
  readonly end: number;
}

const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  '"': '"',
  "'": "'",
  '\\': '\\',
  '/': '/',
};
const CLOSING: Readonly<Record<string, string>> = { '{': '}', '[': ']' };

/**
 * Reads JSON as models write it: with single quotes, comments, bare keys and Python's words. Commas mean nothing here,
 * so that a missing or a spare one makes no difference. Never throws.
 */
export function scanJson(text: string): JsonScan {
  return new Scanner(text, 0, false).scan();
}

/**
 * Where the value that begins at `start` ends; -1 where the text ends before. A bare word or number ends at `text.length`
 * where nothing follows: whether it goes on is for the caller to know.
 */
export function endOfJsonValue(text: string, start: number): number {
  const { isOpen, end, tokens } = new Scanner(text, start, true).scan();
  return isOpen || tokens.length === 0 ? -1 : end;
}

class Scanner {
  readonly #tokens: JsonToken[] = [];
  readonly #closings: string[] = [];
  #isOpen = false;
  #isBroken = false;

  constructor(
    private readonly text: string,
    private at: number,
    private readonly isOneValue: boolean,
  ) {}

  scan(): JsonScan {
    while (this.at < this.text.length && !this.#isOpen) {
      if (this.#skip()) continue;
      this.#take(this.text[this.at] ?? '');
      if (this.isOneValue && this.#closings.length === 0) break;
    }
    const isOpen = this.#isOpen || this.#closings.length > 0;
    return { tokens: this.#tokens, isOpen, isBroken: this.#isBroken, end: this.at };
  }

  /** Blanks, commas and comments. */
  #skip(): boolean {
    const { text, at } = this;
    if (/[\s,]/.test(text[at] ?? '')) {
      this.at++;
      return true;
    }
    if (text.startsWith('/*', at)) {
      const end = text.indexOf('*/', at + 2);
      this.#isOpen = end < 0;
      this.at = end < 0 ? text.length : end + 2;
      return true;
    }
    if (!text.startsWith('//', at)) return false;
    const end = text.indexOf('\n', at);
    this.at = end < 0 ? text.length : end;
    return true;
  }

  #take(char: string): void {
    const closing = CLOSING[char];
    if (char === '"' || char === "'") this.#takeString(char);
    else if (closing !== undefined) {
      this.#closings.push(closing);
      this.#mark(char);
    } else if (char === '}' || char === ']') {
      if (this.#closings.pop() !== char) this.#isBroken = true;
      this.#mark(char);
    } else if (':()'.includes(char)) this.#mark(char);
    else this.#takeWord();
  }

  #mark(char: string): void {
    this.at++;
    // A bare word before a colon is a key.
    const last = this.#tokens.at(-1);
    if (char === ':' && last?.kind === 'word') this.#tokens[this.#tokens.length - 1] = { ...last, kind: 'string' };
    this.#tokens.push({ kind: 'mark', text: char });
  }

  #takeString(quote: string): void {
    const { text } = this;
    let value = '';
    let from = this.at + 1;
    for (let i = from; i < text.length; i++) {
      if (text[i] === quote) {
        this.#tokens.push({ kind: 'string', text: value + text.slice(from, i) });
        this.at = i + 1;
        return;
      }
      if (text[i] !== '\\') continue;
      const [meaning, length] = this.#escape(i);
      value += text.slice(from, i) + meaning;
      i += length - 1;
      from = i + 1;
    }
    this.#isOpen = true;
    this.at = text.length;
  }

  #escape(at: number): readonly [meaning: string, length: number] {
    const { text } = this;
    const meaning = ESCAPES[text[at + 1] ?? ''];
    if (meaning !== undefined) return [meaning, 2];
    const hex = /^\\u([0-9a-fA-F]{4})/.exec(text.slice(at, at + 6))?.[1];
    if (hex !== undefined) return [String.fromCharCode(parseInt(hex, 16)), 6];
    this.#isBroken = true;
    return [text.slice(at, at + 2), 2];
  }

  #takeWord(): void {
    const start = this.at;
    while (this.at < this.text.length && !/[\s,:{}[\]()"']/.test(this.text[this.at] ?? '')) {
      if (this.at > start && /^\/[/*]/.test(this.text.slice(this.at, this.at + 2))) break;
      this.at++;
    }
    this.#tokens.push({ kind: 'word', text: this.text.slice(start, this.at) });
  }
}
