import * as vscode from 'vscode';
import { ConfigurationError } from '../base/errors';
import type { FoundServers } from '../mcp/discovery';
import type { ServerChoices } from './serverChoices';

/** The MCP servers that the files of this workspace name. In a folder that nobody trusts no file is read at all. */
export class WorkspaceServers {
  #reads = 0;

  constructor(private readonly choices: Pick<ServerChoices, 'applyTo'>) {}

  /** How often files were read; for tests. */
  get reads(): number {
    return this.#reads;
  }

  /** Absolute paths of the folders on this machine's disk. */
  get folders(): readonly string[] {
    return (vscode.workspace.workspaceFolders ?? [])
      .filter((folder) => folder.uri.scheme === 'file')
      .map((folder) => folder.uri.fsPath);
  }

  /** @throws ConfigurationError `usage` in an untrusted folder */
  async find(): Promise<FoundServers> {
    if (!vscode.workspace.isTrusted) throw untrusted();
    this.#reads++;
    const { discoverServers } = await import('../mcp/discovery');
    return this.choices.applyTo(await discoverServers({ workspaces: this.folders }));
  }
}

export function untrusted(): ConfigurationError {
  return new ConfigurationError('usage', 'Tasks and MCP servers are off, because this folder is not trusted.', {
    hint: 'Trust the folder if you know where its files come from.',
  });
}
