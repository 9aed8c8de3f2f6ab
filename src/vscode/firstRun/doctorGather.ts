/** Gathers what the doctor judges. Reads only: starts no server, loads no model, runs no program. */
import * as l10n from '@vscode/l10n';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { type BridgeError, toBridgeError } from '../../base/errors';
import type { Model } from '../../llm/lmstudio/model';
import { PRODUCTS, type ServerSpec } from '../../mcp/serverSpec';
import type { ServerState } from '../../mcp/serverState';
import type {
  DoctorFacts,
  EditorFacts,
  JournalFacts,
  McpFacts,
  McpServerFacts,
  ModelFacts,
  ServerFacts,
} from '../../tasks/doctorFacts';
import { choose } from '../../tasks/doctorFindings';
import { loadsJustInTime, otherAddress, probeServer } from '../../tasks/doctorProbe';
import type { DoctorQuestions } from '../../tasks/doctorQuestions';
import { transportWords } from '../../tasks/doctorSecrets';
import type { FitnessStore } from '../models/fitnessStore';
import type { LmsActions } from '../models/lmsActions';
import { definitionOf, type LaunchConsent } from '../questions/launchConsent';
import type { TrustStore } from '../questions/trustStore';
import type { McpServers, ServerEntry } from '../servers/mcpServers';
import type { ServerLogs } from '../servers/serverLogs';
import { readServerUrl } from '../settings/settings';
import type { Journals } from '../tasks/journals';
import { failureOf, gatherOtherServers, type OtherServersNeeds } from './doctorServers';
import { readSettingFacts } from './doctorSettings';
import type { ErrorNotes } from './errorNotes';
import { doesChatNeedSignIn } from './signInHint';

export interface GatherNeeds extends OtherServersNeeds {
  readonly mcp: McpServers;
  readonly consent: LaunchConsent;
  readonly trusted: TrustStore;
  readonly folders: () => readonly string[];
  readonly logs: ServerLogs;
  readonly journals: Journals;
  readonly store: FitnessStore;
  readonly lms: LmsActions;
  readonly notes: ErrorNotes;
  readonly version: string;
}

/** Lines of a server's log that a report takes over. */
const TAIL_LINES = 12;

export async function gatherFacts(needs: GatherNeeds, questions: DoctorQuestions): Promise<DoctorFacts> {
  const [server, otherServers, mcp, journals] = await Promise.all([
    gatherServer(needs, questions),
    gatherOtherServers(needs, questions),
    questions.ask(l10n.t('MCP servers'), () => gatherMcp(needs)),
    questions.ask(l10n.t('Journals'), () => gatherJournals(needs.journals)),
  ]);
  const { facts, list } = server;
  return {
    at: new Date().toISOString(),
    editor: editorFacts(needs.version),
    server: facts,
    otherServers,
    models: modelFacts(needs, facts.root, list),
    mcp: mcp ?? { servers: [], diagnostics: [] },
    settings: readSettingFacts(needs.connections.problems),
    journals,
    errors: needs.notes.all,
    timings: questions.timings,
  };
}

function editorFacts(productVersion: string): EditorFacts {
  const { isTrusted, workspaceFolders } = vscode.workspace;
  return {
    ...{ productVersion, isTrusted, name: vscode.env.appName, version: vscode.version },
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    remote: vscode.env.remoteName,
    hasFolder: (workspaceFolders ?? []).length > 0,
    chatNeedsSignIn: doesChatNeedSignIn(vscode.version),
  };
}

