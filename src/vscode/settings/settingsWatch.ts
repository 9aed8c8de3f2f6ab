/** Tells of a wrong setting when it is written, and not only when something needs it. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { DisposableStore, toDisposable } from '../../base/disposable';
import type { Logger } from '../../base/logger';
import type { Dialogs } from '../dialogs';
import { offer } from '../failures';
import { EXTENSION_ID, SETTINGS_SECTION } from '../ids';
import { SETTING_KEYS, type SettingProblem, settingProblems } from './settingProblems';
import { keepMigrating } from './settingsMigration';

/** Moves older settings, and tells of wrong ones. Looks at them after the start, which it would make a third longer. */
export function keepSettingsRight(dialogs: Dialogs, logger: Logger): vscode.Disposable {
  const kept = new DisposableStore();
  const start = setImmediate(() => {
    kept.add(keepMigrating(logger));
    kept.add(watchSettings(dialogs, logger));
  });
  kept.add(toDisposable(() => clearImmediate(start)));
  return new vscode.Disposable(() => kept.dispose());
}

/** One notification at most for each change, however many settings it makes wrong; at the start only the log tells. */
function watchSettings(dialogs: Dialogs, logger: Logger): vscode.Disposable {
  let known = settingProblems();
  for (const { message } of known) logger.log('warn', message);
  return vscode.workspace.onDidChangeConfiguration((change) => {
    const changed = SETTING_KEYS.filter((key) => change.affectsConfiguration(`${SETTINGS_SECTION}.${key}`));
    if (changed.length === 0) return;
    const before = known;
    known = settingProblems();
    const found = known.filter(({ message }) => !before.some((old) => old.message === message));
    for (const { message } of found) logger.log('warn', message);
    const [first] = found;
    if (!first) return;
    offer(dialogs, 'error', found.length === 1 ? first.message : several(first, found.length - 1), {
      label: l10n.t('Open Settings'),
      run: () => showInSettings(found.map(({ name }) => name)),
    });
  });
}

/** In a window on another machine the person's settings of scope `machine` stand on a page of their own. */
async function showInSettings(names: readonly string[]): Promise<void> {
  const query = names.map((name) => `@id:${name}`).join(' ');
  await vscode.commands.executeCommand('workbench.action.openSettings', query);
  const isElsewhere = vscode.env.remoteName !== undefined && names.every(isOfMachine);
  // Keeps the query.
  if (isElsewhere) await vscode.commands.executeCommand('workbench.action.openRemoteSettings');
}

function isOfMachine(name: string): boolean {
  const { contributes } = vscode.extensions.getExtension(EXTENSION_ID)?.packageJSON as {
    contributes: { configuration: readonly { properties: Readonly<Record<string, { scope?: string }>> }[] };
  };
  return contributes.configuration.some(({ properties }) => properties[name]?.scope === 'machine');
}

function several({ message }: SettingProblem, more: number): string {
  return more === 1
    ? l10n.t('{0} Another setting is wrong too.', message)
    : l10n.t('{0} {1} more settings are wrong.', message, more);
}
