/** What a path of a stranger means in the folders of the workspace, and nowhere else. */
import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';

/** The real path, where it is inside a folder after every link is followed; a file that is to be made need not exist. */
export async function findInside(named: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const root = await realpath(folder).catch(() => undefined);
    const wanted = resolve(folder, named);
    const path = await realOf(wanted);
    if (root === undefined || path === undefined) continue;
    const inside = relative(root, path);
    if (inside !== '' && !inside.startsWith('..') && !isAbsolute(inside)) return path;
  }
  return undefined;
}

async function realOf(path: string): Promise<string | undefined> {
  const found = await realpath(path).catch(() => undefined);
  if (found !== undefined) return found;
  // A link whose target is not there: what is written would go to a place that is not known.
  const isLink = await lstat(path).then(
    () => true,
    () => false,
  );
  if (isLink) return undefined;
  const folder = await realpath(dirname(path)).catch(() => undefined);
  return folder === undefined ? undefined : join(folder, basename(path));
}
