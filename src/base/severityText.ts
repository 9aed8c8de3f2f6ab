/** How bad something is, as a word at the beginning of a line. */
import * as l10n from '@vscode/l10n';

export function severityWord(severity: 'error' | 'warning' | 'info' | 'hint'): string {
  return { error: l10n.t('Error'), warning: l10n.t('Warning'), info: l10n.t('Note'), hint: l10n.t('Note') }[severity];
}
