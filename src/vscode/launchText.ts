/** The question before a server starts, in words. What files say is shown as plain text. Pure. */
import { visibleText } from '../base/visibleText';
import { formatOrigin, type ServerSpec } from '../mcp/serverSpec';
import { changesOf, type FactChange, type LaunchFacts } from '../policy/consent';
import type { ModalQuestion } from './dialogs';
import { shortText } from './shortText';

export const CONSENT_BUTTONS = {
  file: 'Look at the file…',
  difference: 'Show difference…',
  start: 'Start',
  connect: 'Connect',
  refuse: "Don't start",
  refuseConnection: "Don't connect",
} as const;

/** Beyond this a dialog cannot be read any more, and the whole text opens as a document instead. */
const MAX_DETAIL_CHARS = 3000;

export interface LaunchQuestion extends ModalQuestion {
  readonly yes: string;
  /** The first button: it only looks, so that Enter never starts anything. */
  readonly look: string;
  /** What was and what is, for two documents side by side; `before` is undefined where there was nothing. */
  readonly before: string | undefined;
  readonly after: string;
}

export function launchTitle({ name, transport }: ServerSpec): string {
  const shown = shortText(name, 100);
  return transport.kind === 'http' ? `Connect to the MCP server "${shown}"?` : `Start the MCP server "${shown}"?`;
}

/** `before`: what the person agreed to last under this name of this file. */
export function launchQuestion(spec: ServerSpec, facts: LaunchFacts, before: LaunchFacts | undefined): LaunchQuestion {
  const isAddress = spec.transport.kind === 'http';
  const yes = isAddress ? CONSENT_BUTTONS.connect : CONSENT_BUTTONS.start;
  const no = isAddress ? CONSENT_BUTTONS.refuseConnection : CONSENT_BUTTONS.refuse;
  const whole = factsText(facts);
  const changes = before && changesOf(before, facts);
  const changed =
    changes && changes.length > 0 ? ['What has changed:', ...changes.map(changeText)].join('\n') : undefined;
  const detail = [
    before === undefined
      ? whatItIs(spec)
      : `You allowed this server before, and it is another one now. ${whatItIs(spec)}`,
    ...(changed === undefined ? [] : [changed]),
    changed === undefined ? whole : `All of it now:\n${whole}`,
    `Named in: ${visibleText(formatOrigin(spec.origin))}, ${ownerOf(spec)}.`,
    `You are asked again only when one of these changes.`,
  ].join('\n\n');
  const look = changed === undefined ? CONSENT_BUTTONS.file : CONSENT_BUTTONS.difference;
  return {
    message: launchTitle(spec),
    detail:
      detail.length > MAX_DETAIL_CHARS
        ? `${detail.slice(0, MAX_DETAIL_CHARS)}…\n(too long for a dialog: look first)`
        : detail,
    buttons: [look, yes, no],
    closing: no,
    ...{ yes, look, after: whole, before: before && factsText(before) },
  };
}

function whatItIs({ transport, source }: ServerSpec): string {
  const who = source.scope === 'workspace' ? 'A file of this workspace' : 'A file of yours';
  return transport.kind === 'http'
    ? `${who} wants a connection to this address. What tasks say to its tools is sent there, with the headers below, and what comes back is read by the model.`
    : `${who} wants this program started on your computer. It would run with your rights.`;
}

function ownerOf({ source }: ServerSpec): string {
  if (source.scope === 'workspace') return 'which whoever writes this repository can change';
  return `your own ${OWNERS[source.kind] ?? 'file'}, which no repository can write`;
}

const OWNERS: Readonly<Partial<Record<ServerSpec['source']['kind'], string>>> = {
  vscode: 'file of VS Code',
  cursor: 'file of Cursor',
  'lm-studio': 'file of LM Studio',
  copilot: 'file of Copilot',
  'claude-desktop': 'file of Claude Desktop',
  'claude-code': 'file of Claude Code',
  setting: 'setting',
};

/** A line each; one that has line breaks itself cannot pass for several. */
export function factsText(facts: LaunchFacts): string {
  return facts.map(({ name, value }) => `${asLine(name)}: ${asLine(value)}`).join('\n');
}

function changeText({ name, was, is }: FactChange): string {
  if (was === undefined) return `+ ${asLine(name)}: ${asLine(is ?? '')}`;
  if (is === undefined) return `− ${asLine(name)}: ${asLine(was)}`;
  return `~ ${asLine(name)}\n    was: ${asLine(was)}\n    is:  ${asLine(is)}`;
}

function asLine(text: string): string {
  return visibleText(text).replaceAll('\n', '\n    │ ');
}
