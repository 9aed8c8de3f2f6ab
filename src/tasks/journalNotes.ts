/** What is to be said of a journal itself, beside what it tells: a line each. Pure but for the language. */
import * as l10n from '@vscode/l10n';
import { endOf, type ReadJournal } from './journalReader';
import { rememberRun } from './resume';
import { utcTime } from './runWords';

export function beginLine({ header }: ReadJournal): string {
  return l10n.t('Task {0}, begun {1}, version {2}', header.runId, utcTime(header.at), header.version);
}

export function problemLine({ line, message }: ReadJournal['problems'][number]): string {
  return l10n.t('Line {0} of the journal cannot be read: {1}', line, message);
}

export function openEndLines(read: ReadJournal): readonly string[] {
  if (endOf(read.lines)) return [];
  return [
    l10n.t('The journal ends here: the task goes on, or it was interrupted.'),
    ...rememberRun(read).unknown.map(({ server, tool }) =>
      l10n.t('Nobody knows whether the call of "{0}" of MCP server "{1}" was done.', tool, server),
    ),
  ];
}
