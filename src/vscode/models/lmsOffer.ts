import * as vscode from 'vscode';
import type { ServerConnection } from '../connection';
import { readLmsEnabled } from '../settings/settings';
import { onDidChangeSetting, setContext } from '../typed';
import type { LmsActions } from './lmsActions';

/** Says to the views whether the program lms may run, and whether it could start the server. Looks for it, runs nothing. */
export function keepOfferingLms(connection: ServerConnection, lms: LmsActions): vscode.Disposable {
  let wasOffline = false;
  const showFound = (): void => {
    const isOffline = connection.snapshot.health.kind === 'offline';
    if (isOffline && !wasOffline)
      void lms.find().then((file) => setContext('lmstudioBridge.lmsFound', file !== undefined));
    wasOffline = isOffline;
  };
  const showEnabled = (): void => setContext('lmstudioBridge.lmsEnabled', readLmsEnabled());
  showEnabled();
  showFound();
  return vscode.Disposable.from(connection.onDidChange(showFound), onDidChangeSetting('lms.enabled', showEnabled));
}
