import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { FoundServers } from '../../mcp/discovery';
import { type ConfigDiagnostic, type Origin, PRODUCTS, type ServerSpec } from '../../mcp/serverSpec';
import type { Choice, Dialogs, PickOptions } from '../dialogs';
import { severityWord } from '../../base/severityText';
import { visibleText } from '../../base/visibleText';

type ServerChoice = Choice &
  (
    | { readonly kind: 'server'; readonly name: string }
    /** Cannot be used; choosing it shows where it stands. */
    | { readonly kind: 'problem'; readonly origin: Origin }
    | { readonly kind: 'heading' }
  );

/** What a person chose: servers, a place in a file to look at, or nothing. */
export type ServerPick =
  | { readonly kind: 'servers'; readonly names: readonly string[] }
  | { readonly kind: 'look'; readonly origin: Origin }
  | { readonly kind: 'closed' };

/** What is known of a server's tools, in a few words. */
type SizeOf = (server: string) => string | undefined;

export async function pickOneServer(
  found: FoundServers,
  dialogs: Dialogs,
  title: string,
  sizeOf: SizeOf,
): Promise<ServerPick> {
  const options: PickOptions = { title, placeholder: l10n.t('Which MCP server may the model use?') };
  const chosen = await dialogs.pickOne(toChoices(found, sizeOf), options);
  return toPick(chosen ? [chosen] : undefined);
}

export async function pickSeveralServers(
  found: FoundServers,
  dialogs: Dialogs,
  title: string,
  sizeOf: SizeOf,
): Promise<ServerPick> {
  const options: PickOptions = {
    title,
    placeholder: l10n.t('Which MCP servers may the model use? Tick them, then accept.'),
  };
  return toPick(await dialogs.pickMany(toChoices(found, sizeOf), options));
}

/** Ticking none is an answer. */
export async function pickAnyServers(
  found: FoundServers,
  dialogs: Dialogs,
  title: string,
  sizeOf: SizeOf,
): Promise<ServerPick> {
  const placeholder = l10n.t('Which MCP servers may the model use? Tick none, and it only answers.');
  const chosen = await dialogs.pickMany(toChoices(found, sizeOf), { title, placeholder });
  return chosen?.length === 0 ? { kind: 'servers', names: [] } : toPick(chosen);
}

function toPick(chosen: readonly ServerChoice[] | undefined): ServerPick {
  if (!chosen) return { kind: 'closed' };
  const problem = chosen.find((choice) => choice.kind === 'problem');
  if (problem) return { kind: 'look', origin: problem.origin };
  const names = chosen.flatMap((choice) => (choice.kind === 'server' ? [choice.name] : []));
  return names.length > 0 ? { kind: 'servers', names } : { kind: 'closed' };
}

function toChoices({ servers, diagnostics }: FoundServers, sizeOf: SizeOf): ServerChoice[] {
  const enabled = servers.filter(({ disabled }) => !disabled).map((server) => toServerChoice(server, sizeOf));
  const disabled = servers.filter((server) => server.disabled).map(toDisabledChoice);
  const problems = diagnostics.map(toProblemChoice);
  const heading: ServerChoice = {
    kind: 'heading',
    label: l10n.t('Cannot be used (choose one to open its file)'),
    isHeading: true,
  };
  const others = [...disabled, ...problems];
  return others.length > 0 ? [...enabled, heading, ...others] : enabled;
}

function toServerChoice(server: ServerSpec, sizeOf: SizeOf): ServerChoice {
  const { name } = server;
  const size = sizeOf(name);
  const description = `${size === undefined ? '' : `${size} · `}${originOf(server)}`;
  return { kind: 'server', name, label: visibleText(name), description, detail: commandLine(server) };
}

function toDisabledChoice(server: ServerSpec): ServerChoice {
  const { name, origin } = server;
  const description = `${server.isSwitchedOff ? l10n.t('switched off in MCP Servers') : l10n.t('disabled')} · ${originOf(server)}`;
  return { kind: 'problem', origin, label: visibleText(name), description, detail: commandLine(server) };
}

function toProblemChoice(diagnostic: ConfigDiagnostic): ServerChoice {
  return {
    kind: 'problem',
    origin: diagnostic,
    label: visibleText(diagnostic.message),
    description: `${severityWord(diagnostic.severity)} · ${placeOf(diagnostic)}`,
  };
}

/** As written. */
function commandLine({ transport }: ServerSpec): string {
  return visibleText(transport.kind === 'http' ? transport.url : [transport.command, ...transport.args].join(' '));
}

/** Whose file it is; of the workspace's files the name says it. */
function originOf({ origin, source }: ServerSpec): string {
  const place = placeOf(origin);
  return source.scope === 'user' ? `${PRODUCTS[source.kind]} · ${place}` : place;
}

function placeOf({ file, line }: Origin): string {
  return `${vscode.workspace.asRelativePath(file)}:${line}`;
}
