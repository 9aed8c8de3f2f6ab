/**
 * Texts are looked up through the package and not through `vscode.l10n`, so that the command line and tests without an
 * editor have them too (in English).
 */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { writeNumbersIn } from '../base/numberText';

/** Before any file is loaded that holds texts. */
export function useLanguageOfEditor(): void {
  if (vscode.l10n.bundle) l10n.config({ contents: vscode.l10n.bundle });
  writeNumbersIn(vscode.env.language);
}

/** Of our texts (BCP 47): that of the editor, or English where it has none of ours. */
export function textLanguage(): string {
  return vscode.l10n.bundle ? vscode.env.language : 'en';
}
