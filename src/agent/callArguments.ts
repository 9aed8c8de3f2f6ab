/** The arguments of a call, from the model's text to what can run, or to what the model is told. Never invents a value. */
import type { JsonObject } from '../base/json';
import type { SchemaValidator } from '../base/jsonSchema';
import { type LooseObject, readLooseObject } from '../base/looseJson';
import { coerce } from './coercion';
import { limitText } from './resultText';

/** How much of its own text a model is shown again. */
const MAX_ECHO_CHARS = 2_000;

export interface ArgumentsText {
  readonly arguments: string;
  /** The answer was cut off by its length limit, so these arguments may be too. */
  readonly isCutOff: boolean;
}

export interface Demands {
  readonly inputSchema: JsonObject;
  readonly validate: SchemaValidator;
}

/**
 * Stands in the conversation for arguments that could not be read: templates want an object there, and an empty one
 * would be a call without arguments for whoever takes the run up again.
 */
export const UNREADABLE = '{"unreadable_arguments":true}';

/** `isAltered`: the value does not stand like this in the model's text. */
export type ReadArguments =
  | { readonly ok: true; readonly value: JsonObject; readonly isAltered: boolean }
  /** `value`: what could be read, though it does not fit; else empty. `problem`: for the model, in whole sentences. */
  | {
      readonly ok: false;
      readonly value: JsonObject;
      readonly isAltered: boolean;
      readonly isUnread: boolean;
      readonly problem: string;
    };

/** `demands` are those of the tool; without them nothing is coerced and nothing refused for its shape. */
export function readCallArguments(call: ArgumentsText, demands?: Demands): ReadArguments {
  const read = readObject(call);
  if (read.kind !== 'whole') {
    return { ok: false, value: {}, isAltered: true, isUnread: true, problem: unread(read.kind, call.arguments) };
  }
  const { value, isRepaired } = read;
  const check = demands?.validate(value);
  if (!demands || !check || check.ok) return { ok: true, value, isAltered: isRepaired };
  // Only what does not fit is touched: a tool gets what the model said wherever the tool can take it.
  const coerced = coerce(value, demands.inputSchema) as JsonObject;
  const second = demands.validate(coerced);
  if (second.ok) return { ok: true, value: coerced, isAltered: true };
  const received = limitText(JSON.stringify(value), MAX_ECHO_CHARS).text;
  const problem = `The arguments do not fit the tool's schema, so the call did not run. ${second.problems.join('; ')}. Received: ${received}`;
  return { ok: false, value, isAltered: isRepaired, isUnread: false, problem };
}

function readObject({ arguments: text, isCutOff }: ArgumentsText): LooseObject {
  if (text === UNREADABLE) return { kind: 'unreadable' };
  // Models leave the text empty for tools without parameters.
  if (/^\s*(null|None)?\s*$/.test(text)) {
    return isCutOff ? { kind: 'cut-off' } : { kind: 'whole', value: {}, isRepaired: text.trim() !== '' };
  }
  const read = readLooseObject(text);
  // Where the answer was cut off, damage at the end is not told from what is missing there.
  return isCutOff && (read.kind !== 'whole' || read.isRepaired) ? { kind: 'cut-off' } : read;
}

function unread(kind: 'cut-off' | 'unreadable', text: string): string {
  const problem =
    kind === 'cut-off'
      ? 'The arguments were cut off before their end, so the call did not run. Make the whole call again; if it is long, make smaller ones.'
      : 'The arguments are not a JSON object, so the call did not run. Call the tool again with valid JSON: keys and texts in double quotes, backslashes and quotes in texts escaped.';
  return `${problem} Received: ${limitText(text, MAX_ECHO_CHARS).text}`;
}
