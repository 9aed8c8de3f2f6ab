import './vscode/localization';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { errorMessage } from './base/errors';
import { type FrontOfHouse, openFrontOfHouse } from './vscode/frontOfHouse';
import type { BridgeApi } from './vscode/api/apiTypes';
import type { TestHooks } from './vscode/testHooks';

let front: FrontOfHouse | undefined;

/** Gives the interface for other extensions (docs/api.md); to tests in the extension host also `hooks`. */
export function activate(context: vscode.ExtensionContext): BridgeApi & { readonly hooks?: TestHooks } {
  try {
    front = openFrontOfHouse(context);
    const { api, hooks } = front;
    return hooks ? { ...api, hooks } : api;
  } catch (error) {
    // VS Code itself says nothing when an extension cannot be activated.
    void vscode.window.showErrorMessage(l10n.t('LM Studio Bridge could not start: {0}', errorMessage(error)));
    throw error;
  }
}

export async function deactivate(): Promise<void> {
  await front?.end();
}
