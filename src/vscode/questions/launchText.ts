/** The question before a server starts, in words. What files say is shown as plain text. Pure. */
import { visibleText } from '../../base/visibleText';
import { formatOrigin, type ServerSpec } from '../../mcp/serverSpec';
import { changesOf, type FactChange, type LaunchFacts } from '../../policy/consent';
import type { ModalQuestion } from '../dialogs';
import { shortText } from '../shortText';

export const CONSENT_BUTTONS = {
  file: 'Look at the file…',
  difference: 'Show difference…',
  all: 'Show all…',
  start: 'Start',
  connect: 'Connect',
  refuse: "Don't start",
  refuseConnection: "Don't connect",
} as const;

/** Beyond these a dialog cannot be read any more, and the whole text opens as a document instead. */
const MAX_DETAIL_CHARS = 3000;
const MAX_VALUE_CHARS = 300;

export interface LaunchQuestion extends ModalQuestion {
  readonly yes: string;
  /** The first button: it only looks, so that Enter never starts anything. */
  readonly look: string;
  /** What was and what is, whole, for two documents side by side; undefined: its file shows all there is to see. */
  readonly sides: { readonly before: string; readonly after: string } | undefined;
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
  const shown = factsText(facts, MAX_VALUE_CHARS);
  const changes = before ? changesOf(before, facts) : [];
  const isChanged = changes.length > 0;
  const changed = ['What has changed:', ...changes.map(changeText)].join('\n');
  const detail = [
    isChanged ? `You allowed this server before, and it is another one now. ${whatItIs(spec)}` : whatItIs(spec),
    ...(isChanged ? [changed, `All of it now:\n${shown}`] : [shown]),
    `Named in: ${visibleText(formatOrigin(spec.origin))}, ${ownerOf(spec)}.`,
    'You are asked again only when one of these changes.',
  ].join('\n\n');
  const isCut = detail.length > MAX_DETAIL_CHARS || shown !== factsText(facts);
  const look = isChanged ? CONSENT_BUTTONS.difference : isCut ? CONSENT_BUTTONS.all : CONSENT_BUTTONS.file;
  return {
    message: launchTitle(spec),
    detail: isCut ? `${detail.slice(0, MAX_DETAIL_CHARS)}\n\nNot all of it fits here: look at it first.` : detail,
    // What does not fit can be agreed to once it was shown.
    buttons: isCut ? [look, no] : [look, yes, no],
    closing: no,
    ...{ yes, look },
    sides: isChanged || isCut ? { before: factsText(before ?? []), after: factsText(facts) } : undefined,
  };
}

function whatItIs({ transport, source }: ServerSpec): string {
  const who = source.scope === 'workspace' ? 'A file of this workspace' : 'A file of yours';
  if (transport.kind !== 'http')
    return `${who} wants this program started on your computer. It would run with your rights.`;
  const headers = Object.keys(transport.headers).length > 0 ? ', with the headers below,' : '';
  return `${who} wants a connection to this address. What tasks say to its tools is sent there${headers} and what comes back is read by the model.`;
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
function factsText(facts: LaunchFacts, maxChars = Infinity): string {
  return facts.map(({ name, value }) => `${asLine(name, maxChars)}: ${asLine(value, maxChars)}`).join('\n');
}

function changeText({ name, was, is }: FactChange): string {
  const label = asLine(name, MAX_VALUE_CHARS);
  const [before, now] = [was, is].map((value) => asLine(value ?? '', MAX_VALUE_CHARS));
  if (was === undefined) return `+ ${label}: ${now ?? ''}`;
  if (is === undefined) return `− ${label}: ${before ?? ''}`;
  return `~ ${label}\n    was: ${before ?? ''}\n    is:  ${now ?? ''}`;
}

function asLine(text: string, maxChars: number): string {
  const line = visibleText(text).replaceAll('\n', '\n    │ ');
  return line.length > maxChars ? `${line.slice(0, maxChars)}… (${String(line.length)} characters)` : line;
}
