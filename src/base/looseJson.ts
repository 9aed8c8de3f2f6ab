/** JSON as models write it. What is damaged is repaired, what is missing is not: nothing here invents a value. */
import { jsonrepair } from 'jsonrepair';
import { type JsonObject, type JsonValue, isJsonObject, parseJson } from './json';
import { type JsonToken, scanJson } from './jsonTokens';

export type LooseJson =
  | { readonly kind: 'whole'; readonly value: JsonValue; readonly isRepaired: boolean }
  /** It ends in the middle: what would come after is not known, so it is never closed for the model. */
  | { readonly kind: 'cut-off' }
  | { readonly kind: 'unreadable' };

/** How often a model may have put JSON into a JSON string. */
const MAX_NESTING = 3;

/**
 * Reads one value. Repaired are single quotes, keys without quotes, commas too many or missing, comments, line breaks in
 * strings, a code fence around it all, and Python's True, False and None.
 */
export function readLooseJson(text: string): LooseJson {
  const plain = parseJson(text);
  if (plain.ok) return { kind: 'whole', value: plain.value, isRepaired: false };
  const bare = withoutFence(text);
  const scan = scanJson(bare);
  if (scan.isOpen || scan.tokens.length === 0) return { kind: 'cut-off' };
  if (scan.isBroken) return { kind: 'unreadable' };
  const repaired = repair(bare);
  const parsed = repaired === undefined ? undefined : parseJson(repaired);
  if (repaired === undefined || !parsed?.ok) return { kind: 'unreadable' };
  // The library guesses where it must. Only what says the same, piece by piece, is what the model wrote.
  if (!isSame(scan.tokens, scanJson(repaired).tokens)) return { kind: 'unreadable' };
  return { kind: 'whole', value: parsed.value, isRepaired: true };
}

export type LooseObject =
  | { readonly kind: 'whole'; readonly value: JsonObject; readonly isRepaired: boolean }
  | { readonly kind: 'cut-off' | 'unreadable' };

/** An object, also where it stands as JSON in a JSON string. */
export function readLooseObject(text: string): LooseObject {
  let isRepaired = false;
  let current = text;
  for (let depth = 0; depth < MAX_NESTING; depth++) {
    const read = readLooseJson(current);
    if (read.kind !== 'whole') return read;
    const { value } = read;
    isRepaired ||= read.isRepaired;
    if (isJsonObject(value)) return { kind: 'whole', value, isRepaired };
    if (typeof value !== 'string') break;
    current = value;
    isRepaired = true;
  }
  return { kind: 'unreadable' };
}

function withoutFence(text: string): string {
  return text.replace(/^\s*(?:```[\w-]*|`{1,2}$)/, '').replace(/```\s*$/, '');
}

function repair(text: string): string | undefined {
  try {
    return jsonrepair(text);
  } catch {
    return undefined;
  }
}

function isSame(these: readonly JsonToken[], those: readonly JsonToken[]): boolean {
  return (
    these.length === those.length &&
    these.every((token, index) => {
      const other = those[index];
      return token.kind === other?.kind && meaning(token) === meaning(other);
    })
  );
}

const PYTHON_WORDS: Readonly<Record<string, string>> = { True: 'true', False: 'false', None: 'null' };

function meaning({ kind, text }: JsonToken): string {
  if (kind !== 'word') return text;
  const word = Object.hasOwn(PYTHON_WORDS, text) ? (PYTHON_WORDS[text] ?? text) : text;
  const parsed = parseJson(word);
  return parsed.ok ? JSON.stringify(parsed.value) : word;
}
