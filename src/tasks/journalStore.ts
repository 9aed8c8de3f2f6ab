/** The folder with the journals of a door's tasks. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError, systemErrorCode } from '../base/errors';
import { Journal, RESULTS_SUFFIX } from './journal';
import { diskWords, journalFailed } from './journalFailure';
import { JOURNAL_FORMAT, type JournalHeader } from './journalFormat';
import { holderOf, lockRun, removeLocks, type RunLock } from './journalLock';
import {
  endOf,
  isResumable,
  type JournalSummary,
  type ReadJournal,
  readJournal,
  readSummary,
  type RunState,
} from './journalReader';
import { hider, redactRequest } from './journalRedaction';
import { LineFile } from './lineFile';
import { asRecorded } from './recordedRequest';
import { rememberRun, type RunMemory } from './resume';
import { DEFAULT_RETENTION, outdated, type Retention } from './retention';
import type { TaskRequest } from './types';

const SUFFIX = '.jsonl';
/** Drafts of files that a crash has left behind. */
const DRAFT = '.tmp';
const DRAFT_AGE_MS = 60 * 60 * 1_000;

export interface JournalStoreOptions {
  /** Absolute; made, for its owner only, when the first journal is written. */
  readonly folder: string;
  /** Of this product. */
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Absolute paths of the MCP configuration files that the person named. */
  readonly mcpConfig?: readonly string[] | undefined;
}

export interface ListedRun extends JournalSummary {
  readonly state: RunState;
  readonly isResumable: boolean;
}

/** A journal that nobody can read any more: only its name is known. */
export interface BrokenRun {
  readonly runId: string;
  readonly problem: string;
}

/** A run that is taken up again. Whoever has it closes its journal in the end. */
export interface ResumedRun extends RunMemory {
  readonly journal: Journal;
  readonly header: JournalHeader;
}

export class JournalStore {
  constructor(private readonly options: JournalStoreOptions) {}

  get folder(): string {
    return this.options.folder;
  }

  /** Begins the journal of a new run. @throws ConfigurationError `journal-failed` where the folder cannot be written */
  async create(request: TaskRequest, workspaces: readonly string[], secrets: readonly string[]): Promise<Journal> {
    const { folder, version, wallClock, mcpConfig } = this.options;
    const runId = randomUUID();
    const header: JournalHeader = {
      type: 'run',
      format: JOURNAL_FORMAT,
      at: wallClock(),
      runId,
      version,
      request: redactRequest(asRecorded(request), hider(secrets)),
      workspaces: [...workspaces],
      mcpConfig: mcpConfig ? [...mcpConfig] : null,
    };
    let lock: RunLock | undefined;
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      lock = await lockRun(folder, runId, wallClock);
      if (!lock) throw new Error('A new id was taken already.');
      // Whole from its first moment on: a journal without a header is of no use to anybody.
      const draft = join(folder, `${runId}${DRAFT}`);
      await writeFile(draft, `${JSON.stringify(header)}\n`, { mode: 0o600 });
      await rename(draft, this.#path(runId));
      const journal = await this.#open(runId, lock);
      journal.hide(secrets);
      return journal;
    } catch (error) {
      await lock?.release();
      throw new ConfigurationError(
        'journal-failed',
        `The folder for journals, ${folder}, cannot be written: ${diskWords(error)}.`,
        { hint: 'Make room on the disk, or allow writing there, or choose another folder.', cause: error },
      );
    }
  }

