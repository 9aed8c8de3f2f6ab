/** The places where an id becomes an action of the editor, so that no other file spells one out. */
import * as vscode from 'vscode';
import { type CommandId, type ContextKeyTypes, type SettingKey, SETTINGS_SECTION } from './ids';

export function executeCommand<T = unknown>(id: CommandId, ...args: unknown[]): Thenable<T> {
  return vscode.commands.executeCommand<T>(id, ...args);
}

export function registerCommand(id: CommandId, run: (...args: unknown[]) => unknown): vscode.Disposable {
  return vscode.commands.registerCommand(id, run);
}

/** As the person wrote it: not yet checked, because settings.json can hold anything. */
export function readSetting(key: SettingKey): unknown {
  return vscode.workspace.getConfiguration(SETTINGS_SECTION).get<unknown>(key);
}

/** Writes where the value in force stands, so that the new one is in force afterwards; else for the person. */
export async function writeSetting(key: SettingKey, value: string | number | readonly string[]): Promise<void> {
  const settings = vscode.workspace.getConfiguration(SETTINGS_SECTION);
  const found = settings.inspect(key);
  const isOfWorkspace = found?.workspaceValue !== undefined || found?.workspaceFolderValue !== undefined;
  const target = isOfWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
  await settings.update(key, value, target);
}

export function onDidChangeSetting(key: SettingKey, listener: () => void): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((change) => {
    if (change.affectsConfiguration(`${SETTINGS_SECTION}.${key}`)) listener();
  });
}

export function setContext<K extends keyof ContextKeyTypes>(key: K, value: ContextKeyTypes[K]): void {
  void vscode.commands.executeCommand('setContext', key, value);
}
