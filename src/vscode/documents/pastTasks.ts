import type * as vscode from 'vscode';
import { isBridgeError } from '../../base/errors';
import { isJsonObject } from '../../base/json';
import type { JournalStore } from '../../tasks/journalStore';
import type { Journals } from '../tasks/journals';
import { TaskPage } from './taskPage';

const STORE_KEY = 'taskDocuments';
const MAX_NAMES = 50;
/** Documents of journals that are kept; others are read again. */
const MAX_PAGES = 10;

interface PastTask {
  readonly runId: string;
  readonly task: string;
  readonly page: TaskPage;
}

/** The documents of tasks that this window does not run, from their journals. */
export class PastTasks {
  /** By the id of the run. */
  readonly #pages = new Map<string, Promise<PastTask>>();
  readonly #loaded = new Map<string, TaskPage>();

  constructor(
    private readonly journals: Journals,
    /** Which run a document is about whose address does not say so. */
    private readonly state: vscode.Memento,
  ) {}

  /** The document with this name is about that run, also after the window was loaded again. */
  rename(key: string, runId: string): void {
    const others = Object.entries(this.#names).filter(([name]) => name !== key);
    void this.state.update(STORE_KEY, Object.fromEntries([...others, [key, runId]].slice(-MAX_NAMES)));
  }

  /** Reads the journal anew. @throws as `JournalStore.find` and `read` */
  open(beginning: string): Promise<PastTask> {
    return this.journals.get().then(async (store) => this.#read(await store.find(beginning), store));
  }

  /** Undefined where there is no such journal any more. @throws as `JournalStore.read` */
  async find(key: string): Promise<TaskPage | undefined> {
    const wanted = this.#runIdOf(key);
    const known = this.#pages.get(wanted);
    if (known) return (await known).page;
    const store = await this.journals.get();
    // The key stands in an address, which anybody can write: only what is in the folder is read.
    const runId = await store.find(wanted).catch((error: unknown) => {
      if (isBridgeError(error, 'usage')) return undefined;
      throw error;
    });
    return runId === undefined ? undefined : (await this.#read(runId, store)).page;
  }

  /** Undefined where it was not opened yet. */
  loaded(key: string): TaskPage | undefined {
    return this.#loaded.get(this.#runIdOf(key));
  }

  get #names(): Readonly<Record<string, unknown>> {
    const names = this.state.get<unknown>(STORE_KEY);
    return isJsonObject(names) ? names : {};
  }

  #runIdOf(key: string): string {
    const runId = this.#names[key];
    return typeof runId === 'string' ? runId : key;
  }

  #read(runId: string, store: JournalStore): Promise<PastTask> {
    const reading = this.#load(runId, store);
    this.#pages.delete(runId);
    this.#pages.set(runId, reading);
    // The next one may have more luck.
    reading.catch(() => this.#pages.delete(runId));
    for (const oldest of [...this.#pages.keys()].slice(0, -MAX_PAGES)) {
      this.#pages.delete(oldest);
      this.#loaded.delete(oldest);
    }
    return reading;
  }

  async #load(runId: string, store: JournalStore): Promise<PastTask> {
    const [read, { noteOpenEnd, writeJournal }, { TaskMarkdown }] = await Promise.all([
      store.read(runId),
      import('../../tasks/journalMarkdown'),
      import('../../tasks/taskMarkdown'),
    ]);
    const markdown = new TaskMarkdown();
    const text = writeJournal(markdown, read) + noteOpenEnd(markdown, read);
    const page = new TaskPage(markdown, text, Date.now);
    this.#loaded.set(runId, page);
    return { runId, task: read.header.request.task, page };
  }
}
