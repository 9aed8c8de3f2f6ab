import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { ConfigurationError } from '../../base/errors';
import { redact } from '../../base/redact';
import { visibleText } from '../../base/visibleText';
import type { Origin } from '../../mcp/serverSpec';
import type { Choice, Dialogs } from '../dialogs';
import { HelpfulError } from '../failures';
import type { McpServers, ServerEntry } from './mcpServers';
import { openOrigin } from '../openDocument';
import type { RowTarget } from './serverRow';
import type { ServerStanding } from './serverStanding';
import type { ServersView } from './serversView';
import { launchWords, type ServerFacts, serverFacts, stateWords } from './serverText';
import { requireTrust } from '../tasks/runTask';
import { withProgress } from '../progress';
import { shortText } from '../shortText';
import type { ServerChoices } from './serverChoices';
import type { Clock } from '../../base/clock';

export interface ServerActionsNeeds {
  readonly mcp: McpServers;
  readonly view: ServersView;
  readonly choices: ServerChoices;
  readonly standing: ServerStanding;
  readonly dialogs: Dialogs;
  /** Absolute paths of the workspace folders. */
  readonly folders: () => readonly string[];
  readonly clock: Clock;
  readonly showDocument: (name: string, text: string) => Promise<void>;
  /** Shows what a server writes. */
  readonly showLog: (server: string) => void;
}

type ServerChoice = Choice & { readonly entry: ServerEntry };

/** What a person can do with an MCP server, from its row or from the palette. */
export class ServerActions {
  constructor(private readonly needs: ServerActionsNeeds) {}

  /** Asks for a new server, writes it into a file, and shows it there. */
  async add(): Promise<void> {
    const { mcp, dialogs, folders, view } = this.needs;
    await mcp.refresh();
    const [{ addServer }, { serverFiles }, { lmStudioHome }] = await Promise.all([
      import('./addServer'),
      import('./serverFiles'),
      import('../../llm/lmstudio/discovery'),
    ]);
    const taken = mcp.entries.map(({ spec }) => spec.name);
    const files = serverFiles(folders(), await lmStudioHome());
    if ((await addServer({ dialogs, taken, files })) !== undefined) await view.read();
  }

  async start(node: unknown): Promise<void> {
    const entry = await this.#entryOf(node, l10n.t('Start MCP Server'));
    if (!entry) return;
    this.#requireOn(entry);
    await this.#withHelp(entry, () => this.needs.mcp.start(entry.spec.name));
  }

  async stop(node: unknown): Promise<void> {
    const entry = await this.#entryOf(node, l10n.t('Stop MCP Server'), ({ state }) => state.kind !== 'stopped');
    if (entry) await this.needs.mcp.stop(entry.spec.name);
  }

  async restart(node: unknown): Promise<void> {
    const entry = await this.#entryOf(node, l10n.t('Restart MCP Server'));
    if (!entry) return;
    this.#requireOn(entry);
    await this.#withHelp(entry, () => this.needs.mcp.restart(entry.spec.name));
  }

  async trust(node: unknown): Promise<void> {
    const { standing } = this.needs;
    const entry = await this.#entryOf(node, l10n.t('Trust MCP Server'), ({ spec }) => !standing.isTrusted(spec));
    if (entry) await standing.trust(entry.spec, new AbortController().signal);
  }

