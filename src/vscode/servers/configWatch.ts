import * as l10n from '@vscode/l10n';
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import { errorMessage } from '../../base/errors';
import type { Logger } from '../../base/logger';
import { SETTINGS_SECTION } from '../ids';
import type { WorkspaceServers } from './workspaceServers';

/** Editors write a file in several steps, and some products write theirs at every turn. */
const DEBOUNCE_MS = 500;

/**
 * Tells when servers may be others now: a file of theirs was written, made or deleted, a setting, the folders or their
 * trust changed; and once at the beginning. In a folder that nobody trusts nothing is watched.
 */
export class ConfigWatch implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #listening: vscode.Disposable;
  #watchers: readonly vscode.Disposable[] = [];
  #waiting: Disposable | undefined;
  #generation = 0;

  readonly #again = (): void => {
    this.#tell();
    this.#watch().catch((error: unknown) => {
      this.logger.log('warn', l10n.t('The files of MCP servers are not watched: {0}', errorMessage(error)));
    });
  };

  /** Once for changes that follow each other closely. */
  readonly onDidChange = this.#changed.event;

  constructor(
    private readonly servers: Pick<WorkspaceServers, 'files'>,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.#listening = vscode.Disposable.from(
      vscode.workspace.onDidChangeWorkspaceFolders(this.#again),
      vscode.workspace.onDidGrantWorkspaceTrust(this.#again),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration(`${SETTINGS_SECTION}.mcp`)) this.#again();
      }),
    );
    this.#again();
  }

  dispose(): void {
    this.#generation++;
    this.#waiting?.dispose();
    this.#listening.dispose();
    for (const watcher of this.#watchers) watcher.dispose();
    this.#changed.dispose();
  }

  async #watch(): Promise<void> {
    if (!vscode.workspace.isTrusted) return;
    const generation = ++this.#generation;
    const files = await this.servers.files();
    const places = await Promise.all(files.map(findPlace));
    if (generation !== this.#generation) return;
    for (const watcher of this.#watchers) watcher.dispose();
    this.#watchers = places.map(({ folder, name, isFile }) => {
      const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, name));
      const tell = isFile ? () => this.#tell() : this.#again;
      return vscode.Disposable.from(
        watcher,
        watcher.onDidChange(tell),
        watcher.onDidCreate(tell),
        watcher.onDidDelete(tell),
      );
    });
  }

  #tell(): void {
    this.#waiting?.dispose();
    this.#waiting = this.clock.after(DEBOUNCE_MS, () => this.#changed.fire());
  }
}

/** A folder that does not exist cannot be watched: then it is waited for, in the nearest one that does. */
async function findPlace(file: string): Promise<{ folder: vscode.Uri; name: string; isFile: boolean }> {
  let path = file;
  while (!(await exists(dirname(path))) && dirname(path) !== path) path = dirname(path);
  return { folder: vscode.Uri.file(dirname(path)), name: basename(path), isFile: path === file };
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
