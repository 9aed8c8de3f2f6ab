import { parseJson } from '../../base/json';

/** A tool call as it came over the wire, complete. `id` is empty where the server gave none. */
export interface AssembledCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** One entry of `delta.tool_calls`. Every field may be missing, and ids may be numbers (reference 3.4). */
export interface ToolCallDelta {
  readonly index?: number | null | undefined;
  readonly id?: string | number | null | undefined;
  readonly name?: string | null | undefined;
  readonly arguments?: unknown;
}

interface OpenCall {
  readonly index: number | undefined;
  id: string;
  name: string;
  arguments: string;
}

/**
 * Puts streamed pieces of tool calls together. A piece belongs to the call with its index; without an index to the
 * call with its id; without either to the last call, unless it plainly starts another one.
 */
export class ToolCallAssembler {
  readonly #calls: OpenCall[] = [];

  add(delta: ToolCallDelta): void {
    const id = delta.id === null || delta.id === undefined ? '' : String(delta.id);
    const name = delta.name ?? '';
    const piece = toText(delta.arguments);
    let call = this.#find(delta.index ?? undefined, id, name);
    if (!call) {
      call = { index: delta.index ?? undefined, id, name: '', arguments: '' };
      this.#calls.push(call);
    }
    call.id ||= id;
    // Old builds repeat an empty name, other servers the whole name, in every piece: the first one counts.
    call.name ||= name;
    call.arguments += piece;
  }

  finish(): readonly AssembledCall[] {
    return this.#calls.map(({ id, name, arguments: text }) => ({ id, name, arguments: text }));
  }

  #find(index: number | undefined, id: string, name: string): OpenCall | undefined {
    if (index !== undefined) {
      const call = this.#calls.findLast((candidate) => candidate.index === index);
      // Some servers give every parallel call the index 0: another id is another call. Others give every piece another
      // id: without a name it is no beginning.
      return call && id !== '' && call.id !== '' && call.id !== id && name !== '' ? undefined : call;
    }
    const known = id === '' ? undefined : this.#calls.findLast((candidate) => candidate.id === id);
    // Another id with a name is another call; without one it is a server that gives every piece an id of its own.
    if (id !== '' && !known && name !== '') return undefined;
    const call = known ?? this.#calls.at(-1);
    const startsAnother = call && name !== '' && call.name !== '' && (name !== call.name || isComplete(call.arguments));
    return startsAnother ? undefined : call;
  }
}

function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

function isComplete(json: string): boolean {
  return parseJson(json).ok;
}