  async distrust(node: unknown): Promise<void> {
    const { standing } = this.needs;
    const entry = await this.#entryOf(node, l10n.t('No Longer Trust MCP Server'), ({ spec }) =>
      standing.isTrusted(spec),
    );
    if (entry) await standing.distrust(entry.spec);
  }

  async showLog(node: unknown): Promise<void> {
    const entry = await this.#entryOf(node, l10n.t('Show Log of MCP Server'));
    if (entry) this.needs.showLog(entry.spec.name);
  }

  async showError(node: unknown): Promise<void> {
    const entry = await this.#entryOf(node, l10n.t('Show Error of MCP Server'), ({ state }) => state.kind === 'failed');
    if (entry) await this.#showDetails(entry);
  }

  /** Where a server or a problem stands in its file. */
  async goToDefinition(node: unknown): Promise<void> {
    const { mcp } = this.needs;
    const target = targetOf(node);
    if (target?.kind === 'problem' || target?.kind === 'file') return openOrigin(target.origin);
    // Where there are only problems, the first one is what keeps the servers away.
    const broken = mcp.diagnostics.find(({ severity }) => severity === 'error') ?? mcp.diagnostics[0];
    if (target === undefined && mcp.entries.length === 0 && broken) return openOrigin(broken);
    const entry = await this.#entryOf(node, l10n.t('Go to Definition of MCP Server'));
    if (entry) await openOrigin(entry.spec.origin);
  }

  async copyName(node: unknown): Promise<void> {
    const target = targetOf(node);
    if (!target) return;
    const name = nameOf(target);
    if (name !== undefined) await vscode.env.clipboard.writeText(name);
  }

  /** The name of the server that a task is to use; undefined where the pick was closed. */
  async chooseForTask(node: unknown): Promise<string | undefined> {
    const entry = await this.#entryOf(node, l10n.t('Run Task with This MCP Server'), ({ spec }) => !spec.disabled);
    if (entry) this.#requireOn(entry);
    return entry?.spec.name;
  }

  async readResource(node: unknown): Promise<void> {
    const target = targetOf(node);
    if (target?.kind !== 'resource') {
      throw new ConfigurationError('usage', l10n.t('Read Resource: no resource is chosen.'), {
        hint: l10n.t('Choose one below its server in the view "MCP Servers".'),
      });
    }
    const { server, uri } = target;
    this.#known(server);
    const text = await withProgress(l10n.t('Reading {0}', shortText(uri, 80)), async (_report, signal) => {
      const { mcp } = this.needs;
      const lease = await mcp.lease(server, signal);
      try {
        return (await lease.connection.readResource(uri, signal)).text;
      } finally {
        await lease.release();
      }
    });
    const name = uri.split(/[/\\?#]/).findLast((part) => part !== '') ?? 'resource';
    await this.needs.showDocument(name.replace(/[^\w.-]+/g, '_').slice(-80), visibleText(text));
  }

  async #withHelp(entry: ServerEntry, run: () => Promise<void>): Promise<void> {
    requireTrust();
    try {
      await run();
    } catch (failure) {
      const now = this.#known(entry.spec.name);
      if (now.state.kind !== 'failed') throw failure;
      const { error } = now.state;
      const first = error.message.split('\n')[0] ?? '';
      const short = new ConfigurationError(error.code, first, { hint: error.hint, cause: error });
      throw new HelpfulError(short, { label: l10n.t('Show Details'), run: () => this.#showDetails(now) });
    }
  }

  async #showDetails(entry: ServerEntry): Promise<void> {
    const { clock, showDocument } = this.needs;
    const { spec, state } = entry;
    const facts = this.#factsOf(entry);
    const said = state.kind === 'failed' ? [visibleText(redact(state.error.message)), state.error.hint ?? ''] : [];
    // What it wrote last stands in the message already.
    const text = [...said, serverFacts(facts, clock.now(), { withOutput: false })];
    const name = `${spec.name.replace(/[^\w.-]+/g, '_').slice(0, 60)}.txt`;
    await showDocument(name, `${text.filter((part) => part !== '').join('\n\n')}\n`);
  }

  #factsOf(entry: ServerEntry): ServerFacts {
    const { choices, standing } = this.needs;
    const { spec } = entry;
    return {
      ...entry,
      isOn: choices.isServerOn(spec.name),
      isTrusted: standing.isTrusted(spec),
      needsConsent: standing.needsConsent(spec),
    };
  }

  #requireOn({ spec }: ServerEntry): void {
    if (spec.disabled && !spec.isSwitchedOff) {
      const error = new ConfigurationError('usage', l10n.t('MCP server "{0}" is disabled in its file.', spec.name), {
        hint: l10n.t('Set "disabled" to false there.'),
      });
      throw new HelpfulError(error, { label: l10n.t('Open File'), run: () => openOrigin(spec.origin) });
    }
    if (this.needs.choices.isServerOn(spec.name)) return;
    throw new ConfigurationError('usage', l10n.t('MCP server "{0}" is switched off.', spec.name), {
      hint: l10n.t('Tick its box in the view "MCP Servers" first.'),
    });
  }

  /** The server of the row; else one that the person picks. Undefined where the pick was closed. */
  async #entryOf(
    node: unknown,
    title: string,
    fits: (entry: ServerEntry) => boolean = () => true,
  ): Promise<ServerEntry | undefined> {
    const { mcp, dialogs, clock } = this.needs;
    const target = targetOf(node);
    if (target && 'server' in target) return this.#known(target.server);
    requireTrust();
    if (mcp.entries.length === 0) await mcp.refresh();
    const fitting = mcp.entries.filter(fits);
    if (fitting.length === 0) throw new ConfigurationError('usage', l10n.t('{0}: there is no server for that.', title));
    const choices = fitting.map((entry): ServerChoice => {
      const label = shortText(entry.spec.name, 100);
      const description = stateWords(this.#factsOf(entry), clock.now());
      return { label, description, detail: launchWords(entry.spec), entry };
    });
    return (await dialogs.pickOne(choices, { title, placeholder: l10n.t('Which server?') }))?.entry;
  }

  #known(server: string): ServerEntry {
    const entry = this.needs.mcp.entries.find(({ spec }) => spec.name === server);
    if (entry) return entry;
    throw new ConfigurationError('usage', l10n.t('There is no MCP server "{0}" any more.', server));
  }
}

/** What the row is about that a command was called on; undefined: it was called from elsewhere. */
export function targetOf(node: unknown): RowTarget | undefined {
  if (typeof node !== 'object' || node === null || !('target' in node)) return undefined;
  const { target } = node;
  const isTarget = typeof target === 'object' && target !== null && 'kind' in target;
  return isTarget ? (target as RowTarget) : undefined;
}

function nameOf(target: RowTarget): string | undefined {
  switch (target.kind) {
    case 'tool':
      return target.tool;
    case 'resource':
      return target.uri;
    case 'prompt':
      return target.prompt;
    case 'server':
    case 'error':
      return target.server;
    default:
      return placeWords('origin' in target ? target.origin : undefined);
  }
}

function placeWords(origin: Origin | undefined): string | undefined {
  return origin && `${origin.file}:${origin.line}`;
}
