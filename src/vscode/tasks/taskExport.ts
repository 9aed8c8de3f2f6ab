/** A task as a file that a person can keep or give away. The journal that it is made from is redacted already. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { ConfigurationError } from '../../base/errors';
import type { ReadJournal, RunState } from '../../tasks/journalReader';
import { offer } from '../failures';
import type { Journals } from './journals';
import { stateOf } from './shownTask';
import { chooseTask, type ChoiceNeeds } from './taskChoice';

export interface ExportNeeds extends ChoiceNeeds {
  readonly journals: Journals;
  /** A journal as a Markdown document. */
  readonly markdownOf: (read: ReadJournal) => string | Promise<string>;
}

/** Asks for the format and the file. @throws BridgeError where the journal cannot be read or the file not written */
export async function exportTask(argument: unknown, needs: ExportNeeds): Promise<void> {
  const { dialogs, journals } = needs;
  const title = l10n.t('Export Task');
  const task = await chooseTask(
    argument,
    title,
    ({ node, kind }) => node.runId !== undefined && kind !== 'broken',
    needs,
  );
  if (!task) return;
  const { runId } = task.node;
  if (runId === undefined) throw new ConfigurationError('usage', l10n.t('This task has no journal yet.'));
  const formats = [
    { label: l10n.t('Markdown'), detail: l10n.t('A document to read, with every call and its result'), ending: 'md' },
    {
      label: l10n.t('JSON'),
      detail: l10n.t('One document for programs: header, rounds, calls, usage, end'),
      ending: 'json',
    },
  ] as const;
  const format = await dialogs.pickOne(formats, { title, placeholder: l10n.t('In which format?') });
  if (!format) return;
  const read = await (await journals.get()).read(runId);
  const name = `task-${new Date(read.header.at).toISOString().slice(0, 10)}-${runId.slice(0, 8)}.${format.ending}`;
  const file = await dialogs.saveAs({ title, name, filters: { [format.label]: [format.ending] } });
  if (!file) return;
  const state = stateOf(task);
  const text =
    format.ending === 'md' ? await needs.markdownOf(read) : await jsonOf(read, isRunning(state) ? 'running' : state);
  await write(file, text);
  const run = (): Thenable<unknown> => vscode.window.showTextDocument(file);
  offer(dialogs, 'info', l10n.t('The task was exported to {0}.', file.fsPath), { label: l10n.t('Open'), run });
}

type EndedState = Exclude<RunState, 'running'>;

function isRunning(state: ReturnType<typeof stateOf>): state is Exclude<ReturnType<typeof stateOf>, EndedState> {
  const ended: readonly string[] = ['completed', 'failed', 'limit', 'cancelled', 'interrupted'] satisfies EndedState[];
  return !ended.includes(state);
}

async function jsonOf(read: ReadJournal, state: RunState): Promise<string> {
  const { exportedTask } = await import('../../tasks/journalExport');
  return `${JSON.stringify(exportedTask(read, state), null, 2)}\n`;
}

async function write(file: vscode.Uri, text: string): Promise<void> {
  try {
    await vscode.workspace.fs.writeFile(file, Buffer.from(text));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError('usage', l10n.t('The file {0} cannot be written: {1}', file.fsPath, why), {
      hint: l10n.t('Choose another folder.'),
      cause: error,
    });
  }
}
