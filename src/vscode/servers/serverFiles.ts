/** The files that a new MCP server can be written into. */
import * as l10n from '@vscode/l10n';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { ServerFile } from './addServer';

/** @param lmStudioHome the folder where LM Studio keeps its mcp.json */
export function serverFiles(folders: readonly string[], lmStudioHome: string): readonly ServerFile[] {
  const ofFolders = folders.flatMap((folder): readonly ServerFile[] => {
    const file = join(folder, '.mcp.json');
    const own = join(folder, '.vscode', 'mcp.json');
    return [
      {
        ...{ file, topKey: 'mcpServers', hasInputs: false, label: vscode.workspace.asRelativePath(file) },
        description: l10n.t('For everybody who works in this folder, and for most other tools'),
      },
      {
        ...{ file: own, topKey: 'servers', hasInputs: true, label: vscode.workspace.asRelativePath(own) },
        description: l10n.t('For everybody who works in this folder with VS Code; it can ask for secrets'),
      },
    ];
  });
  const users = join(lmStudioHome, 'mcp.json');
  return [
    ...ofFolders,
    {
      ...{ file: users, topKey: 'mcpServers', hasInputs: false, label: l10n.t("LM Studio's mcp.json") },
      description: l10n.t('For you in every folder, and for LM Studio itself, which starts it in its chats'),
      detail: users,
    },
  ];
}
