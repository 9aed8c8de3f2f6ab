import * as l10n from '@vscode/l10n';
import { BridgeError, systemErrorCode } from '../base/errors';

/** What people know of the commonest refusals of a disk. */
const WORDS: Readonly<Record<string, string>> = {
  ENOSPC: l10n.t('the disk is full'),
  EDQUOT: l10n.t('the disk quota is used up'),
  EFBIG: l10n.t('the file may not grow any further'),
  EACCES: l10n.t('access is denied'),
  EPERM: l10n.t('access is denied'),
  EROFS: l10n.t('the disk is read-only'),
  ENOTDIR: l10n.t('a part of its path is no folder'),
  EEXIST: l10n.t('a file stands where the folder should be'),
  EISDIR: l10n.t('a folder stands where the file should be'),
  EIO: l10n.t('the disk failed'),
};

/** Why a journal could not be read or written, in a few words. */
export function diskWords(error: unknown): string {
  const code = systemErrorCode(error);
  return code === undefined ? l10n.t('it failed') : (WORDS[code] ?? code);
}

export function journalFailed(message: string, hint: string, cause?: unknown): BridgeError {
  return new BridgeError('journal-failed', message, { hint, cause });
}
