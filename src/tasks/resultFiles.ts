import * as l10n from '@vscode/l10n';
import { mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sliceWhole } from '../agent/resultText';
import type { ResultStore, ToolOutcome } from '../agent/types';
import { errorMessage, systemErrorCode } from '../base/errors';
import type { JsonObject } from '../base/json';
import type { Logger } from '../base/logger';
import type { OwnTool } from './ownTools';

export interface ResultFilesOptions {
  /** Where a run that can be taken up again finds them; absent: a folder of its own. */
  readonly lasting?: { readonly resultsFolder: string; hidden(text: string): string } | undefined;
  /** Name of the tool that reads them. */
  readonly toolName: string;
  /** Longest page in characters. */
  readonly pageLength: number;
  readonly logger: Logger;
}

/** Characters of a page that stand before what was searched for. */
const BEFORE_FOUND = 200;

/** Long results of a run, each whole in a file that only this person can read, and the tool that pages through them. */
export class ResultFiles implements ResultStore {
  #folder: Promise<string> | undefined;
  #count = 0;

  constructor(private readonly options: ResultFilesOptions) {}

  async keep(text: string): Promise<string | undefined> {
    try {
      const id = await this.#write(text);
      return `call ${this.options.toolName} with id "${id}" to read on or to search`;
    } catch (error) {
      this.options.logger.log('warn', l10n.t('A long result could not be kept: {0}', errorMessage(error)));
      return undefined;
    }
  }

  get tool(): OwnTool {
    return {
      definition: {
        name: this.options.toolName,
        description: 'Reads on, or searches, in a shortened tool result.',
        inputSchema: {
          type: 'object',
          properties: {
            id: { type: 'string' },
            from: { type: 'integer', description: 'first character; default 0' },
            find: { type: 'string', description: 'begin where this stands' },
          },
          required: ['id'],
        },
      },
      run: (args) => this.#read(args),
    };
  }

  /** @param isOver nobody takes the run up again */
  async dispose(isOver: boolean): Promise<void> {
    const { lasting } = this.options;
    if (lasting && !isOver) return;
    const folder = lasting?.resultsFolder ?? (await this.#folder?.catch(() => undefined));
    if (folder !== undefined) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }

  async #write(text: string): Promise<string> {
    this.#folder ??= this.#makeFolder();
    const folder = await this.#folder;
    for (;;) {
      const id = `r${String(++this.#count)}`;
      try {
        const file = await open(join(folder, `${id}.txt`), 'wx', 0o600);
        await file.writeFile(this.options.lasting?.hidden(text) ?? text).finally(() => file.close());
        return id;
      } catch (error) {
        // A run that is taken up again finds its earlier results there.
        if (systemErrorCode(error) !== 'EEXIST') throw error;
      }
    }
  }

  async #makeFolder(): Promise<string> {
    const folder = this.options.lasting?.resultsFolder;
    if (folder === undefined) return mkdtemp(join(tmpdir(), 'lmstudio-bridge-'));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  async #read({ id, from = 0, find }: JsonObject): Promise<ToolOutcome> {
    const folder = this.options.lasting?.resultsFolder ?? (await this.#folder);
    // The id is the model's word: nothing but our own names becomes a path.
    const isOurs = typeof id === 'string' && /^r\d{1,9}$/.test(id) && folder !== undefined;
    const text = isOurs ? await readFile(join(folder, `${id}.txt`), 'utf8').catch(() => undefined) : undefined;
    if (text === undefined) return failed(`There is no kept result ${JSON.stringify(id)}.`);
    const start = typeof from === 'number' ? Math.floor(from) : 0;
    if (typeof find !== 'string') return this.#page(text, start);
    const found = text.toLowerCase().indexOf(find.toLowerCase(), start);
    if (found === -1) return failed(`"${find}" does not stand in the result after character ${String(start)}.`);
    return this.#page(text, Math.max(start, found - BEFORE_FOUND));
  }

  #page(text: string, start: number): ToolOutcome {
    const length = String(text.length);
    if (start >= text.length) return failed(`The result ends at character ${length}.`);
    // Room for the line that says where this is.
    const end = Math.min(text.length, start + Math.max(this.options.pageLength - 100, 100));
    const next = end < text.length ? `, go on from ${String(end)}` : ', the end';
    const page = sliceWhole(text, start, end);
    return { isError: false, text: `[characters ${String(start)} to ${String(end)} of ${length}${next}]\n${page}` };
  }
}

function failed(text: string): ToolOutcome {
  return { isError: true, code: 'tool-failed', text };
}
