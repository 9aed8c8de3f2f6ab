import './vscode/localization';
import * as vscode from 'vscode';
import { errorMessage } from './base/errors';
import { type FrontOfHouse, openFrontOfHouse } from './vscode/frontOfHouse';
import type { TestHooks } from './vscode/testHooks';

let front: FrontOfHouse | undefined;

/** Gives hooks to tests that run in the extension host, and nothing to anybody else. */
export function activate(context: vscode.ExtensionContext): TestHooks | undefined {
  try {
    front = openFrontOfHouse(context);
    return front.hooks;
  } catch (error) {
    // VS Code itself says nothing when an extension cannot be activated.
    void vscode.window.showErrorMessage(`LM Studio Bridge could not start: ${errorMessage(error)}`);
    throw error;
  }
}

export async function deactivate(): Promise<void> {
  await front?.end();
}
