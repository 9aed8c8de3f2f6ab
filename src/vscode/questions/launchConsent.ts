import * as l10n from '@vscode/l10n';
import { readFile, stat } from 'node:fs/promises';
import type * as vscode from 'vscode';
import { redact } from '../../base/redact';
import type { ServerSpec } from '../../mcp/serverSpec';
import { createVariableContext, describeTransport, secretsBefore } from '../../mcp/variables';
import {
  type AskConsent,
  askForConsent,
  type ConsentRecord,
  type ConsentStore,
  fingerprint,
  type Launch,
  withRecord,
} from '../../policy/consent';
import type { Dialogs } from '../dialogs';
import { launchQuestion, type LaunchQuestion, launchTitle } from './launchText';
import type { Grant } from './grants';
import { markupFree } from '../markup';
import { LATER, type QuestionDesk } from './questionDesk';
import { beside } from './questionWords';
import { readRecords } from '../storedRecords';

const STORE_KEY = 'launchConsents';
/** What is longer than any environment file is not read for its fingerprint; the server could not read it either. */
const MAX_ENV_FILE_BYTES = 1_000_000;

type ServerLaunch = Launch & { readonly spec: ServerSpec; readonly secrets: readonly string[] };

export interface ConsentNeeds {
  /** Of the whole computer: a definition is the same in every window. */
  readonly state: vscode.Memento;
  readonly dialogs: Dialogs;
  readonly desk: QuestionDesk;
  /** Nobody is asked, and nothing starts, in a folder that nobody trusts. */
  readonly isTrusted: () => boolean;
  readonly showDifference: (title: string, before: string, after: string) => Promise<void>;
  readonly showOrigin: (origin: ServerSpec['origin']) => Promise<void>;
}

/** Asks once before each server that a file names is started; remembered on this machine, by what would run. */
export class LaunchConsent {
  constructor(private readonly needs: ConsentNeeds) {}

