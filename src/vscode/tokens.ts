import type * as vscode from 'vscode';

/** API tokens in the editor's secret storage, one for each server origin, so that none ever travels to another server. */
export class TokenStore {
  constructor(private readonly secrets: vscode.SecretStorage) {}

  get(root: string): Promise<string | undefined> {
    return Promise.resolve(this.secrets.get(keyFor(root)));
  }

  async set(root: string, token: string): Promise<void> {
    await this.secrets.store(keyFor(root), token);
  }

  async remove(root: string): Promise<void> {
    await this.secrets.delete(keyFor(root));
  }

  onDidChange(listener: () => void): vscode.Disposable {
    return this.secrets.onDidChange(({ key }) => {
      if (key.startsWith(PREFIX)) listener();
    });
  }
}

const PREFIX = 'lmstudioBridge.token:';

function keyFor(root: string): string {
  return PREFIX + new URL(root).origin;
}
