import * as vscode from 'vscode';
import type { ServerConnection } from '../connection';
import { readLmsEnabled } from '../settings/settings';
import { onDidChangeSetting, setContext } from '../typed';
import type { LmsActions } from './lmsActions';

/**
 * Says to the views whether the program lms may run, and whether it could start the server. Looks for it after every
 * question that no server answers, because LM Studio can be installed any time; runs nothing.
 */
export function keepOfferingLms(connection: ServerConnection, lms: LmsActions): vscode.Disposable {
  let looks = 0;
  const showFound = async (): Promise<void> => {
    if (connection.snapshot.health.kind !== 'offline') return;
    const look = ++looks;
    const file = await lms.find();
    if (look === looks) setContext('lmstudioBridge.lmsFound', file !== undefined);
  };
  const follow = (): void => void showFound();
  const showEnabled = (): void => setContext('lmstudioBridge.lmsEnabled', readLmsEnabled());
  showEnabled();
  follow();
  return vscode.Disposable.from(
    connection.onDidChange(follow),
    connection.onDidAnswer(follow),
    onDidChangeSetting('lms.enabled', showEnabled),
  );
}
