/** Moves what stands under older names to the settings that took their place, each in the place where it was written. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { errorMessage } from '../../base/errors';
import type { Logger } from '../../base/logger';
import { OLDER_SETTINGS, SETTINGS_SECTION } from '../ids';
import { type Move, movedValue, MOVES } from './olderSettings';

interface Place {
  readonly target: vscode.ConfigurationTarget;
  readonly settings: vscode.WorkspaceConfiguration;
  /** In a sentence. */
  readonly words: string;
  readonly valueOf: (key: string) => unknown;
}

/** Moves what is there, and what comes later: Settings Sync brings old settings to a new machine. */
export function keepMigrating(logger: Logger): vscode.Disposable {
  let moving = migrateSettings(logger);
  return vscode.workspace.onDidChangeConfiguration((change) => {
    if (!OLDER_SETTINGS.some((key) => change.affectsConfiguration(`${SETTINGS_SECTION}.${key}`))) return;
    moving = moving.then(() => migrateSettings(logger));
  });
}

/** Never throws: what cannot be moved stays where it is, and the log says why. */
async function migrateSettings(logger: Logger): Promise<void> {
  for (const place of places()) {
    for (const move of MOVES) {
      await migrate(move, place, logger).catch((error: unknown) => {
        logger.log(
          'warn',
          l10n.t('{0} could not be moved from {1}: {2}', namesOf(move), place.words, errorMessage(error)),
        );
      });
    }
  }
}

async function migrate(move: Move, { target, settings, words, valueOf }: Place, logger: Logger): Promise<void> {
  const values = move.from.map(valueOf);
  if (values.every((value) => value === undefined)) return;
  const to = `${SETTINGS_SECTION}.${move.to}`;
  const isTaken = valueOf(move.to) !== undefined;
  const value = movedValue(move, values);
  if (!isTaken && value === undefined) {
    const message = l10n.t(
      '{0} in {1} has no effect, and nothing for {2} can be made of it.',
      namesOf(move),
      words,
      to,
    );
    logger.log('warn', message);
    return;
  }
  if (!isTaken) await settings.update(move.to, value, target);
  for (const [index, key] of move.from.entries()) {
    if (values[index] !== undefined) await settings.update(key, undefined, target);
  }
  const done = isTaken
    ? l10n.t('{0} in {1} was removed, because {2} is set there.', namesOf(move), words, to)
    : l10n.t('{0} in {1} was moved to {2}.', namesOf(move), words, to);
  logger.log('info', done);
}

function namesOf({ from }: Move): string {
  return from.map((key) => `${SETTINGS_SECTION}.${key}`).join(l10n.t(' and '));
}

/** The person's settings, the workspace's, and where there are several folders those of each. */
function places(): readonly Place[] {
  const { ConfigurationTarget: Target, workspace } = vscode;
  const settings = workspace.getConfiguration(SETTINGS_SECTION);
  const folders = workspace.workspaceFile === undefined ? [] : (workspace.workspaceFolders ?? []);
  return [
    {
      target: Target.Global,
      settings,
      words: l10n.t('your settings'),
      valueOf: (key) => settings.inspect<unknown>(key)?.globalValue,
    },
    {
      target: Target.Workspace,
      settings,
      words: l10n.t('the settings of the workspace'),
      valueOf: (key) => settings.inspect<unknown>(key)?.workspaceValue,
    },
    ...folders.map((folder): Place => {
      const own = workspace.getConfiguration(SETTINGS_SECTION, folder.uri);
      const valueOf = (key: string): unknown => own.inspect<unknown>(key)?.workspaceFolderValue;
      return {
        target: Target.WorkspaceFolder,
        settings: own,
        words: l10n.t('the settings of {0}', folder.name),
        valueOf,
      };
    }),
  ];
}