  /** `task`: the number of the task that wants to start them; absent: none does. @throws the signal's reason */
  async decide(
    servers: readonly ServerSpec[],
    workspaces: readonly string[],
    signal: AbortSignal,
    task?: number,
  ): Promise<{ agreed: readonly ServerSpec[]; refused: readonly ServerSpec[] }> {
    if (!this.needs.isTrusted()) return { agreed: [], refused: servers };
    const launches = await Promise.all(servers.map(async (spec) => withEnvFileText(toLaunch(spec, workspaces))));
    const hide =
      ({ secrets }: ServerLaunch) =>
      (text: string) =>
        redact(text, secrets);
    const ask: AskConsent<ServerLaunch> = (...asked) => this.#ask(task, ...asked);
    const { agreed, refused } = await askForConsent(launches, { store: this.#store, ask, hide }, signal);
    return { agreed: agreed.map(({ spec }) => spec), refused: refused.map(({ spec }) => spec) };
  }

  /** Whether this entry of its file was agreed to. Where it has changed since, its start asks all the same. */
  knows({ name, origin }: ServerSpec): boolean {
    return this.#records.some((record) => record.name === name && record.file === origin.file);
  }

  /** Every server is asked for again. */
  async forget(): Promise<void> {
    await this.needs.state.update(STORE_KEY, undefined);
  }

  /** A server of a file is asked for again, however it was defined. */
  async revoke({ name, file }: Pick<ConsentRecord, 'name' | 'file'>): Promise<void> {
    const kept = this.#records.filter((record) => record.name !== name || record.file !== file);
    await this.needs.state.update(STORE_KEY, kept);
  }

  /** What may start, an entry of a file each. */
  get grants(): readonly Grant[] {
    const entries = new Map(this.#records.map((record) => [JSON.stringify([record.name, record.file]), record]));
    return [...entries.values()].map((record) => ({
      heading: l10n.t('MCP servers that may start'),
      label: l10n.t('Start of {0}', markupFree(record.name)),
      description: markupFree(record.file),
      revoke: () => this.revoke(record),
    }));
  }

  get #records(): readonly ConsentRecord[] {
    return readRecords(this.needs.state, STORE_KEY, isRecord);
  }

  readonly #store: ConsentStore = createStore(
    () => this.#records,
    async (record) => this.needs.state.update(STORE_KEY, withRecord(this.#records, record)),
  );

  #ask(
    task: number | undefined,
    ...[{ launch, facts, before, isSettled }, signal]: Parameters<AskConsent<ServerLaunch>>
  ): Promise<boolean> {
    const question = launchQuestion(launch.spec, facts, before);
    const title = launchTitle(launch.spec);
    return this.needs.desk.put<boolean>(
      {
        notice: task === undefined ? title : l10n.t('A task waits for you. {0}', title),
        tasks: () => (task === undefined ? [] : [task]),
        settled: () => (isSettled() ? true : undefined),
        unanswered: () => false,
        show: (_more, ending) => this.#show(question, launch.spec, ending),
      },
      signal,
    );
  }

  async #show(question: LaunchQuestion, spec: ServerSpec, signal: AbortSignal): Promise<boolean | typeof LATER> {
    const { dialogs, showDifference, showOrigin } = this.needs;
    const { message, yes, look, closing } = question;
    const button = await dialogs.ask(question, signal);
    if (button !== look) return button === yes;
    const { sides } = question;
    if (sides)
      await showDifference(l10n.t('MCP server {0}: allowed before ↔ now', spec.name), sides.before, sides.after);
    else await showOrigin(spec.origin);
    // Not modal, because a modal dialog would cover what the person wants to read.
    const choices = [{ label: closing }, { label: yes }];
    const chosen = await dialogs.pickOne(choices, { title: message, placeholder: beside() }, signal);
    return chosen ? chosen.label === yes : LATER;
  }
}

function createStore(read: () => readonly ConsentRecord[], add: ConsentStore['add']): ConsentStore {
  return {
    get records() {
      return read();
    },
    add,
  };
}

function isRecord(value: unknown): value is ConsentRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { fingerprint: print, name, file, facts } = value as Readonly<Record<string, unknown>>;
  return [print, name, file].every((text) => typeof text === 'string') && Array.isArray(facts) && facts.every(isFact);
}

function isFact(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { name, value: text } = value as Readonly<Record<string, unknown>>;
  return typeof name === 'string' && typeof text === 'string';
}

/**
 * Of what the entry says and its variables stand for: changes whenever the server that answers under this name may be
 * another one. What a person allowed or trusted belongs to it.
 */
export function definitionOf(spec: ServerSpec, workspaces: readonly string[]): string {
  return fingerprint(toLaunch(spec, workspaces));
}

function toLaunch(spec: ServerSpec, workspaces: readonly string[]): ServerLaunch {
  const context = createVariableContext(workspaces);
  const transport = describeTransport(spec, context);
  const common = { name: spec.name, file: spec.origin.file, spec, secrets: secretsBefore(spec, context) };
  if (transport.kind === 'http') {
    const { url, headers, oauth } = transport;
    return { kind: 'address', ...common, url, headers, clientId: oauth?.clientId };
  }
  const { command, args, env, envFile, cwd } = transport;
  return { kind: 'process', ...common, command, args, env, envFile, cwd };
}

/** What an environment file sets can run other code than the command says, so it is part of what is agreed to. */
async function withEnvFileText(launch: ServerLaunch): Promise<ServerLaunch> {
  if (launch.kind !== 'process' || launch.envFile === undefined) return launch;
  const { envFile } = launch;
  const isReadable = await stat(envFile).then(
    (found) => found.isFile() && found.size <= MAX_ENV_FILE_BYTES,
    () => false,
  );
  const envFileText = isReadable ? await readFile(envFile, 'utf8').catch(() => undefined) : undefined;
  return { ...launch, envFileText };
}
