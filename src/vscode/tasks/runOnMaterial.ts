/** Tasks about what the person points at: a selection, a file, a folder. The person says what to do; what they point at goes along as data. */
import * as vscode from 'vscode';
import * as l10n from '@vscode/l10n';
import { ConfigurationError } from '../../base/errors';
import { isJsonObject, type JsonObject } from '../../base/json';
import type { AttachedText, RunEnd, ServerSelection, TaskRequest } from '../../tasks/types';
import { openOrigin } from '../openDocument';
import { pickAnyServers } from '../servers/serverPicks';
import { selectedTexts, textsOfPlaces } from './localMaterial';
import { parseRunArguments } from './runArguments';
import { askForModel, askForTask, readDefaults, requireTrust, type RunNeeds, startTask } from './runTask';

/** `argument`: as of the run commands, with `servers` a list, "all" or "none"; a Uri, as menus give it, says nothing. */
export async function runOnSelection(argument: unknown, needs: RunNeeds): Promise<RunEnd | undefined> {
  requireTrust();
  const texts = selectedTexts(vscode.window.activeTextEditor);
  return runAbout(texts, isArguments(argument) ? argument : undefined, l10n.t('Run Task from Selection'), needs);
}

/**
 * `argument`: the Uri of a file or folder, arguments with its path as `file`, or nothing for that of the active editor.
 * `selection`: beside a Uri, those of all that is selected, as the Explorer gives them.
 */
export async function runOnFiles(argument: unknown, selection: unknown, needs: RunNeeds): Promise<RunEnd | undefined> {
  requireTrust();
  const { file, ...others } = isArguments(argument) ? argument : {};
  const texts = await textsOfPlaces(placesOf(argument, selection, file));
  return runAbout(texts, isArguments(argument) ? others : undefined, l10n.t('Run Task on This File or Folder'), needs);
}

async function runAbout(
  texts: readonly AttachedText[],
  raw: JsonObject | undefined,
  title: string,
  needs: RunNeeds,
): Promise<RunEnd | undefined> {
  const request = raw ? parseRunArguments('any', raw, readDefaults) : await ask(title, needs);
  return request && startTask({ ...request, texts }, needs);
}

async function ask(title: string, needs: RunNeeds): Promise<TaskRequest | undefined> {
  const defaults = readDefaults();
  const { connection } = needs.connections.find(defaults.model).server;
  const snapshot = await connection.refresh();
  if (snapshot.health.kind === 'offline') throw snapshot.health.error;
  const servers = await askForServers(title, needs);
  if (!servers) return undefined;
  const model = await askForModel(defaults.model, needs);
  if (!model) return undefined;
  const task = await askForTask(title, model.key, needs);
  return task === undefined ? undefined : { ...defaults, task, servers, model: model.key };
}

/** None is an answer too: the model may need no tool for what it is given. */
async function askForServers(
  title: string,
  { servers, dialogs, sizes }: RunNeeds,
): Promise<ServerSelection | undefined> {
  const found = await servers.find();
  if (!found.servers.some(({ disabled }) => !disabled)) return { kind: 'none' };
  const picked = await pickAnyServers(found, dialogs, title, (server) => sizes.wordsFor(server));
  if (picked.kind === 'look') await openOrigin(picked.origin);
  if (picked.kind !== 'servers') return undefined;
  return picked.names.length === 0 ? { kind: 'none' } : { kind: 'named', names: picked.names };
}

function placeOf(argument: unknown, file: unknown): vscode.Uri {
  if (argument instanceof vscode.Uri) return argument;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  if (typeof file === 'string' && folder) return vscode.Uri.joinPath(folder, file);
  const active = vscode.window.activeTextEditor?.document.uri;
  if (file === undefined && active) return active;
  throw new ConfigurationError('usage', l10n.t('There is no file that the task could be about.'), {
    hint: l10n.t('Open a file, or choose one in the Explorer.'),
  });
}

/** Each once, the one that was clicked first. */
function placesOf(argument: unknown, selection: unknown, file: unknown): readonly vscode.Uri[] {
  const clicked = placeOf(argument, file);
  const isSelected = argument instanceof vscode.Uri && Array.isArray(selection);
  const selected = isSelected ? selection.filter((one) => one instanceof vscode.Uri) : [];
  return [...new Map([clicked, ...selected].map((uri) => [uri.toString(), uri])).values()];
}

function isArguments(argument: unknown): argument is JsonObject {
  return isJsonObject(argument) && !(argument instanceof vscode.Uri);
}
