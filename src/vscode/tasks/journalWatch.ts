import { watch } from 'node:fs';
import type { Disposable } from '../../base/disposable';

/**
 * Calls back when a journal, or the lock of a run, has come or gone: a task has begun or ended, in whatever process. What
 * is written into a journal meanwhile is not followed. Where the system does not let us watch, nothing is called back.
 *
 * Not VS Code's own watcher: in the remote host of the tests it missed files, and gave no error.
 */
export function watchJournals(folder: string, onDidChange: () => void): Disposable {
  try {
    const watcher = watch(folder, { persistent: false }, (kind, name) => {
      if (kind === 'rename' && /\.(jsonl|lock)$/.test(name ?? '')) onDidChange();
    });
    // Such as: the folder was taken away.
    watcher.on('error', () => watcher.close());
    return { dispose: () => watcher.close() };
  } catch {
    return { dispose: () => undefined };
  }
}
