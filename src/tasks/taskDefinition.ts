/** A task of an editor's `tasks.json`, type `lmstudio-bridge`: names a task file, or says itself what a task file would. */
import * as l10n from '@vscode/l10n';
import { ConfigurationError } from '../base/errors';
import { isJsonObject } from '../base/json';
import { nearestNames } from '../base/nearestNames';
import { parseTaskFile } from './taskFile';
import { TASK_FILE_KEYS } from './taskFileKeys';
import { fillInputs, type PlannedTask } from './taskFileRequest';

export type TaskDefinition =
  /** `path`: as written. */
  | { readonly kind: 'file'; readonly path: string; readonly inputs: Readonly<Record<string, string>> }
  | { readonly kind: 'task'; readonly task: PlannedTask };

const INPUTS = 'inputs';
const OWN_KEYS: readonly string[] = ['task', ...TASK_FILE_KEYS.filter((key) => key !== INPUTS)];

/** @throws ConfigurationError `usage` that says what is wrong */
export function parseDefinition(raw: unknown): TaskDefinition {
  const { taskFile, ...said } = fieldsOf(raw);
  return taskFile === undefined ? { kind: 'task', task: plannedTaskOf(said) } : ofFile(taskFile, said);
}

/** What a definition without a task file says. @throws as `parseDefinition` */
export function plannedTaskOf(raw: unknown): PlannedTask {
  const { task, ...front } = fieldsOf(raw);
  if (typeof task !== 'string' || task.trim() === '') {
    throw wrong(l10n.t('It needs "task", a text that says what to do, or "taskFile", the path of a task file.'));
  }
  const stray = Object.keys(front).find((key) => !OWN_KEYS.includes(key));
  if (stray !== undefined) throw unknown(stray, ['taskFile', ...OWN_KEYS]);
  // JSON is YAML, so that the same rules hold in both places.
  const { file, problems } = parseTaskFile(`---\n${JSON.stringify(front)}\n---\n${task}`);
  if (!file) throw wrong(problems.map(({ message }) => message).join(' '));
  return fillInputs(file, {});
}

function fieldsOf(raw: unknown): Readonly<Record<string, unknown>> {
  if (!isJsonObject(raw)) throw wrong(l10n.t('It must be an object.'));
  // The type is known, and what begins with an underscore is the editor's.
  return Object.fromEntries(Object.entries(raw).filter(([key]) => key !== 'type' && !key.startsWith('_')));
}

function ofFile(path: unknown, { inputs = {}, ...others }: Readonly<Record<string, unknown>>): TaskDefinition {
  if (typeof path !== 'string' || path.trim() === '')
    throw wrong(l10n.t('"taskFile" must be the path of a task file.'));
  const [stray] = Object.keys(others);
  if (stray !== undefined) {
    const message = OWN_KEYS.includes(stray)
      ? l10n.t('With "taskFile" it is the file that says "{0}".', stray)
      : unknown(stray, ['taskFile', INPUTS]).message;
    throw new ConfigurationError('usage', message, { hint: hint() });
  }
  const entries = isJsonObject(inputs) ? Object.entries(inputs) : [];
  const values = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  if (!isJsonObject(inputs) || values.length < entries.length) {
    throw wrong(l10n.t('"inputs" must be an object of texts, by the names of the inputs.'));
  }
  return { kind: 'file', path, inputs: Object.fromEntries(values) };
}

function hint(): string {
  return l10n.t('Correct the task in tasks.json.');
}

function unknown(key: string, known: readonly string[]): ConfigurationError {
  const near = nearestNames(key, known).map((name) => `"${name}"`);
  const help = near.length > 0 ? [l10n.t('Did you mean {0}?', near.join(l10n.t(' or ')))] : [];
  return wrong([l10n.t('"{0}" is not known in it.', key), ...help].join(' '));
}

function wrong(problem: string): ConfigurationError {
  return new ConfigurationError('usage', `${l10n.t('The task of type lmstudio-bridge cannot run.')} ${problem}`, {
    hint: hint(),
  });
}
