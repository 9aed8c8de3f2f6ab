/** Links in the documents of tasks to files of the workspace. Web addresses are links of VS Code's own, which asks about them. */
import { stat } from 'node:fs/promises';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Clock } from '../../base/clock';
import { findInside } from '../insideFolders';
import { placesIn, type TextPlace } from './textPlaces';

/** Files that are looked for each time; the next time it is the turn of others. */
const MAX_LOOKS = 300;
/** A file that was not there can come: a task writes files. */
const LOOK_AGAIN_MS = 5_000;

interface Found {
  /** Absolute; undefined: there is no such file in the workspace. */
  readonly file: string | undefined;
  readonly at: number;
}

/** What the lines of a document name, as far as they were read: a text that only grows is read once. */
class LineIndex {
  readonly #lines: (readonly TextPlace[])[] = [];

  /** The lines from here on are others now. */
  cut(line: number): void {
    this.#lines.length = Math.min(this.#lines.length, line);
  }

  /** All lines but the last, which may go on. */
  read(document: vscode.TextDocument): readonly (readonly TextPlace[])[] {
    this.cut(document.lineCount - 1);
    for (let line = this.#lines.length; line < document.lineCount - 1; line++) {
      this.#lines.push(placesIn(document.lineAt(line).text));
    }
    return this.#lines;
  }
}

export class TaskLinks implements vscode.DocumentLinkProvider, vscode.Disposable {
  readonly #indexes = new WeakMap<vscode.TextDocument, LineIndex>();
  readonly #found = new Map<string, Found>();
  readonly #listening: vscode.Disposable;

  constructor(
    /** Absolute paths of the folders of the workspace. */
    private readonly folders: () => readonly string[],
    private readonly clock: Clock,
  ) {
    this.#listening = vscode.Disposable.from(
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        for (const { range } of contentChanges) this.#indexes.get(document)?.cut(range.start.line);
      }),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.#found.clear()),
    );
  }

  async provideDocumentLinks(document: vscode.TextDocument): Promise<vscode.DocumentLink[]> {
    const index = this.#indexes.get(document) ?? new LineIndex();
    this.#indexes.set(document, index);
    const lines = index.read(document);
    await this.#look(new Set(lines.flatMap((places) => places.map(({ path }) => path))));
    return lines.flatMap((places, line) => places.flatMap((place) => this.#linkOf(place, line)));
  }

  dispose(): void {
    this.#listening.dispose();
  }

  async #look(paths: ReadonlySet<string>): Promise<void> {
    const now = this.clock.now();
    const folders = this.folders();
    const isDue = (path: string): boolean => {
      const found = this.#found.get(path);
      return !found || (found.file === undefined && now - found.at >= LOOK_AGAIN_MS);
    };
    const due = [...paths].filter(isDue).slice(-MAX_LOOKS);
    await Promise.all(
      due.map(async (path) => {
        const file = await findInside(path, folders);
        const isThere = file !== undefined && (await isFile(file));
        this.#found.set(path, { file: isThere ? file : undefined, at: now });
      }),
    );
  }

  #linkOf({ start, end, path, line: at, column }: TextPlace, line: number): vscode.DocumentLink[] {
    const file = this.#found.get(path)?.file;
    if (file === undefined) return [];
    const place = at === undefined ? '' : `L${at}${column === undefined ? '' : `,${column}`}`;
    const link = new vscode.DocumentLink(
      new vscode.Range(line, start, line, end),
      vscode.Uri.file(file).with({ fragment: place }),
    );
    link.tooltip = l10n.t('Open {0}', vscode.workspace.asRelativePath(file));
    return [link];
  }
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
