/** What a task does for its journal: begins it, takes the run up from it, ends it. */
import type { AgentOutcome, Message } from '../agent/types';
import type { ChosenModel } from '../llm/lmstudio/selection';
import type { ServerSpec } from '../mcp/serverSpec';
import type { Toolbox } from '../mcp/toolbox';
import type { Journal } from './journal';
import type { JournalStore, ResumedRun } from './journalStore';
import { knownSecrets } from './knownSecrets';
import { type AskFate, settleCalls } from './openCalls';
import { asRecorded } from './recordedRequest';
import type { RunReport } from './runReport';
import type { RunEnd, TaskRequest } from './types';

interface Surroundings {
  readonly server: { readonly address: { readonly token: string | undefined } };
  readonly workspaces: readonly string[];
  readonly journals?: Pick<JournalStore, 'create'> | undefined;
  readonly resumed?: ResumedRun | undefined;
}

/** The journal of the run; undefined where none is kept. @throws ConfigurationError `journal-failed` */
export async function beginJournal(
  request: TaskRequest,
  specs: readonly ServerSpec[],
  { server, workspaces, journals, resumed }: Surroundings,
): Promise<Journal | undefined> {
  if (!journals && !resumed) return undefined;
  const secrets = knownSecrets(server.address.token, specs, workspaces);
  if (!resumed) return journals?.create(request, workspaces, secrets);
  resumed.journal.hide(secrets);
  return resumed.journal;
}

/** Model and servers are ready: from here on it matters what becomes of the run. */
export function journalStart(
  journal: Journal | undefined,
  request: TaskRequest,
  { version, resumed }: { readonly version: string; readonly resumed?: ResumedRun | undefined },
  { model, id, contextLength, contextSource }: ChosenModel,
  { servers, tools }: Pick<Toolbox, 'servers' | 'tools'>,
  toolTokens: number,
): void {
  if (resumed) journal?.record({ type: 'resumed', version, request: asRecorded(request) });
  const facts = { model: id, modelKey: model.key, contextLength, contextSource };
  journal?.record({ type: 'started', ...facts, servers: [...servers], toolCount: tools.length, toolTokens });
}

/**
 * The conversation that the run begins with, written down. Of a run that is taken up again it is the old one, with
 * results for the calls that must not simply run; `outcome` where nothing is left to be done.
 *
 * @throws the signal's reason
 */
export async function takeUp(
  opening: () => Promise<readonly Message[]>,
  {
    journal,
    resumed,
    askFate,
  }: {
    readonly journal: Journal | undefined;
    readonly resumed?: ResumedRun | undefined;
    readonly askFate?: AskFate | undefined;
  },
  run: RunReport,
  signal: AbortSignal,
): Promise<{ readonly messages: readonly Message[]; readonly outcome?: AgentOutcome }> {
  if (!resumed || resumed.messages.length === 0) {
    const messages = await opening();
    journal?.record({ type: 'conversation', messages });
    return { messages };
  }
  const { messages, answer, spent } = resumed;
  if (answer !== undefined) {
    return { messages, outcome: { status: 'completed', code: null, text: answer, ...spent } };
  }
  if (resumed.isTrimmed) journal?.record({ type: 'conversation', messages });
  const warn = (code: string, message: string): void => run.warn(code, message);
  const results = await settleCalls(resumed, askFate, warn, signal);
  for (const message of results) journal?.record({ type: 'message', message });
  return { messages: [...messages, ...results] };
}

/** Reports the end of the run and writes it down, with a warning before where the disk has refused something. */
export async function endJournal(journal: Journal | undefined, run: RunReport, end: () => RunEnd): Promise<RunEnd> {
  const failure = await journal?.failure();
  if (failure) run.warn('journal-failed', failure.message);
  const reported = end();
  const { status, code, rounds, usage, recoveredCalls, durationMs, compactions, prefixShare } = reported;
  const { tokensPerSecond, fullest } = run.measures;
  const totals = { rounds, usage, recoveredCalls, durationMs, compactions, prefixShare, tokensPerSecond, fullest };
  if (!failure) journal?.record({ type: 'end', status, code, ...totals });
  return reported;
}
