/** The task files of the workspace, and what stands in one: as the person sees it, saved or not. */
import { isAbsolute } from 'node:path';
import * as vscode from 'vscode';
import * as l10n from '@vscode/l10n';
import { ConfigurationError, errorMessage } from '../../base/errors';
import { visibleText } from '../../base/visibleText';
import type { TaskFile, TaskFileProblem } from '../../tasks/taskFile';
import { HelpfulError } from '../failures';

export const TASK_FILES = '**/*.task.md';
const SUFFIX = '.task.md';
const LEFT_OUT = '**/{node_modules,.git}/**';
const MAX_FILES = 500;
/** A task is written by hand; more would not fit any context. */
const MAX_BYTES = 1_000_000;

export function isTaskFile(uri: vscode.Uri): boolean {
  return uri.path.endsWith(SUFFIX);
}

/** In the order of their paths. */
export async function findTaskFiles(token?: vscode.CancellationToken): Promise<readonly vscode.Uri[]> {
  const found = await vscode.workspace.findFiles(TASK_FILES, LEFT_OUT, MAX_FILES, token);
  return [...found].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A path as in `tasks.json`, against a folder of the workspace. */
export function toUri(path: string, folder: vscode.Uri | undefined): vscode.Uri {
  if (isAbsolute(path)) return folder && folder.scheme !== 'file' ? folder.with({ path }) : vscode.Uri.file(path);
  if (folder) return vscode.Uri.joinPath(folder, path);
  throw new ConfigurationError('usage', l10n.t('The task file {0} cannot be found: no folder is open.', path), {
    hint: l10n.t('Open its folder, or give its whole path.'),
  });
}

/** Within the workspace, for people. */
export function labelOf(uri: vscode.Uri): string {
  return visibleText(vscode.workspace.asRelativePath(uri));
}

/** `notes/report` for `notes/report.task.md`. */
export function taskNameOf(uri: vscode.Uri): string {
  const label = labelOf(uri);
  return label.endsWith(SUFFIX) ? label.slice(0, -SUFFIX.length) : label;
}

/** @throws ConfigurationError `usage` where it cannot be read */
export async function textOfFile(uri: vscode.Uri): Promise<string> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open?.isDirty === true) return open.getText();
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > MAX_BYTES) throw new Error(l10n.t('it has {0} bytes', size));
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  } catch (error) {
    const message = l10n.t('The task file {0} cannot be read: {1}.', labelOf(uri), errorMessage(error));
    throw new ConfigurationError('usage', message, { hint: l10n.t('Check its path.'), cause: error });
  }
}

/** A task file that cannot run, with all that is wrong in it. */
export class BrokenTaskFile extends HelpfulError {
  constructor(
    readonly uri: vscode.Uri,
    readonly problems: readonly TaskFileProblem[],
  ) {
    const first = problems.find(({ severity }) => severity === 'error');
    const place = placeOf(uri, first);
    const message = l10n.t('The task file cannot run. {0}: {1}', place, visibleText(first?.message ?? ''));
    const error = new ConfigurationError('usage', message, { hint: l10n.t('Correct the file.') });
    super(error, { label: l10n.t('Open File'), run: () => openAt(uri, first) });
  }

  /** As compilers write it, for problem matchers. */
  get lines(): readonly string[] {
    return this.problems.map((problem) => {
      const { severity, message } = problem;
      return `${placeOf(this.uri, problem)}: ${severity}: ${visibleText(message)}`;
    });
  }
}

/** @throws BrokenTaskFile, or ConfigurationError `usage` where it cannot be read */
export async function readTaskFile(uri: vscode.Uri): Promise<TaskFile> {
  const [text, { parseTaskFile }] = await Promise.all([textOfFile(uri), import('../../tasks/taskFile')]);
  const { file, problems } = parseTaskFile(text);
  if (!file) throw new BrokenTaskFile(uri, problems);
  return file;
}

function placeOf(uri: vscode.Uri, problem: TaskFileProblem | undefined): string {
  return `${labelOf(uri)}:${String(problem?.line ?? 1)}:${String(problem?.column ?? 1)}`;
}

function openAt(uri: vscode.Uri, problem: TaskFileProblem | undefined): Thenable<unknown> {
  const place = new vscode.Position((problem?.line ?? 1) - 1, (problem?.column ?? 1) - 1);
  return vscode.window.showTextDocument(uri, { selection: new vscode.Range(place, place) });
}
