/** Runs a task file, or shows beforehand what it may do. */
import * as vscode from 'vscode';
import * as l10n from '@vscode/l10n';
import { ConfigurationError } from '../../base/errors';
import { isJsonObject } from '../../base/json';
import { visibleText } from '../../base/visibleText';
import type { TaskFile } from '../../tasks/taskFile';
import type { RunEnd } from '../../tasks/types';
import { cancelledByPerson } from '../abort';
import type { Dialogs } from '../dialogs';
import { HelpfulError } from '../failures';
import { COMMANDS, TASK_TYPE } from '../ids';
import { markupFree } from '../markup';
import type { QuestionDesk } from '../questions/questionDesk';
import { readDefaults, requireTrust, type RunNeeds, startTask } from '../tasks/runTask';
import { executeCommand } from '../typed';
import type { TaskAgreements } from './taskAgreements';
import { findTaskFiles, labelOf, readTaskFile, taskNameOf, toUri } from './taskFileSource';
import type { TaskPlan } from './taskPlan';

export interface TaskFileRunNeeds extends RunNeeds {
  readonly desk: QuestionDesk;
  readonly agreements: TaskAgreements;
  readonly showPreview: (plan: TaskPlan) => Promise<void>;
}

type Inputs = Readonly<Record<string, string>>;

interface ChosenFile {
  readonly uri: vscode.Uri;
  readonly inputs: Inputs;
}

/**
 * `argument`: the Uri of a task file, its path within the workspace, `{ file, inputs }`, or nothing, to be asked. A file
 * that needs no words of the person runs only in a wording that they have agreed to.
 * Undefined where the person closed a question.
 */
export async function runTaskFile(argument: unknown, needs: TaskFileRunNeeds): Promise<RunEnd | undefined> {
  requireTrust();
  const chosen = await chooseTaskFile(argument, l10n.t('Run Task from Task File'), needs.dialogs);
  if (!chosen) return undefined;
  const { signal } = new AbortController();
  const file = await readTaskFile(chosen.uri);
  const asked = await askInputs(file, taskNameOf(chosen.uri), chosen.inputs, needs.dialogs, signal);
  if (!asked) return undefined;
  const { fillInputs, requestOf } = await import('../../tasks/taskFileRequest');
  const plan = planOf(chosen.uri, fillInputs(file, asked.values));
  if (!asked.hasAsked && !(await needs.agreements.agree(plan, signal, { wasCalled: true }))) return undefined;
  return startTask(requestOf(plan.task, readDefaults()), needs);
}

/** As `runTaskFile`; references to inputs without a value stay as they are. Offers the tasks of `tasks.json` too. */
export async function previewTask(argument: unknown, needs: TaskFileRunNeeds): Promise<void> {
  requireTrust();
  const isOpen = argument === undefined || argument === null;
  const written = isOpen ? await tasksOfJson() : [];
  const chosen = await chooseTaskFile(argument, l10n.t('Preview Task'), needs.dialogs, written);
  if (!chosen) return;
  if ('plan' in chosen) return needs.showPreview(await chosen.plan());
  const file = await readTaskFile(chosen.uri);
  const { fillInputs } = await import('../../tasks/taskFileRequest');
  const open = file.inputs.map((input) => [input.name, input.default ?? `\${input:${input.name}}`] as const);
  await needs.showPreview(planOf(chosen.uri, fillInputs(file, { ...Object.fromEntries(open), ...chosen.inputs })));
}

export function planOf(uri: vscode.Uri, task: TaskPlan['task']): TaskPlan {
  return { name: taskNameOf(uri), origin: labelOf(uri), task };
}

/**
 * Asks for every input that was given no value, one after the other. Undefined where the person closed one.
 * @throws the signal's reason
 */
export async function askInputs(
  { inputs }: TaskFile,
  task: string,
  given: Inputs,
  dialogs: Dialogs,
  signal: AbortSignal,
): Promise<{ readonly values: Inputs; readonly hasAsked: boolean } | undefined> {
  const open = inputs.filter(({ name }) => !Object.hasOwn(given, name));
  const values: Record<string, string> = { ...given };
  for (const [index, { name, description, default: value }] of open.entries()) {
    const step = open.length > 1 ? ` (${String(index + 1)}/${String(open.length)})` : '';
    const answer = await dialogs.input(
      {
        title: `${visibleText(task)}: ${visibleText(name)}${step}`,
        prompt: visibleText(description ?? l10n.t('A value for "{0}"', name)),
        ...(value === undefined ? {} : { value }),
      },
      signal,
    );
    if (answer === undefined) return undefined;
    values[name] = answer;
  }
  return { values, hasAsked: open.length > 0 };
}

