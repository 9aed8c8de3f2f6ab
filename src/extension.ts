import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { BridgeApi } from './vscode/api/apiTypes';
import type { FrontOfHouse } from './vscode/frontOfHouse';
import { useLanguageOfEditor } from './vscode/localization';
import type { TestHooks } from './vscode/testHooks';

let front: Promise<FrontOfHouse> | undefined;

/** Gives the interface for other extensions (docs/api.md); to tests in the extension host also `hooks`. */
export async function activate(context: vscode.ExtensionContext): Promise<BridgeApi & { readonly hooks?: TestHooks }> {
  try {
    front = open(context);
    const { api, hooks } = await front;
    return hooks ? { ...api, hooks } : api;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // VS Code itself says nothing when an extension cannot be activated.
    void vscode.window.showErrorMessage(l10n.t('LM Studio Bridge could not start: {0}', reason));
    throw error;
  }
}

/** Texts are made already while files are loaded, so everything else is loaded after the language is known. */
async function open(context: vscode.ExtensionContext): Promise<FrontOfHouse> {
  useLanguageOfEditor();
  const { openFrontOfHouse } = await import('./vscode/frontOfHouse');
  return openFrontOfHouse(context);
}

export async function deactivate(): Promise<void> {
  const opened = await front?.catch(() => undefined);
  await opened?.end();
}
