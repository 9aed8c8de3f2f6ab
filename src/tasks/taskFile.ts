/**
 * A task as a file, `NAME.task.md`: Markdown that says what to do, below a front matter of YAML that says with what.
 * Anybody can have written it, a repository too, so that it can only narrow what the person's settings allow.
 */
import * as l10n from '@vscode/l10n';
import { readFrontMatter, type TaskFile } from './taskFileFields';
import { TaskFileProblems, type TaskFileProblem, type TaskFileRange } from './taskFileProblems';
import { INPUT_REFERENCE, splitTaskFile } from './taskFileParts';

export type { TaskFile, TaskInput } from './taskFileFields';
export type { TaskFileProblem } from './taskFileProblems';

export const TASK_FILE_SUFFIX = '.task.md';

export interface ParsedTaskFile {
  /** Absent where a problem is an error: a slip in a file must not let a task do more than was meant. */
  readonly file?: TaskFile;
  /** In the order of the file. */
  readonly problems: readonly TaskFileProblem[];
  /** The servers and the model that it names: whether they exist is not known here. */
  readonly names: readonly NameInTaskFile[];
}

export interface NameInTaskFile extends TaskFileRange {
  readonly kind: 'server' | 'model';
  readonly name: string;
}

/** Never throws. */
export function parseTaskFile(text: string): ParsedTaskFile {
  const problems = new TaskFileProblems(text);
  const parts = splitTaskFile(text);
  if (parts.isOpen) {
    problems.add('error', l10n.t('The front matter has no end: close it with a line "---".'), 0, text.indexOf('\n'));
    return { problems: problems.list, names: [] };
  }
  const { inputPlaces, names: places, ...front } = readFrontMatter(text, parts, problems);
  const body = text.slice(parts.body);
  if (body.trim() === '') {
    problems.add(
      'error',
      l10n.t('The task is missing: write below the front matter what to do.'),
      text.length,
      text.length,
    );
  }
  const known = front.inputs.map(({ name }) => name);
  const names = places.map(({ kind, name, start, end }) => ({ kind, name, ...problems.rangeOf(start, end) }));
  const used = new Set<string>();
  for (const match of body.matchAll(INPUT_REFERENCE)) {
    const [reference, name = ''] = match;
    used.add(name);
    if (known.includes(name)) continue;
    const start = parts.body + match.index;
    problems.addUnknown(
      l10n.t('There is no input "{0}" in the front matter.', name),
      name,
      known,
      start,
      start + reference.length,
    );
  }
  for (const { name, start, end } of inputPlaces) {
    if (used.has(name)) continue;
    const message = l10n.t('The input "{0}" is not used: the text names it as {1}.', name, `\${input:${name}}`);
    problems.add('warning', message, start, end);
  }
  const list = problems.list;
  if (list.some(({ severity }) => severity === 'error')) return { problems: list, names };
  return { file: { ...front, text: body.trim() }, problems: list, names };
}
