import * as l10n from '@vscode/l10n';
import { randomUUID } from 'node:crypto';
import type * as vscode from 'vscode';
import { toBridgeError } from '../../base/errors';
import type { Logger } from '../../base/logger';
import type { TaskMarkdown } from '../../tasks/taskMarkdown';
import type { TaskEvent } from '../../tasks/types';
import type { Journals } from '../tasks/journals';
import { TaskPage } from './taskPage';
import { taskUri } from './taskUri';

/** A task of this window, from its first event on. */
export class LiveTask {
  /** What has come while the page was made. */
  readonly #early: TaskEvent[] = [];
  #page: Promise<TaskPage> | undefined;
  #loaded: TaskPage | undefined;
  #uri: vscode.Uri | undefined;
  #runId: string | undefined;
  #isOver = false;

  constructor(
    /** What it was asked to do, or the beginning of that. */
    private readonly task: string,
    private readonly journals: Journals,
    private readonly logger: Logger,
  ) {}

  get runId(): string | undefined {
    return this.#runId;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** By the id of its run, or where it was wanted before that was known, by a name of its own. */
  get uri(): vscode.Uri {
    this.#uri ??= taskUri(this.#runId ?? `window-${randomUUID()}`, this.task);
    return this.#uri;
  }

  /** Its document does not say in its address which run it is. */
  get isNamedApart(): boolean {
    return this.#uri !== undefined && this.#uri.query !== this.#runId;
  }

  isMeantBy(key: string): boolean {
    return key === this.#runId || key === this.#uri?.query;
  }

  /** Made when it is first needed. */
  get page(): Promise<TaskPage> {
    this.#page ??= this.#makePage();
    return this.#page;
  }

  get loaded(): TaskPage | undefined {
    return this.#loaded;
  }

  add(event: TaskEvent): void {
    if (event.type === 'run_start') this.#runId = event.runId;
    if (event.type === 'run_end') this.#isOver = true;
    if (this.#loaded) {
      this.#loaded.add(event);
      return;
    }
    this.#early.push(event);
    void this.page;
  }

  async #makePage(): Promise<TaskPage> {
    const [first] = this.#early;
    const startedAt = Date.now() - (first?.at ?? 0);
    const { TaskMarkdown } = await import('../../tasks/taskMarkdown');
    const markdown = new TaskMarkdown();
    const isResumed = first?.type === 'run_start' && first.resumed;
    const before = isResumed ? await this.#before(markdown, first.runId, startedAt) : '';
    const page = new TaskPage(markdown, before || markdown.begin(this.task), Date.now);
    for (const event of this.#early.splice(0)) page.add(event);
    this.#loaded = page;
    return page;
  }

  /** What the run did before it was taken up again. */
  async #before(markdown: TaskMarkdown, runId: string, startedAt: number): Promise<string> {
    try {
      const [store, { writeJournal }] = await Promise.all([this.journals.get(), import('../../tasks/journalMarkdown')]);
      const read = await store.read(runId);
      return writeJournal(markdown, { ...read, lines: read.lines.filter(({ at }) => at < startedAt - 1) });
    } catch (failure) {
      // The task goes on all the same, and its document begins here.
      this.logger.log('warn', l10n.t('What a task did before is not shown: {0}', toBridgeError(failure).message));
      return '';
    }
  }
}
