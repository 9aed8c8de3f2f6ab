/** The files of a folder with journals: their names, their drafts, and who may use one. */
import * as l10n from '@vscode/l10n';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError, systemErrorCode } from '../base/errors';
import { diskWords, journalFailed } from './journalFailure';
import { holderOf, lockRun, type RunLock } from './journalLock';

const SUFFIX = '.jsonl';
/** Drafts of files that a crash has left behind. */
const DRAFT = '.tmp';
const DRAFT_AGE_MS = 60 * 60 * 1_000;

export function journalPath(folder: string, runId: string): string {
  return join(folder, `${runId}${SUFFIX}`);
}

/** Where a journal stands until it has its header. */
export function draftPath(folder: string, runId: string): string {
  return join(folder, `${runId}${DRAFT}`);
}

/** Of all files; empty where there is no folder yet. @throws BridgeError `journal-failed` where it cannot be read */
export async function fileNames(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    // No journal has been written yet.
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw journalFailed(
      l10n.t('The folder for journals, {0}, cannot be read: {1}.', folder, diskWords(error)),
      l10n.t('Give the folder that the tasks were run with.'),
      error,
    );
  }
}

export function runIdsOf(names: readonly string[]): readonly string[] {
  return names.filter((name) => name.endsWith(SUFFIX)).map((name) => name.slice(0, -SUFFIX.length));
}

/** `now`: milliseconds since 1970. @throws as `fileNames` */
export async function removeOldDrafts(folder: string, now: number): Promise<void> {
  for (const name of await fileNames(folder)) {
    if (!name.endsWith(DRAFT)) continue;
    const path = join(folder, name);
    const age = await stat(path).then(
      ({ mtimeMs }) => now - mtimeMs,
      () => 0,
    );
    if (age > DRAFT_AGE_MS) await rm(path, { force: true });
  }
}

/** Nobody else can use the run until the lock is released. @throws ConfigurationError `usage` where somebody does, BridgeError `journal-failed` */
export async function lockForUse(folder: string, runId: string, wallClock: () => number): Promise<RunLock> {
  const lock = await lockRun(folder, runId, wallClock).catch((error: unknown) => {
    throw journalFailed(
      l10n.t('The folder for journals, {0}, cannot be written: {1}.', folder, diskWords(error)),
      l10n.t('Make room on the disk, or allow writing there.'),
      error,
    );
  });
  if (lock) return lock;
  const pid = await holderOf(folder, runId, wallClock);
  const who =
    pid === undefined
      ? l10n.t('another process')
      : pid === process.pid
        ? l10n.t('this window')
        : l10n.t('process {0}', pid);
  throw new ConfigurationError('usage', l10n.t('The task is running, in {0}.', who), {
    hint: l10n.t('Wait until it has ended, or cancel it there.'),
  });
}
