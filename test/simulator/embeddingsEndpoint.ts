/** `POST /v1/embeddings` (§3.5): vectors that follow from the text alone, near where texts share words. */
import { createHash } from 'node:crypto';
import { stringFailure } from './failures';
import { isObject, numberOf, stringOf, type JsonObject, type JsonValue } from './json';
import type { ModelHost } from './modelHost';

/** Those of Nomic Embed Text v1.5. */
export const DIMENSIONS = 768;

/** @throws HttpFailure 400 without input, or for a chat model */
export async function embed(host: ModelHost, raw: JsonValue | undefined): Promise<JsonObject> {
  const body = isObject(raw) ? raw : {};
  const texts = textsOf(body['input']);
  const instance = await host.resolve(stringOf(body['model']) ?? '', numberOf(body['ttl']), 'embedding');
  const [variant] = instance.spec.variants ?? [];
  const data = texts.map((text, index) => ({ object: 'embedding', embedding: vectorOf(text), index }));
  // §3.5: `model` returns e.g. `…@q4_k_m`, and usage may be 0. INF: always lists of numbers, `base64` is not heard.
  const usage = { prompt_tokens: 0, total_tokens: 0 };
  return { object: 'list', data, model: variant ?? instance.id, usage };
}

// INF: the wording.
function textsOf(input: JsonValue | undefined): string[] {
  const list = Array.isArray(input) ? input : [input];
  const texts = list.filter((text) => typeof text === 'string');
  if (texts.length === 0 || texts.length < list.length) {
    throw stringFailure(400, "'input' field must be a string or an array of strings");
  }
  return texts;
}

/** Every word moves a few dimensions, given by its hash; of length 1. */
function vectorOf(text: string): number[] {
  const vector = Array<number>(DIMENSIONS).fill(0);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text]) {
    const hash = createHash('sha256').update(word).digest();
    for (let i = 0; i < hash.length; i += 4) {
      const value = hash.readUInt32BE(i);
      vector[value % DIMENSIONS]! += value & 0x80000000 ? 1 : -1;
    }
  }
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((value) => value / length);
}
