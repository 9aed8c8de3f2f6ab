/** Reads journals, also those that a crash has left behind: an incomplete last line is no fault, any other is told. */
import * as l10n from '@vscode/l10n';
import { open, readFile } from 'node:fs/promises';
import { type BridgeError, errorMessage } from '../base/errors';
import { parseJson } from '../base/json';
import { diskWords, journalFailed } from './journalFailure';
import {
  anyHeaderSchema,
  headerSchema,
  isOver,
  JOURNAL_FORMAT,
  type JournalEnd,
  type JournalHeader,
  type JournalLine,
  lineSchema,
} from './journalFormat';
import type { TaskRequest } from './types';

export interface ReadJournal {
  readonly header: JournalHeader;
  /** All that could be read, in order. */
  readonly lines: readonly JournalLine[];
  /** Lines that could not; `line` counts from 1. */
  readonly problems: readonly { readonly line: number; readonly message: string }[];
  /** Where the last whole line ends. What follows was cut off in mid-write. */
  readonly wholeBytes: number;
}

/** @throws BridgeError `journal-failed` where there is no header that this version reads, or the disk refuses */
export async function readJournal(path: string): Promise<ReadJournal> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  const wholeBytes = bytes.lastIndexOf('\n') + 1;
  const [first = '', ...rest] = bytes.subarray(0, wholeBytes).toString('utf8').split('\n').slice(0, -1);
  const header = readHeader(first, path);
  const lines: JournalLine[] = [];
  const problems: { line: number; message: string }[] = [];
  for (const [index, text] of rest.entries()) {
    const read = readLine(text);
    if (read.ok) lines.push(read.value);
    else problems.push({ line: index + 2, message: read.error });
  }
  return { header, lines, problems, wholeBytes };
}

/** How the run ended, where that is the last thing that its journal says. */
export function endOf(lines: readonly JournalLine[]): JournalEnd | undefined {
  const last = lines.at(-1);
  return last?.type === 'end' ? last : undefined;
}

export type RunState = 'running' | 'interrupted' | JournalEnd['status'];

export interface JournalSummary {
  readonly runId: string;
  readonly path: string;
  readonly task: string;
  /** As it was asked for first. */
  readonly request: TaskRequest;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly bytes: number;
  readonly end: JournalEnd | undefined;
}

const CHUNK = 64 * 1024;
/** The line with the end is far shorter. */
const TAIL = 4 * 1024;

/** What a list shows of a journal: only its beginning and its end are read. @throws as `readJournal` */
export async function readSummary(path: string): Promise<JournalSummary> {
  const file = await open(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    const { size } = await file.stat();
    let head = Buffer.alloc(0);
    while (!head.includes('\n') && head.length < size) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK), 0, CHUNK, head.length);
      if (bytesRead === 0) break;
      head = Buffer.concat([head, buffer.subarray(0, bytesRead)]);
    }
    const header = readHeader(head.toString('utf8').split('\n')[0] ?? '', path);
    const length = Math.min(TAIL, size);
    const { buffer: tail } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const last = readLine(tail.toString('utf8').split('\n').at(-2) ?? '');
    const { runId, request, at } = header;
    const end = last.ok && last.value.type === 'end' ? last.value : undefined;
    return { runId, path, task: request.task, request, startedAt: at, bytes: size, end };
  } finally {
    await file.close();
  }
}

/** Whether the run can be taken up again, by what its journal says last. */
export function isResumable(state: RunState, end: JournalEnd | undefined): boolean {
  return state !== 'running' && (end === undefined || !isOver(end));
}

function readHeader(text: string, path: string): JournalHeader {
  const parsed = parseJson(text);
  const known = headerSchema.safeParse(parsed.ok ? parsed.value : undefined);
  if (known.success) return known.data;
  const any = anyHeaderSchema.safeParse(parsed.ok ? parsed.value : undefined);
  if (any.success && any.data.format > JOURNAL_FORMAT) {
    throw journalFailed(
      l10n.t(
        'The journal {0} was written by a newer version ({1}) and cannot be read by this one.',
        path,
        any.data.version,
      ),
      l10n.t('Update LM Studio Bridge, or discard the journal.'),
    );
  }
  throw journalFailed(
    l10n.t('The file {0} does not begin as a journal does, so it cannot be read.', path),
    l10n.t('Discard it.'),
  );
}

function readLine(text: string) {
  const parsed = parseJson(text);
  if (!parsed.ok) return { ok: false, error: parsed.error } as const;
  const read = lineSchema.safeParse(parsed.value);
  if (read.success) return { ok: true, value: read.data } as const;
  const [issue] = read.error.issues;
  return { ok: false, error: issue ? `${issue.path.join('.')}: ${issue.message}` : errorMessage(read.error) } as const;
}

function unreadable(path: string, error: unknown): BridgeError {
  return journalFailed(
    l10n.t('The journal {0} cannot be read: {1}.', path, diskWords(error)),
    l10n.t('Check that the file is there and that you may read it.'),
    error,
  );
}