/** A task of `tasks.json` that says itself what to do; read when it is chosen. */
interface WrittenTask {
  readonly label: string;
  readonly plan: () => Promise<TaskPlan>;
}

async function tasksOfJson(): Promise<readonly WrittenTask[]> {
  const tasks = await vscode.tasks.fetchTasks({ type: TASK_TYPE });
  return tasks
    .filter(({ definition }) => definition['taskFile'] === undefined)
    .map(({ name, definition }) => ({
      label: name,
      plan: async () => {
        const { plannedTaskOf } = await import('../../tasks/taskDefinition');
        return { name, origin: 'tasks.json', task: plannedTaskOf(definition) };
      },
    }));
}

async function chooseTaskFile<T extends WrittenTask = never>(
  argument: unknown,
  title: string,
  dialogs: Dialogs,
  written: readonly T[] = [],
): Promise<ChosenFile | T | undefined> {
  if (argument instanceof vscode.Uri) return { uri: argument, inputs: {} };
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  if (typeof argument === 'string') return { uri: toUri(argument, folder), inputs: {} };
  if (argument !== undefined && argument !== null) return parseArgument(argument, folder);
  const files = await findTaskFiles();
  if (files.length + written.length === 0) throw noFiles();
  const active = vscode.window.activeTextEditor?.document.uri.toString();
  // The one that is open comes first: it is most likely the one that is meant.
  const sorted = [...files].sort((a, b) => Number(b.toString() === active) - Number(a.toString() === active));
  const ofFiles = sorted.map((uri) => ({
    chosen: { uri, inputs: {} },
    label: taskNameOf(uri),
    description: labelOf(uri),
  }));
  const ofJson = written.map((task) => ({ chosen: task, label: task.label, description: 'tasks.json' }));
  const choices = [...ofFiles, ...ofJson].map(({ chosen, label, description }) => {
    return { chosen, label: markupFree(label), description: markupFree(description) };
  });
  const options = { title, placeholder: l10n.t('Which task?') };
  return (await dialogs.pickOne(choices, options))?.chosen;
}

function parseArgument(argument: unknown, folder: vscode.Uri | undefined): ChosenFile {
  const { file, inputs = {}, ...others } = isJsonObject(argument) ? argument : {};
  const [stray] = Object.keys(others);
  const isFit = isJsonObject(inputs) && Object.values(inputs).every((value) => typeof value === 'string');
  if (typeof file !== 'string' || !isFit || stray !== undefined) {
    const message = l10n.t('The arguments must be one object with "file", a path, and "inputs", texts by their names.');
    throw new ConfigurationError('usage', message, { hint: l10n.t('Correct the arguments of the command.') });
  }
  return { uri: toUri(file, folder), inputs: inputs as Inputs };
}

function noFiles(): HelpfulError {
  const error = new ConfigurationError('usage', l10n.t('There is no task file in this workspace.'), {
    hint: l10n.t('Make a Markdown file whose name ends with .task.md, and write into it what the model should do.'),
  });
  return new HelpfulError(error, { label: l10n.t('New Task File'), run: () => executeCommand(COMMANDS.newTaskFile) });
}

/** An untitled one, so that the person says where it belongs. */
export async function newTaskFile(): Promise<void> {
  const content = [
    '---',
    '# servers: [filesystem]',
    '# model: qwen/qwen3-8b',
    '# limits:',
    '#   rounds: 20',
    '# approval: ask-always',
    '# inputs:',
    '#   topic: What to write about',
    '---',
    '',
    '',
  ].join('\n');
  const document = await vscode.workspace.openTextDocument({ language: 'markdown', content });
  const editor = await vscode.window.showTextDocument(document);
  const end = document.positionAt(content.length);
  editor.selection = new vscode.Selection(end, end);
  void vscode.window.setStatusBarMessage(l10n.t('Save it with a name that ends with .task.md'), 15_000);
}

/** So that a run that was never started ends as one that was cancelled. */
export function notAgreed(): Error {
  return cancelledByPerson(l10n.t('The task was not started: you did not agree to it.'));
}
