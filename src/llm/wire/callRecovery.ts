import type { ChatEvent, ToolDefinition } from '../../agent/types';
import { canonicalJson } from '../../base/json';
import { readLooseObject } from '../../base/looseJson';
import { findTool, LeakedCallReader, type LeakPiece } from './leakedCalls';
import type { LeakedCall } from './leakedJson';

type NativeCall = Omit<Extract<ChatEvent, { type: 'tool-call' }>, 'type' | 'recovered'>;

interface Thought {
  readonly calls: readonly LeakedCall[];
  readonly raw: string;
}

/**
 * Takes the calls out of the text and the reasoning of one answer. What a model writes into its reasoning is often a
 * draft: it counts only where nothing comes after it that can be seen, neither thought nor text nor a call of the server's.
 */
export class CallRecovery {
  readonly #text: LeakedCallReader;
  readonly #reasoning: LeakedCallReader;
  readonly #said: LeakedCall[] = [];
  #thought: Thought[] = [];

  /** Without tools everything is what it is. */
  constructor(private readonly tools: readonly ToolDefinition[]) {
    this.#text = new LeakedCallReader(tools, true);
    this.#reasoning = new LeakedCallReader(tools, false);
  }

  take(type: 'text' | 'reasoning', text: string): readonly ChatEvent[] {
    if (this.tools.length === 0) return text === '' ? [] : [{ type, text }];
    const pieces = type === 'text' ? this.#text.push(text) : this.#reasoning.push(text);
    return this.#sort(type, pieces);
  }

  /** What was held back, and then all calls: the server's own, and those found that are not the same as one of them. */
  end(native: readonly NativeCall[]): readonly ChatEvent[] {
    const events = [
      ...this.#sort('reasoning', this.#reasoning.end()),
      ...this.#sort('text', this.#text.end()),
    ] satisfies ChatEvent[];
    const sentCalls = native.map((call) => ({ type: 'tool-call', ...call, recovered: false }) as const);
    // As nearly always: nothing to compare them with.
    if (this.#thought.length === 0 && this.#said.length === 0) return [...events, ...sentCalls];
    const sent = new Set(
      native.map((call) => keyOf({ ...call, name: findTool(call.name, this.tools)?.name ?? call.name })),
    );
    const thought = this.#thought.filter(({ calls }) => !calls.every((call) => sent.has(keyOf(call))));
    this.#thought = [];
    const isDraft = native.length > 0 || this.#said.length > 0;
    const drafts = isDraft ? thought : [];
    const found = [...(isDraft ? [] : thought.flatMap(({ calls }) => calls)), ...this.#said];
    return [
      ...events,
      ...drafts.map(({ raw }) => ({ type: 'reasoning', text: raw }) as const),
      ...sentCalls,
      ...found
        .filter((call) => !sent.has(keyOf(call)))
        .map((call) => ({ type: 'tool-call', id: '', ...call, recovered: true }) as const),
    ];
  }

  #sort(type: 'text' | 'reasoning', pieces: readonly LeakPiece[]): readonly ChatEvent[] {
    const events: ChatEvent[] = [];
    for (const piece of pieces) {
      if (piece.type === 'text') {
        if (piece.text.trim() !== '') events.push(...this.#release());
        events.push({ type, text: piece.text });
      } else if (type === 'text') this.#said.push(...piece.calls);
      else this.#thought.push(piece);
    }
    return events;
  }

  /** Something follows, so what stood in the reasoning was only thought. */
  #release(): readonly ChatEvent[] {
    const drafts = this.#thought;
    this.#thought = [];
    return drafts.map(({ raw }) => ({ type: 'reasoning', text: raw }));
  }
}

/** The same for the same call, however its arguments are written. */
function keyOf({ name, arguments: text }: LeakedCall): string {
  const read = readLooseObject(text === '' ? '{}' : text);
  return canonicalJson([name, read.kind === 'whole' ? read.value : text]);
}
