/**
 * A task as a file, `NAME.task.md`: Markdown that says what to do, below a front matter of YAML that says with what.
 * Anybody can have written it, a repository too, so that it can only narrow what the person's settings allow.
 */
import type { ApprovalPolicy } from '../policy/approvalPolicy';
import { readFrontMatter } from './taskFileFields';
import { TaskFileProblems, type TaskFileProblem, type TaskFileRange } from './taskFileProblems';
import { INPUT_REFERENCE, splitTaskFile } from './taskFileParts';
import type { ServerSelection } from './types';

export type { TaskFileProblem } from './taskFileProblems';

export const TASK_FILE_SUFFIX = '.task.md';

/** A value that the person is asked for before the task starts. */
export interface TaskInput {
  readonly name: string;
  readonly description: string | undefined;
  readonly default: string | undefined;
}

export interface TaskFile {
  /** What to do, with its references to inputs. */
  readonly text: string;
  /** None where the file does not say. */
  readonly servers: ServerSelection;
  readonly model: string | undefined;
  /** As `TaskRequest.tools`. */
  readonly tools: readonly string[];
  /** What it does not say is left to the settings, which it can only narrow. */
  readonly limits: {
    readonly rounds: number | undefined;
    readonly tokens: number | undefined;
    readonly minutes: number | undefined;
  };
  /** Counts where it is stricter than the settings. */
  readonly approval: ApprovalPolicy | undefined;
  readonly inputs: readonly TaskInput[];
}

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
    problems.add('error', 'The front matter has no end: close it with a line "---".', 0, text.indexOf('\n'));
    return { problems: problems.list, names: [] };
  }
  const { inputPlaces, names: places, ...front } = readFrontMatter(text, parts, problems);
  const body = text.slice(parts.body);
  if (body.trim() === '') {
    problems.add('error', 'The task is missing: write below the front matter what to do.', text.length, text.length);
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
      `There is no input "${name}" in the front matter.`,
      name,
      known,
      start,
      start + reference.length,
    );
  }
  for (const { name, start, end } of inputPlaces) {
    if (used.has(name)) continue;
    problems.add('warning', `The input "${name}" is not used: the text names it as \${input:${name}}.`, start, end);
  }
  const list = problems.list;
  if (list.some(({ severity }) => severity === 'error')) return { problems: list, names };
  return { file: { ...front, text: body.trim() }, problems: list, names };
}
