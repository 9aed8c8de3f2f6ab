import * as l10n from '@vscode/l10n';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import * as vscode from 'vscode';
import { ConfigurationError } from '../../base/errors';
import type { FoundServers } from '../../mcp/discovery';
import type { ServerChoices } from './serverChoices';
import { givenSource } from '../../mcp/serverSpec';
import {
  filesToLookFor,
  SERVERS_SETTING,
  type SourceFile,
  type SourceRequest,
  userSettings,
  workspaceFile,
} from '../../mcp/sources';
import { readMcpFiles, readProducts } from '../settings/settings';
import { SETTINGS_SECTION } from '../ids';

/** The MCP servers that the files of this workspace and of the person name. In a folder that nobody trusts no file is read at all. */
export class WorkspaceServers {
  #reads = 0;

  /** @param globalStorage of this extension: it lies in the folder of the person's profile */
  constructor(
    private readonly globalStorage: vscode.Uri,
    private readonly choices: Pick<ServerChoices, 'applyTo'>,
  ) {}

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
    const [{ discoverServers }, request] = await Promise.all([import('../../mcp/discovery'), this.#request()]);
    return this.choices.applyTo(await discoverServers(request));
  }

  /** Absolute paths of all files that count, whether they exist or not: whoever waits for changes has to know them. */
  async files(): Promise<readonly string[]> {
    return filesToLookFor(await this.#request()).map(({ source }) => source.file);
  }

  async #request(): Promise<SourceRequest> {
    const { userPlaces } = await import('../../tasks/userPlaces');
    const { folders } = this;
    const vscodeUser = dirname(dirname(this.globalStorage.fsPath));
    const user = await userPlaces({ vscodeUser, products: readProducts() });
    const file = vscode.workspace.workspaceFile;
    const ofWorkspace = file?.scheme === 'file' ? [workspaceFile(file.fsPath, folders[0])] : [];
    const given = readMcpFiles().map((path) => ({ source: givenSource(toPath(path)) }));
    return { workspaces: folders, more: [...ofWorkspace, ...(await ownSetting(vscodeUser)), ...given], user };
  }
}

/** The value in force, and the lines of its file where that is on this disk: in a browser's window it is not. */
async function ownSetting(vscodeUser: string): Promise<readonly SourceFile[]> {
  const value = vscode.workspace.getConfiguration(SETTINGS_SECTION).inspect<unknown>('mcp.servers')?.globalValue;
  if (value === undefined) return [];
  const file = vscode.Uri.file(join(vscodeUser, 'settings.json'));
  const text = await Promise.resolve(vscode.workspace.fs.readFile(file)).then(
    (bytes) => new TextDecoder().decode(bytes),
    () => '',
  );
  const held = text.includes(`"${SERVERS_SETTING}"`) ? text : JSON.stringify({ [SERVERS_SETTING]: value }, null, 2);
  return [userSettings(file.fsPath, held)];
}

/** Whether folders are open, and none of them is on this machine's disk: a repository elsewhere, or a file system in memory. */
export function isVirtualWorkspace(): boolean {
  const { workspaceFolders = [] } = vscode.workspace;
  return workspaceFolders.length > 0 && workspaceFolders.every(({ uri }) => uri.scheme !== 'file');
}

export function notOnDisk(): ConfigurationError {
  const message = l10n.t(
    "The folders of this window are not on this computer's disk, so their MCP servers cannot be started.",
  );
  return new ConfigurationError('usage', message, {
    hint: l10n.t(
      'Open a folder of this computer, or add the server to your own settings (lmstudioBridge.mcp.servers).',
    ),
  });
}

function toPath(path: string): string {
  return resolve(homedir(), path.replace(/^~(?=$|[/\\])/, homedir()));
}

export function untrusted(): ConfigurationError {
  return new ConfigurationError('usage', l10n.t('Tasks and MCP servers are off, because this folder is not trusted.'), {
    hint: l10n.t('Trust the folder if you know where its files come from.'),
  });
}
