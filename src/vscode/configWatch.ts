import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import { SETTINGS_SECTION } from './ids';
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

  /** Once for changes that follow each other closely. */
  readonly onDidChange = this.#changed.event;

  constructor(
    private readonly servers: Pick<WorkspaceServers, 'files'>,
    private readonly clock: Clock,
  ) {
    const again = (): void => {
      this.#tell();
      void this.#watch();
    };
    this.#listening = vscode.Disposable.from(
      vscode.workspace.onDidChangeWorkspaceFolders(again),
      vscode.workspace.onDidGrantWorkspaceTrust(again),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration(`${SETTINGS_SECTION}.mcp`)) again();
      }),
    );
    again();
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
    if (generation !== this.#generation) return;
    for (const watcher of this.#watchers) watcher.dispose();
    this.#watchers = files.map((file) => {
      const pattern = new vscode.RelativePattern(vscode.Uri.file(dirname(file)), basename(file));
      const watcher = vscode.workspace.createFileSystemWatcher(pattern);
      const tell = (): void => this.#tell();
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
