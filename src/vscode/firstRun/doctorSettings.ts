/** What the doctor says of the settings. */
import { toBridgeError } from '../../base/errors';
import { isJsonObject } from '../../base/json';
import type { SettingFacts } from '../../tasks/doctorFacts';
import { SETTING_DEFAULTS, type SettingKey, SETTINGS_SECTION } from '../ids';
import {
  readLimits,
  readLoadSettings,
  readModel,
  readRetention,
  readServerUrl,
  readSubstitutionMode,
  readToolCalls,
} from '../settings/settings';
import { readSetting } from '../typed';

const READERS: readonly (() => unknown)[] = [
  readServerUrl,
  readModel,
  readLimits,
  readLoadSettings,
  readRetention,
  readSubstitutionMode,
  readToolCalls,
];

export function readSettingFacts(): SettingFacts {
  const keys = Object.keys(SETTING_DEFAULTS) as SettingKey[];
  return {
    changed: keys.flatMap((key) => {
      const value = readSetting(key);
      if (value === undefined || JSON.stringify(value) === JSON.stringify(SETTING_DEFAULTS[key])) return [];
      return [{ key: `${SETTINGS_SECTION}.${key}`, value: valueWords(value) }];
    }),
    problems: READERS.flatMap((read) => problemOf(read)),
  };
}

/** Of an object only what stands in it by name: the entries of MCP servers hold tokens. */
function valueWords(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueWords).join(', ');
  if (isJsonObject(value)) return Object.keys(value).join(', ');
  return JSON.stringify(value);
}

function problemOf(read: () => unknown): readonly string[] {
  try {
    read();
    return [];
  } catch (error) {
    return [toBridgeError(error).message];
  }
}
