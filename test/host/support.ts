/** What the suites in the extension host share: the extension's hooks, and a simulated LM Studio of their own. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { BridgeApi } from '../../src/vscode/api/apiTypes';
import { COMMANDS, EXTENSION_ID, SETTINGS_SECTION, type SettingKey } from '../../src/vscode/ids';
import type { SeenDialog, TestHooks, TreeRow } from '../../src/vscode/testHooks';
import { type Simulator, type SimulatorOptions, startSimulator } from '../simulator/server';

export async function activated(): Promise<TestHooks> {
  const { hooks } = await exportsOf();
  assert.ok(hooks, 'the extension gives hooks to tests');
  return hooks;
}

/** What the extension gives to others, and beside it to tests. */
export async function exportsOf(): Promise<BridgeApi & { readonly hooks?: TestHooks }> {
  const extension = vscode.extensions.getExtension<BridgeApi & { readonly hooks?: TestHooks }>(EXTENSION_ID);
  assert.ok(extension, `${EXTENSION_ID} is not installed`);
  return extension.activate();
}

/** Starts a simulator and waits until the extension shows its models. */
export async function connectSimulator(hooks: TestHooks, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator(options);
  await setSetting('server.url', simulator.url);
  await eventually(() => {
    assert.equal(hooks.snapshot().root, simulator.url);
    assert.notEqual(hooks.snapshot().health.kind, 'unknown');
  });
  return simulator;
}

export async function setSetting(key: SettingKey, value: unknown): Promise<void> {
  await vscode.workspace.getConfiguration(SETTINGS_SECTION).update(key, value, vscode.ConfigurationTarget.Global);
}

/** The person agrees to start the server "filesystem", so that only approvals are left to ask for. */
export async function allowFilesystem(hooks: TestHooks, simulator: Simulator): Promise<void> {
  hooks.dialogs.reset();
  hooks.dialogs.answerNext('Start');
  simulator.setScript([{ text: 'Ready.' }]);
  await vscode.commands.executeCommand(COMMANDS.forgetConsent);
  await vscode.commands.executeCommand(COMMANDS.runWithServer, { server: 'filesystem', task: 'Be ready' });
}

/** Waits until the assertion holds. The limit is for what never comes: a busy machine has taken 26 s for one test. */
export async function eventually(assertion: () => void | Promise<void>, timeoutMs = 60_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    try {
      await assertion();
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

/** What the model was asked last, as text; the list, which is asked for at any time, is not meant. */
export function lastChat({ requests }: Simulator): string {
  return JSON.stringify(requests.findLast(({ path }) => /\/chat(\/completions)?$/.test(path))?.body);
}

export function workspaceFolder(): string {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(folder, 'a folder is open');
  return folder.uri.fsPath;
}

export function questions(hooks: TestHooks): Extract<SeenDialog, { kind: 'ask' }>[] {
  return hooks.dialogs.seen.filter((dialog) => dialog.kind === 'ask');
}

export function notices(hooks: TestHooks): Extract<SeenDialog, { kind: 'notify' }>[] {
  return hooks.dialogs.seen.filter((dialog) => dialog.kind === 'notify');
}

/** All rows, those below others too, from top to bottom. */
export function allRows(rows: readonly TreeRow[]): readonly TreeRow[] {
  return rows.flatMap((row) => [row, ...allRows(row.children)]);
}

/** The first row with this label, in whichever group. */
export function rowOf(hooks: TestHooks, label: string): TreeRow {
  const row = allRows(hooks.treeRows()).find((candidate) => candidate.label === label);
  assert.ok(row, `there is no row "${label}"`);
  return row;
}

/** The message with which a command rejects. */
export async function rejection(command: string, ...args: unknown[]): Promise<string> {
  try {
    await vscode.commands.executeCommand(command, ...args);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  assert.fail(`${command} did not reject`);
}
