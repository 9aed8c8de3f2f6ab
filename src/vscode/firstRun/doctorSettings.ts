/** What the doctor says of the settings. */
import * as l10n from '@vscode/l10n';
import type { SettingFacts } from '../../tasks/doctorFacts';
import { SETTING_DEFAULTS, SETTINGS_SECTION } from '../ids';
import { SETTING_KEYS, settingProblems } from '../settings/settingProblems';
import { settingWords } from '../settings/settingValue';
import { readSetting } from '../typed';

const SERVERS = `${SETTINGS_SECTION}.servers`;

/** @param serverProblems what is wrong with entries of the setting `servers`, a sentence each: more than its own problem tells */
export function readSettingFacts(serverProblems: readonly string[]): SettingFacts {
  const problems = settingProblems().filter(({ name }) => name !== SERVERS || serverProblems.length === 0);
  return {
    changed: SETTING_KEYS.flatMap((key) => {
      const value = readSetting(key);
      if (value === undefined || JSON.stringify(value) === JSON.stringify(SETTING_DEFAULTS[key])) return [];
      return [{ key: `${SETTINGS_SECTION}.${key}`, value: settingWords(key, value) }];
    }),
    problems: [
      ...problems.map(({ message }) => message),
      ...serverProblems.map((problem) => l10n.t('The setting {0}: {1}', SERVERS, problem)),
    ],
  };
}
