import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { ConfigurationError } from '../../base/errors';
import { HelpfulError } from '../failures';
import { isVirtualWorkspace, notOnDisk } from './workspaceServers';

const TEMPLATE = `{
  "mcpServers": {
    "filesystem": {
      "command": "npx",
      "args": ["-y", "@modelcontextprotocol/server-filesystem", "\${workspaceFolder}"]
    }
  }
}
`;

/** Opens the first folder's `.mcp.json`; makes one with an example where there is none. Never overwrites. */
export async function openMcpConfig(): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file');
  if (!folder && isVirtualWorkspace()) throw notOnDisk();
  if (!folder) {
    const error = new ConfigurationError(
      'usage',
      l10n.t('MCP servers are defined in a folder, and no folder is open.'),
      {
        hint: l10n.t('Open a folder first.'),
      },
    );
    const run = (): Thenable<unknown> => vscode.commands.executeCommand('workbench.action.files.openFolder');
    throw new HelpfulError(error, { label: l10n.t('Open Folder'), run });
  }
  const file = vscode.Uri.joinPath(folder.uri, '.mcp.json');
  const exists = await vscode.workspace.fs.stat(file).then(
    () => true,
    () => false,
  );
  if (!exists) await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(TEMPLATE));
  await vscode.window.showTextDocument(file);
}
