/** How much is asked: the person's own settings, which a workspace can only make stricter. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { type ApprovalPolicy, deniedBy, joinedDenyList, strictestPolicy } from '../../policy/approvalPolicy';
import { SETTING_DEFAULTS, type SettingKey, SETTINGS_SECTION } from '../ids';

export function readApprovalPolicy(): ApprovalPolicy {
  return strictestPolicy(everyValue('approvals.policy'), SETTING_DEFAULTS['approvals.policy']);
}

/** For a task that may want to be asked more than the settings say, and never less. */
export function policyOfTask(wanted: ApprovalPolicy | undefined): ApprovalPolicy {
  return strictestPolicy([readApprovalPolicy(), wanted], 'ask-always');
}

/** The entry that forbids a server, or a tool of it; undefined: none. */
export function readDenial(server: string, tool?: string): string | undefined {
  return deniedBy(joinedDenyList(everyValue('approvals.deny')), server, tool);
}

/** The values of all places, each folder's too, because VS Code's own merging lets a workspace replace the person's. */
function everyValue(key: SettingKey): readonly unknown[] {
  const scopes = [undefined, ...(vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri)];
  return scopes.flatMap((scope) => {
    const found = vscode.workspace.getConfiguration(SETTINGS_SECTION, scope).inspect<unknown>(key);
    return [found?.globalValue, found?.workspaceValue, found?.workspaceFolderValue];
  });
}

/** Why a server may not start, as a sentence; undefined: the settings do not forbid it. */
export function readBlock({ name }: { readonly name: string }): string | undefined {
  const entry = readDenial(name);
  if (entry === undefined) return undefined;
  return l10n.t(
    'MCP server "{0}" is not started. The person\'s settings forbid it (lmstudioBridge.approvals.deny: "{1}").',
    name,
    entry,
  );
}
