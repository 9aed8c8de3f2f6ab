import { join } from 'node:path';
import type * as vscode from 'vscode';
import { SpeedStore } from './models/speedStore';
import { OrderedMemento } from './orderedMemento';
import { ServerChoices } from './servers/serverChoices';
import { ToolSizes } from './servers/toolSizes';
import { Journals } from './tasks/journals';
import { ToldRuns } from './tasks/toldRuns';
import { TokenStore } from './tokens';

/** What is kept from one window to the next. */
export function openStores(context: vscode.ExtensionContext) {
  const { version } = context.extension.packageJSON as { version: string };
  // A window without a folder has no storage of its own.
  const storage = context.storageUri ?? context.globalStorageUri;
  const globalState = new OrderedMemento(context.globalState);
  return {
    globalState,
    tokens: new TokenStore(context.secrets),
    speeds: new SpeedStore(globalState),
    sizes: new ToolSizes(context.workspaceState),
    choices: new ServerChoices(context.workspaceState),
    toldRuns: new ToldRuns(new OrderedMemento(context.workspaceState)),
    journals: new Journals(join(storage.fsPath, 'journals'), version),
    version,
  };
}
