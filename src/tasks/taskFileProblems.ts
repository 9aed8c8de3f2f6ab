import * as l10n from '@vscode/l10n';
import { nearestNames } from '../base/nearestNames';
import { createPositionIndex } from '../mcp/textPosition';

/** Both count from 1; columns are UTF-16 units, as editors count. */
export interface TaskFilePosition {
  readonly line: number;
  readonly column: number;
}

export interface TaskFileRange extends TaskFilePosition {
  /** Behind the last character. */
  readonly end: TaskFilePosition;
}

export interface TaskFileProblem extends TaskFileRange {
  /** With an error the file does not run. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

/** What is wrong with a task file, and where. */
export class TaskFileProblems {
  readonly #found: { readonly start: number; readonly problem: TaskFileProblem }[] = [];
  readonly #position: (offset: number) => TaskFilePosition;

  constructor(private readonly text: string) {
    this.#position = createPositionIndex(text);
  }

  /** In the order of the file. */
  get list(): readonly TaskFileProblem[] {
    return [...this.#found].sort((a, b) => a.start - b.start).map(({ problem }) => problem);
  }

  /** Offsets into the text; what lies outside of it is moved in. */
  add(severity: TaskFileProblem['severity'], message: string, start: number, end: number): void {
    const from = Math.min(Math.max(start, 0), this.text.length);
    let to = Math.min(Math.max(end, from), this.text.length);
    // A value of YAML ends behind its line break.
    while (to > from && /\s/.test(this.text.charAt(to - 1))) to--;
    this.#found.push({
      start: from,
      problem: { severity, message, ...this.rangeOf(from, to) },
    });
  }

  rangeOf(start: number, end: number): TaskFileRange {
    return { ...this.#position(start), end: this.#position(end) };
  }

  /** An error about a name that is none of the known ones, with those that may have been meant. */
  addUnknown(message: string, name: string, known: readonly string[], start: number, end: number): void {
    const near = nearestNames(name, known);
    const quoted = (names: readonly string[]): readonly string[] => names.map((one) => `"${one}"`);
    const help =
      near.length > 0
        ? [l10n.t('Did you mean {0}?', quoted(near).join(l10n.t(' or ')))]
        : known.length > 0
          ? [l10n.t('Known are {0}.', quoted(known).join(', '))]
          : [];
    this.add('error', [message, ...help].join(' '), start, end);
  }
}
