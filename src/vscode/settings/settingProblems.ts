/** What is wrong with the settings as they are written now: the one look for all that tell of it. */
import * as vscode from 'vscode';
import { SETTING_DEFAULTS, type SettingKey, SETTINGS_SECTION } from '../ids';
import { settingProblem } from './settingRules';

export const SETTING_KEYS = Object.keys(SETTING_DEFAULTS) as readonly SettingKey[];

export interface SettingProblem {
  /** With the section before it. */
  readonly name: string;
  /** One sentence, without what could be a password. */
  readonly message: string;
}

/** In every place where they are written: one place can hide another's value, but for lists and limits all count. */
export function settingProblems(): readonly SettingProblem[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const all = [undefined, ...folders.map(({ uri }) => uri)].map((scope) =>
    vscode.workspace.getConfiguration(SETTINGS_SECTION, scope),
  );
  const found = new Map<string, SettingProblem>();
  for (const key of SETTING_KEYS) {
    for (const settings of all) {
      const written = settings.inspect<unknown>(key);
      for (const value of [written?.globalValue, written?.workspaceValue, written?.workspaceFolderValue]) {
        // null is how a settings file takes a value back.
        const message = value === undefined || value === null ? undefined : settingProblem(key, value);
        if (message !== undefined) found.set(message, { name: `${SETTINGS_SECTION}.${key}`, message });
      }
    }
  }
  return [...found.values()];
}
