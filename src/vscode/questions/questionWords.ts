import * as l10n from '@vscode/l10n';

/** Where the person looks at a document, and the answers stand beside it in a pick. */
export function beside(): string {
  return l10n.t('Close this to read on: "Answer a Waiting Task" brings it back');
}

/** Where there is nothing to read: whatever closes the pick, such as another one in its place, is no answer. */
export function aside(): string {
  return l10n.t('Closing decides nothing: "Answer a Waiting Task" brings it back');
}

/** Last in a question: how many others wait. */
export function moreWords(more: number): readonly string[] {
  if (more === 0) return [];
  return [more === 1 ? l10n.t('1 more question waits.') : l10n.t('{0} more questions wait.', more)];
}
