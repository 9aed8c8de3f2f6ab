/** package.json as a person sees it: texts that stand in package.nls.json are put in. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = resolve(__dirname, '../..');

export type Texts = Readonly<Record<string, string>>;

export function readTexts(file: string): Texts {
  const path = join(ROOT, file);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Texts) : {};
}

/** As it stands in the file. */
export function readRawManifest(): unknown {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
}

/** In a language; what it has no text for is English, as in VS Code. */
export function readManifest(language?: string): unknown {
  const texts = { ...readTexts('package.nls.json'), ...(language && readTexts(`package.nls.${language}.json`)) };
  return resolved(readRawManifest(), texts);
}

function resolved(value: unknown, texts: Texts): unknown {
  if (Array.isArray(value)) return value.map((item) => resolved(item, texts));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolved(item, texts)]));
  const key = typeof value === 'string' ? /^%([\w.-]+)%$/.exec(value)?.[1] : undefined;
  if (key === undefined) return value;
  return texts[key] ?? assert.fail(`package.nls.json has no text "${key}"`);
}