async function gatherServer(
  needs: GatherNeeds,
  questions: DoctorQuestions,
): Promise<{ readonly facts: ServerFacts; readonly list: readonly Model[] }> {
  const { clock, lms, taskServer } = needs;
  const { connection } = taskServer.current();
  const connected = await questions.ask(l10n.t('Connection'), () => connection.get().catch(toBridgeError));
  const isConfigured = isSet(readServerUrl);
  if (!connected || !('catalog' in connected)) return nothingToAsk(connected, connection.snapshot.root, isConfigured);
  const { server } = connected.catalog;
  const { root, token } = server.address;
  // A person asks, who may know that the server is back.
  server.policy.breaker.tryNow();
  const [probe, ids, other, program] = await Promise.all([
    questions.ask(l10n.t('Model server'), (signal) => probeServer(server, clock, signal)),
    questions.ask(l10n.t('OpenAI list of models'), (signal) => server.listOpenAiIds(signal).catch(() => undefined)),
    questions.ask(l10n.t("LM Studio's own settings"), () => otherAddress(root)),
    questions.ask(l10n.t('Program lms'), () => lms.find()),
  ]);
  const about = {
    root,
    isConfigured,
    hasToken: token !== undefined,
    otherAddress: other,
    canStart: program !== undefined,
  };
  if (!probe?.ok) return { facts: { ...about, answer: { kind: 'failed', ...failureOf(probe?.error) } }, list: [] };
  const { listing, latencyMs, isLmStudio } = probe;
  const { path, skipped, models } = listing;
  const answer = { path, skipped, latencyMs, isLmStudio, loadsJustInTime: loadsJustInTime(models, ids) };
  return { facts: { ...about, answer: { kind: 'online', ...answer } }, list: models };
}

function nothingToAsk(error: BridgeError | undefined, root: string, isConfigured: boolean) {
  const answer = { kind: 'failed', ...failureOf(error) } as const;
  const facts = { root, isConfigured, hasToken: false, answer, otherAddress: undefined, canStart: false };
  return { facts, list: [] };
}

/** A setting that cannot be read is set. */
function isSet(read: () => string): boolean {
  try {
    return read() !== '';
  } catch {
    return true;
  }
}

function modelFacts({ store, taskServer }: GatherNeeds, root: string, list: readonly Model[]): ModelFacts {
  const { connection, model: chosen } = taskServer.current();
  const speeds = new Map(
    list.flatMap(({ key }) => {
      const speed = connection.speedOf(key);
      return speed ? [[key, speed] as const] : [];
    }),
  );
  const choice = choose({ list, chosen });
  return { list, chosen, speeds, selfTest: choice && store.of(root, choice.model)?.verdict };
}

async function gatherMcp(needs: GatherNeeds): Promise<McpFacts> {
  const { mcp } = needs;
  await mcp.refresh();
  return { servers: mcp.entries.map((entry) => mcpServerFacts(entry, needs)), diagnostics: mcp.diagnostics };
}

function mcpServerFacts({ spec, state, isBlocked }: ServerEntry, needs: GatherNeeds): McpServerFacts {
  const { mcp, consent, trusted, folders, logs } = needs;
  const { name, origin, source, transport } = spec;
  return {
    ...{ name, origin, transport: transportWords(transport), state: stateOf(spec, state), block: isBlocked },
    product: PRODUCTS[source.kind],
    needsConsent: !consent.knows(spec),
    isTrusted: trusted.has(definitionOf(spec, folders())),
    startMs: mcp.startMs(name),
    tools: state.kind === 'ready' ? state.offer.tools.length : undefined,
    failure: state.kind === 'failed' ? failureOf(state.error) : undefined,
    tail: logs.tail(name).slice(-TAIL_LINES),
  };
}

function stateOf({ disabled, isSwitchedOff }: ServerSpec, { kind }: ServerState): McpServerFacts['state'] {
  return isSwitchedOff ? 'switched off' : disabled ? 'disabled' : kind;
}

async function gatherJournals(journals: Journals): Promise<JournalFacts> {
  const { folder } = journals;
  const bytes = await sizeOf(folder);
  if (!(await journals.areThere())) return { folder, bytes, count: 0, interrupted: 0 };
  const { runs } = await (await journals.get()).list();
  const interrupted = runs.filter(({ state }) => state === 'interrupted').length;
  return { folder, bytes, count: runs.length, interrupted };
}

/** Bytes of all files below; 0 where there is no such folder. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      stat(join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
