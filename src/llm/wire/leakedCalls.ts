import type { ToolDefinition } from '../../agent/types';
import { findByToolName } from '../../base/toolNames';
import { readBareCalls } from './bareCalls';
import { CodeSpans } from './codeSpans';
import type { LeakedCall, LeakContext, Verdict } from './leakedJson';
import { LEAK_FORMATS } from './leakFormats';

/** From so many characters on, a held text is looked at again only when it has grown by this factor. */
const LONG = 256;
const LOOK_AGAIN = 1.125;

export type LeakPiece =
  | { readonly type: 'text'; readonly text: string }
  /** `raw` is the text that they stood in. */
  | { readonly type: 'calls'; readonly calls: readonly LeakedCall[]; readonly raw: string };

/**
 * Finds calls that a server's parser left in the text, as it streams. What could become a call is held back until that
 * is decided, so that its markup is never shown; what turns out to be text comes out as it went in. Only calls to
 * offered tools count, and only outside Markdown's code: an example in a fence is an example.
 *
 * The pieces say the same however the text is cut.
 */
export class LeakedCallReader {
  readonly #code = new CodeSpans();
  #held = '';
  /** How long the held text must be before another look at it is worth its time. */
  #nextLook = 0;
  /** Nothing but blanks so far: the answer as a whole may be a call. */
  #isStart = true;
  /** Blanks after a call belong to it. */
  #isAfterCall = false;

  constructor(
    private readonly tools: readonly ToolDefinition[],
    /** Whether a text that has no marks, but is a call as a whole, counts. */
    private readonly takesBare: boolean,
  ) {}

  push(text: string): readonly LeakPiece[] {
    this.#held += text;
    return this.#held.length < this.#nextLook ? [] : this.#drain(false);
  }

  /** What was held back, at the end of the stream. */
  end(): readonly LeakPiece[] {
    return this.#drain(true);
  }

  #drain(isEnd: boolean): readonly LeakPiece[] {
    const pieces: LeakPiece[] = [];
    let plain = '';
    let at = 0;
    while (at < this.#held.length) {
      const char = this.#held[at] ?? '';
      const isCode = this.#code.holds(char);
      const verdict = isCode ? 'no' : this.#judge(char, at, isEnd);
      if (verdict === 'more') break;
      if (verdict !== 'no') {
        if (plain !== '') pieces.push({ type: 'text', text: plain });
        plain = '';
        pieces.push({ type: 'calls', calls: verdict.calls, raw: this.#held.slice(at, at + verdict.length) });
        at += verdict.length;
        this.#isAfterCall = true;
        this.#isStart = false;
        this.#code.take('\n');
        continue;
      }
      this.#code.take(char);
      at++;
      const isBlank = /\s/.test(char);
      if (isBlank && this.#isAfterCall) continue;
      plain += char;
      if (isBlank) continue;
      this.#isStart = false;
      this.#isAfterCall = false;
    }
    this.#held = this.#held.slice(at);
    // A long call is read again from its beginning with each look, so the looks become rarer as it grows.
    this.#nextLook = this.#held.length < LONG ? 0 : Math.floor(this.#held.length * LOOK_AGAIN);
    if (plain !== '') pieces.push({ type: 'text', text: plain });
    return pieces;
  }

  #judge(char: string, at: number, isEnd: boolean): Verdict {
    const isBare = this.#isStart && this.takesBare && (char === '{' || char === '[');
    if (char !== '<' && char !== '[' && !isBare) return 'no';
    const text = this.#held.slice(at);
    const context: LeakContext = { find: (name) => findTool(name, this.tools), isEnd };
    let isOpen = false;
    for (const { mark, read } of LEAK_FORMATS) {
      const verdict = text.startsWith(mark) ? read(text, context) : mark.startsWith(text) ? 'more' : 'no';
      if (typeof verdict !== 'string') return verdict;
      isOpen ||= verdict === 'more';
    }
    const bare = isBare ? readBareCalls(text, context) : 'no';
    if (typeof bare !== 'string') return bare;
    return (isOpen || bare === 'more') && !isEnd ? 'more' : 'no';
  }
}

export function findTool(name: string, tools: readonly ToolDefinition[]): ToolDefinition | undefined {
  return findByToolName(name, tools, (tool) => [tool.name]);
}
