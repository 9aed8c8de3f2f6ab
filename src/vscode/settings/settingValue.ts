/** Values of settings as they may be shown and handed on: people paste passwords and tokens into the wrong place. Pure. */
import { isJsonObject } from '../../base/json';
import { redact } from '../../base/redact';
import { normalizeServerUrl } from '../../llm/lmstudio/serverUrl';
import type { SettingKey } from '../ids';
import { shortText } from '../shortText';

/** A text up to its last @: a password before it can have every other sign. The scheme is none. */
const BEFORE_AT = /"([a-z][a-z0-9+.-]*:\/\/)?(?:[^"\\]|\\.)*@/gi;
/** A name and a password, and not the two colons behind the name of a server. */
const USER_IN_NAME = /(?<!:):(?!:).*@/s;

/** As JSON, short, and without what looks like a password. */
export function shownValue(value: unknown): string {
  const text = typeof value === 'undefined' ? 'undefined' : JSON.stringify(value);
  return shortText(redact(text.replace(BEFORE_AT, '"$1…@')), 120);
}

/** Of an object only what stands in it by name, since the entries of MCP servers hold tokens; of a server its origin. */
export function settingWords(key: SettingKey, value: unknown): string {
  if (Array.isArray(value))
    return value.map((item) => (key === 'servers' ? serverWords(item) : settingWords(key, item))).join(', ');
  if (isJsonObject(value)) return Object.keys(value).join(', ');
  // Models are told apart by what stands behind an @, such as a quantization.
  const isModel = key === 'model' && typeof value === 'string' && !USER_IN_NAME.test(value);
  return isModel ? JSON.stringify(value) : shownValue(value);
}

function serverWords(entry: unknown): string {
  if (!isJsonObject(entry)) return shownValue(entry);
  const { name, url } = entry;
  return `${typeof name === 'string' ? name : shownValue(name)} (${originOf(url)})`;
}

/** What cannot be read as an address is shown as it is, but for a password. */
function originOf(url: unknown): string {
  try {
    return typeof url === 'string' ? new URL(normalizeServerUrl(url)).origin : shownValue(url);
  } catch {
    return shownValue(url);
  }
}
