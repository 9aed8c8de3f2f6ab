/** The facts inside the texts of reference 3.3: numbers, names, and the error that an engine wrapped into a sentence. */
import { isJsonObject, parseJson } from '../base/json';

/** Tokens of the request, then tokens of the loaded context; E6, E7, E8 (twice), E9, and what other servers say. */
const REQUESTED = [
  /keep the first (\d+) tokens/i,
  /n_keep: ?(\d+)/i,
  /request \((\d+) tokens\)/i,
  /\\*"n_prompt_tokens\\*": ?(\d+)/i,
];
const LOADED = [
  /context length of (?:only )?(\d+) tokens/i,
  /n_ctx: ?(\d+)/i,
  /context size \((\d+) tokens\)/i,
  /\\*"n_ctx\\*": ?(\d+)/i,
  /only supports (\d+) tokens/i,
];

export function tokenNumbers(said: string): {
  readonly requestTokens: number | null;
  readonly contextLength: number | null;
} {
  return { requestTokens: firstNumber(said, REQUESTED), contextLength: firstNumber(said, LOADED) };
}

/** "requires approximately 117.19 GB of memory" (reference 2.3). */
export function requiredGigabytes(said: string): number | null {
  return firstNumber(said, [/requires approximately (\d+(?:\.\d+)?) ?GB/i]);
}

function firstNumber(said: string, patterns: readonly RegExp[]): number | null {
  for (const pattern of patterns) {
    const found = pattern.exec(said)?.[1];
    if (found !== undefined) return Number(found);
  }
  return null;
}

/** The model that was asked for, and what the server names instead: a list (E3) or examples (E1). Empty: it does not say. */
export function modelNames(said: string): { readonly asked: string; readonly available: readonly string[] } {
  const asked = /\b(?:model|identifier) (?:identifier )?["']([^"']*)["']|Model (\S+) not found/i.exec(said);
  const list = /Your models:\s*([\s\S]*?)(?: · \w+)?$/i.exec(said)?.[1]?.split('\n');
  const examples = /\(e\.g\., ([^)]*)\)/i.exec(said)?.[1]?.split(',');
  const available = (list ?? examples ?? []).map((name) => name.trim()).filter((name) => name !== '');
  return { asked: asked?.[1] ?? asked?.[2] ?? '', available };
}

/** `Engine protocol … error: {"code":500,"message":"Context size has been exceeded."}` without its JSON (E8). */
export function readable(said: string): string {
  const start = said.indexOf('{');
  const inner = start < 0 ? undefined : parseJson(said.slice(start));
  const message = inner?.ok ? innerMessage(inner.value) : undefined;
  return (message === undefined ? said : said.slice(0, start) + message).trim();
}

function innerMessage(value: unknown): string | undefined {
  if (!isJsonObject(value)) return undefined;
  return typeof value['message'] === 'string' ? value['message'] : innerMessage(value['error']);
}
