/** The commands about journals. They read and delete files; nothing is started or sent. */
import { resolve } from 'node:path';
import { visibleText } from '../base/visibleText';
import type { JournalStore, ListedRun } from '../tasks/journalStore';
import type { CliContext } from './environment';
import type { JournalCommand } from './options';

/** Loads what journals need: a run without one does not pay for it. */
export async function openJournals(
  folder: string,
  { cwd, version }: Pick<CliContext, 'cwd' | 'version'>,
  mcpConfig?: readonly string[],
): Promise<JournalStore> {
  const { JournalStore } = await import('../tasks/journalStore');
  return new JournalStore({ folder: resolve(cwd, folder), version, wallClock: Date.now, mcpConfig });
}

/** @throws ConfigurationError `usage`, BridgeError `journal-failed` */
export async function tendJournals(command: JournalCommand, context: CliContext): Promise<number> {
  const journals = await openJournals(command.journal, context);
  const { out, err } = context;
  if (command.command === 'tasks') {
    const { runs, broken } = await journals.list();
    for (const { runId, problem } of broken) err.write(visibleText(`${runId}: ${problem}\n`));
    const report = { tasks: runs.map(describe), broken: broken.map(({ runId, problem }) => ({ runId, problem })) };
    out.write(command.json ? `${JSON.stringify(report, null, 2)}\n` : table(runs));
    return 0;
  }
  const runId = await journals.find(command.run);
  if (command.command === 'discard') {
    await journals.discard(runId);
    err.write(`The journal of ${runId} was deleted.\n`);
    return 0;
  }
  const read = await journals.read(runId);
  if (command.json) {
    const { header, lines, problems } = read;
    out.write(`${JSON.stringify({ header, lines, problems }, null, 2)}\n`);
    return 0;
  }
  const { journalText } = await import('../tasks/journalText');
  for (const line of journalText(read)) out.write(`${line}\n`);
  return 0;
}

function describe({ runId, task, state, isResumable, startedAt, bytes, end, path }: ListedRun) {
  return {
    ...{ runId, task, state, isResumable, bytes, path },
    startedAt: new Date(startedAt).toISOString(),
    code: end?.code ?? null,
    rounds: end?.rounds ?? null,
  };
}

const TASK_CHARS = 60;

function table(runs: readonly ListedRun[]): string {
  if (runs.length === 0) return 'No task has a journal here.\n';
  const rows = runs.map(({ runId, state, startedAt, task }) => {
    const line = visibleText(task).replace(/\s+/g, ' ');
    const started = new Date(startedAt).toISOString().slice(0, 16).replace('T', ' ');
    return [runId.slice(0, 8), state, started, line.length > TASK_CHARS ? `${line.slice(0, TASK_CHARS)}…` : line];
  });
  return [['RUN', 'STATE', 'STARTED (UTC)', 'TASK'], ...rows]
    .map(([run = '', state = '', started = '', task = '']) =>
      `${run.padEnd(8)}  ${state.padEnd(11)}  ${started.padEnd(16)}  ${task}`.trimEnd().concat('\n'),
    )
    .join('');
}