  /** Newest first. @throws BridgeError `journal-failed` where the folder cannot be read */
  async list(): Promise<{ readonly runs: readonly ListedRun[]; readonly broken: readonly BrokenRun[] }> {
    const runs: ListedRun[] = [];
    const broken: BrokenRun[] = [];
    for (const runId of await this.#ids()) {
      try {
        const summary = await readSummary(this.#path(runId));
        const pid = await holderOf(this.folder, runId, this.options.wallClock);
        const state = pid === undefined ? (summary.end?.status ?? 'interrupted') : 'running';
        runs.push({ ...summary, runId, state, isResumable: isResumable(state, summary.end) });
      } catch (error) {
        broken.push({ runId, problem: error instanceof Error ? error.message : String(error) });
      }
    }
    return { runs: runs.sort((a, b) => b.startedAt - a.startedAt), broken };
  }

  /** The id of the one run whose id begins so. @throws ConfigurationError `usage` */
  async find(beginning: string): Promise<string> {
    const ids = await this.#ids();
    const found = ids.filter((id) => id === beginning || (beginning.length >= 4 && id.startsWith(beginning)));
    const [runId] = found;
    if (runId !== undefined && found.length === 1) return runId;
    throw new ConfigurationError(
      'usage',
      found.length === 0
        ? `There is no task "${beginning}" among the journals in ${this.folder}.`
        : `Several tasks begin with "${beginning}": ${found.join(', ')}.`,
      { hint: 'List the tasks, and give the id of one.' },
    );
  }

  /** @throws as `readJournal` */
  read(runId: string): Promise<ReadJournal> {
    return readJournal(this.#path(runId));
  }

  /**
   * Takes a run up again: nobody else can until its journal is closed.
   * @throws ConfigurationError `usage` where it runs or is over, BridgeError `journal-failed` where its journal is damaged
   */
  async resume(runId: string): Promise<ResumedRun> {
    const lock = await this.#lock(runId);
    try {
      const path = this.#path(runId);
      const read = await readJournal(path);
      checkResumable(read, path);
      // What was cut off in mid-write would run into the next line.
      await truncate(path, read.wholeBytes);
      const journal = await this.#open(runId, lock);
      return { ...rememberRun(read), journal, header: read.header };
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** @throws ConfigurationError `usage` where the run goes on, BridgeError `journal-failed` */
  async discard(runId: string): Promise<void> {
    const lock = await this.#lock(runId);
    try {
      await rm(this.#path(runId), { force: true });
      await rm(join(this.folder, `${runId}${RESULTS_SUFFIX}`), { recursive: true, force: true });
      await removeLocks(this.folder, runId);
    } catch (error) {
      await lock.release();
      throw journalFailed(
        `The journal of the task cannot be deleted: ${diskWords(error)}.`,
        'Delete it by hand.',
        error,
      );
    }
  }

  /** Deletes journals of ended runs beyond the limits, and drafts of long ago. @throws as `list` and `discard` */
  async prune(limits: Retention = DEFAULT_RETENTION): Promise<void> {
    const now = this.options.wallClock();
    const { runs } = await this.list();
    const ended = runs.flatMap(({ runId, end, bytes, state }) =>
      end && state !== 'running' ? [{ runId, endedAt: end.at, bytes }] : [],
    );
    for (const { runId } of outdated(ended, limits, now)) await this.discard(runId);
    for (const name of await this.#names()) {
      if (!name.endsWith(DRAFT)) continue;
      const path = join(this.folder, name);
      const age = await stat(path).then(
        ({ mtimeMs }) => now - mtimeMs,
        () => 0,
      );
      if (age > DRAFT_AGE_MS) await rm(path, { force: true });
    }
  }

  async #lock(runId: string): Promise<RunLock> {
    const { folder, wallClock } = this.options;
    const lock = await lockRun(folder, runId, wallClock).catch((error: unknown) => {
      throw journalFailed(
        `The folder for journals, ${folder}, cannot be written: ${diskWords(error)}.`,
        'Make room on the disk, or allow writing there.',
        error,
      );
    });
    if (lock) return lock;
    const pid = await holderOf(folder, runId, wallClock);
    const who = pid === undefined ? 'another process' : pid === process.pid ? 'this window' : `process ${String(pid)}`;
    throw new ConfigurationError('usage', `The task is running, in ${who}.`, {
      hint: 'Wait until it has ended, or cancel it there.',
    });
  }

  async #open(runId: string, lock: RunLock): Promise<Journal> {
    const path = this.#path(runId);
    const file = await LineFile.open(path).catch((error: unknown) => {
      throw journalFailed(`The journal ${path} cannot be written: ${diskWords(error)}.`, 'Allow writing there.', error);
    });
    return new Journal({ runId, path, file, lock, wallClock: this.options.wallClock });
  }

  async #ids(): Promise<readonly string[]> {
    return (await this.#names()).filter((name) => name.endsWith(SUFFIX)).map((name) => name.slice(0, -SUFFIX.length));
  }

  async #names(): Promise<readonly string[]> {
    try {
      return await readdir(this.folder);
    } catch (error) {
      // No journal has been written yet.
      if (systemErrorCode(error) === 'ENOENT') return [];
      throw journalFailed(
        `The folder for journals, ${this.folder}, cannot be read: ${diskWords(error)}.`,
        'Give the folder that the tasks were run with.',
        error,
      );
    }
  }

  #path(runId: string): string {
    return join(this.folder, `${runId}${SUFFIX}`);
  }
}

function checkResumable({ lines, problems }: ReadJournal, path: string): void {
  const [problem] = problems;
  if (problem) {
    throw journalFailed(
      `Line ${String(problem.line)} of the journal ${path} is damaged, so the task cannot be resumed.`,
      'Look at what is left of it, then discard it.',
    );
  }
  const end = endOf(lines);
  if (!isResumable('interrupted', end)) {
    throw new ConfigurationError(
      'usage',
      `The task is over (${end?.code ?? end?.status ?? ''}): there is nothing to resume.`,
      {
        hint: 'Start a new one.',
      },
    );
  }
}
