import { BridgeError, systemErrorCode } from '../base/errors';

/** What people know of the commonest refusals of a disk. */
const WORDS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file may not grow any further',
  EACCES: 'access is denied',
  EPERM: 'access is denied',
  EROFS: 'the disk is read-only',
  ENOTDIR: 'a part of its path is no folder',
  EEXIST: 'a file stands where the folder should be',
  EISDIR: 'a folder stands where the file should be',
  EIO: 'the disk failed',
};

/** Why a journal could not be read or written, in a few words. */
export function diskWords(error: unknown): string {
  const code = systemErrorCode(error);
  return code === undefined ? 'it failed' : (WORDS[code] ?? code);
}

export function journalFailed(message: string, hint: string, cause?: unknown): BridgeError {
  return new BridgeError('journal-failed', message, { hint, cause });
}
