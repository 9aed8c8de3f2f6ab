import * as vscode from 'vscode';
import type { TaskPage } from './taskPage';

/**
 * The documents of tasks as files that nobody can write. Unlike a content provider's, such a document grows by what is
 * new, so that folds, selection and scrolling stay, and it comes back with the window.
 */
export class TaskFileSystem implements vscode.FileSystemProvider {
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.#changed.event;

  /** `find`: undefined where there is no such task any more. */
  constructor(private readonly find: (key: string) => Promise<TaskPage | undefined>) {}

  /** Its text has grown. */
  tell(uris: readonly vscode.Uri[]): void {
    if (uris.length > 0) this.#changed.fire(uris.map((uri) => ({ type: vscode.FileChangeType.Changed, uri })));
  }

  watch(): vscode.Disposable {
    // Whoever has such a document open is told anyway.
    return new vscode.Disposable(() => undefined);
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    if (uri.path === '/') return { type: vscode.FileType.Directory, ctime: 0, mtime: 0, size: 0 };
    const page = await this.#page(uri);
    const permissions = vscode.FilePermission.Readonly;
    return { type: vscode.FileType.File, ctime: page.createdAt, mtime: page.changedAt, size: page.size, permissions };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return (await this.#page(uri)).read();
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  writeFile(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  dispose(): void {
    this.#changed.dispose();
  }

  async #page(uri: vscode.Uri): Promise<TaskPage> {
    const page = await this.find(uri.query);
    if (!page) throw vscode.FileSystemError.FileNotFound(uri);
    return page;
  }
}
