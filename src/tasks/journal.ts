/** The journal of one run while it is written. Format: journalFormat.ts; reading: journalReader.ts. */
import * as l10n from '@vscode/l10n';
import type { RunJournal } from '../agent/types';
import type { BridgeError } from '../base/errors';
import type { RunLock } from './journalLock';
import { diskWords, journalFailed } from './journalFailure';
import type { JournalNews } from './journalFormat';
import { hider, redactNews } from './journalRedaction';
import type { LineFile } from './lineFile';

/** Of the folder beside a journal. */
export const RESULTS_SUFFIX = '.results';

export interface JournalParts {
  readonly runId: string;
  readonly path: string;
  readonly file: LineFile;
  readonly lock: RunLock;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
}

export class Journal implements RunJournal {
  readonly #secrets = new Set<string>();
  #closing: Promise<void> | undefined;

  constructor(private readonly parts: JournalParts) {}

  get runId(): string {
    return this.parts.runId;
  }

  get path(): string {
    return this.parts.path;
  }

  /** Where long results of the run are kept, as long as it may be taken up again. */
  get resultsFolder(): string {
    return this.parts.path.replace(/\.jsonl$/, RESULTS_SUFFIX);
  }

  /** The text as it may stand on the disk. */
  hidden(text: string): string {
    return hider(this.#secrets)(text);
  }

  /** From now on these texts never get into the file. */
  hide(secrets: Iterable<string>): void {
    for (const secret of secrets) this.#secrets.add(secret);
  }

  record(entry: JournalNews): void {
    const { news, redactedCalls } = redactNews(entry, this.#secrets);
    const line = { ...news, at: this.parts.wallClock(), ...(redactedCalls.length > 0 ? { redactedCalls } : {}) };
    this.parts.file.append(JSON.stringify(line));
  }

  written(): Promise<void> {
    return this.parts.file.written().catch(() => undefined);
  }

  /** On the disk, so that not even a power failure makes us forget what has begun. @throws BridgeError `journal-failed` */
  async flush(): Promise<void> {
    try {
      await this.parts.file.synced();
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** What the disk has refused so far. */
  async failure(): Promise<BridgeError | undefined> {
    return this.parts.file.written().then(
      () => undefined,
      (error: unknown) => this.#failure(error),
    );
  }

  /** Writes what is left and lets others take the run up. Never throws; more than once is fine. */
  close(): Promise<void> {
    this.#closing ??= this.parts.file.close().then(() => this.parts.lock.release());
    return this.#closing;
  }

  #failure(error: unknown): BridgeError {
    return journalFailed(
      l10n.t(
        'The journal of the task, {0}, cannot be written: {1}. Nothing that changes anything runs without it.',
        this.path,
        diskWords(error),
      ),
      l10n.t('Make room on the disk or change the folder; the task can be resumed then.'),
      error,
    );
  }
}
