/** The folder with the journals of a door's tasks. */
import * as l10n from '@vscode/l10n';
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from '../base/errors';
import { Journal, RESULTS_SUFFIX } from './journal';
import { diskWords, journalFailed } from './journalFailure';
import { draftPath, fileNames, journalPath, lockForUse, removeOldDrafts, runIdsOf } from './journalFolder';
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

/** So many journals are read at the same time. */
const READERS = 16;

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
  /** Id of the process that writes the journal now. */
  readonly holder: number | undefined;
  readonly isResumable: boolean;
}

/** A journal that nobody can read any more: only its name is known. */
export interface BrokenRun {
  readonly runId: string;
  readonly path: string;
  /** When the file was changed last, milliseconds since 1970; 0 where nobody knows. */
  readonly changedAt: number;
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
      const draft = draftPath(folder, runId);
      await writeFile(draft, `${JSON.stringify(header)}\n`, { mode: 0o600 });
      await rename(draft, this.#path(runId));
      const journal = await this.#open(runId, lock);
      journal.hide(secrets);
      return journal;
    } catch (error) {
      await lock?.release();
      throw new ConfigurationError(
        'journal-failed',
        l10n.t('The folder for journals, {0}, cannot be written: {1}.', folder, diskWords(error)),
        { hint: l10n.t('Make room on the disk, or allow writing there, or choose another folder.'), cause: error },
      );
    }
  }

  /** Newest first. @throws BridgeError `journal-failed` where the folder cannot be read */
  async list(): Promise<{ readonly runs: readonly ListedRun[]; readonly broken: readonly BrokenRun[] }> {
    const runs: ListedRun[] = [];
    const broken: BrokenRun[] = [];
    const names = await fileNames(this.folder);
    const ids = runIdsOf(names).values();
    const readOn = async (): Promise<void> => {
      for (const runId of ids) {
        try {
          runs.push(await this.#listed(runId, names));
        } catch (error) {
          broken.push(await this.#broken(runId, error));
        }
      }
    };
    await Promise.all(Array.from({ length: READERS }, readOn));
    return {
      runs: runs.sort((a, b) => b.startedAt - a.startedAt),
      broken: broken.sort((a, b) => b.changedAt - a.changedAt),
    };
  }

  async #listed(runId: string, names: readonly string[]): Promise<ListedRun> {
    // First who writes it: a run that ends between the two has written its end before it lets go.
    const holder = await holderOf(this.folder, runId, this.options.wallClock, names);
    const summary = await readSummary(this.#path(runId));
    const state = holder === undefined ? (summary.end?.status ?? 'interrupted') : 'running';
    return { ...summary, runId, state, holder, isResumable: isResumable(state, summary.end) };
  }

  async #broken(runId: string, error: unknown): Promise<BrokenRun> {
    const path = this.#path(runId);
    const changedAt = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
    return { runId, path, changedAt, problem: error instanceof Error ? error.message : String(error) };
  }

  /** The id of the one run whose id begins so. @throws ConfigurationError `usage` */
  async find(beginning: string): Promise<string> {
    const ids = runIdsOf(await fileNames(this.folder));
    const found = ids.filter((id) => id === beginning || (beginning.length >= 4 && id.startsWith(beginning)));
    const [runId] = found;
    if (runId !== undefined && found.length === 1) return runId;
    throw new ConfigurationError(
      'usage',
      found.length === 0
        ? l10n.t('There is no task "{0}" among the journals in {1}.', beginning, this.folder)
        : l10n.t('Several tasks begin with "{0}": {1}.', beginning, found.join(', ')),
      { hint: l10n.t('List the tasks, and give the id of one.') },
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
    const lock = await lockForUse(this.folder, runId, this.options.wallClock);
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
    const lock = await lockForUse(this.folder, runId, this.options.wallClock);
    try {
      await rm(this.#path(runId), { force: true });
      await rm(join(this.folder, `${runId}${RESULTS_SUFFIX}`), { recursive: true, force: true });
      await removeLocks(this.folder, runId);
    } catch (error) {
      await lock.release();
      throw journalFailed(
        l10n.t('The journal of the task cannot be deleted: {0}.', diskWords(error)),
        l10n.t('Delete it by hand.'),
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
    await removeOldDrafts(this.folder, now);
  }

  async #open(runId: string, lock: RunLock): Promise<Journal> {
    const path = this.#path(runId);
    const file = await LineFile.open(path).catch((error: unknown) => {
      throw journalFailed(
        l10n.t('The journal {0} cannot be written: {1}.', path, diskWords(error)),
        l10n.t('Allow writing there.'),
        error,
      );
    });
    return new Journal({ runId, path, file, lock, wallClock: this.options.wallClock });
  }

  #path(runId: string): string {
    return journalPath(this.folder, runId);
  }
}

function checkResumable({ lines, problems }: ReadJournal, path: string): void {
  const [problem] = problems;
  if (problem) {
    throw journalFailed(
      l10n.t('Line {0} of the journal {1} is damaged, so the task cannot be resumed.', problem.line, path),
      l10n.t('Look at what is left of it, then discard it.'),
    );
  }
  const end = endOf(lines);
  if (!isResumable('interrupted', end)) {
    throw new ConfigurationError(
      'usage',
      l10n.t('The task is over ({0}): there is nothing to resume.', end?.code ?? end?.status ?? ''),
      {
        hint: l10n.t('Start a new one.'),
      },
    );
  }
}
