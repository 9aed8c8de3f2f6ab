/** The question before a server starts, in words. What files say is shown as plain text. Pure. */
import * as l10n from '@vscode/l10n';
import { visibleText } from '../../base/visibleText';
import { formatOrigin, type ServerSpec } from '../../mcp/serverSpec';
import { changesOf, type FactChange, type LaunchFacts } from '../../policy/consent';
import type { ModalQuestion } from '../dialogs';
import { shortText } from '../shortText';
import { factLabel, factValue } from './launchFactWords';

export const CONSENT_BUTTONS = {
  file: l10n.t('Look at the file…'),
  difference: l10n.t('Show difference…'),
  all: l10n.t('Show all…'),
  start: l10n.t('Start'),
  connect: l10n.t('Connect'),
  refuse: l10n.t("Don't start"),
  refuseConnection: l10n.t("Don't connect"),
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
  return transport.kind === 'http'
    ? l10n.t('Connect to the MCP server "{0}"?', shown)
    : l10n.t('Start the MCP server "{0}"?', shown);
}

/** `before`: what the person agreed to last under this name of this file. */
export function launchQuestion(spec: ServerSpec, facts: LaunchFacts, before: LaunchFacts | undefined): LaunchQuestion {
  const isAddress = spec.transport.kind === 'http';
  const yes = isAddress ? CONSENT_BUTTONS.connect : CONSENT_BUTTONS.start;
  const no = isAddress ? CONSENT_BUTTONS.refuseConnection : CONSENT_BUTTONS.refuse;
  const shown = factsText(facts, MAX_VALUE_CHARS);
  const changes = before ? changesOf(before, facts) : [];
  const isChanged = changes.length > 0;
  const changed = [l10n.t('What has changed:'), ...changes.map(changeText)].join('\n');
  const detail = [
    isChanged
      ? l10n.t('You allowed this server before, and it is another one now. {0}', whatItIs(spec))
      : whatItIs(spec),
    ...(isChanged ? [changed, l10n.t('All of it now:\n{0}', shown)] : [shown]),
    l10n.t('Named in: {0}, {1}.', visibleText(formatOrigin(spec.origin)), ownerOf(spec)),
    l10n.t('You are asked again only when one of these changes.'),
  ].join('\n\n');
  const isCut = detail.length > MAX_DETAIL_CHARS || shown !== factsText(facts);
  const look = isChanged ? CONSENT_BUTTONS.difference : isCut ? CONSENT_BUTTONS.all : CONSENT_BUTTONS.file;
  return {
    message: launchTitle(spec),
    detail: isCut
      ? l10n.t('{0}\n\nNot all of it fits here: look at it first.', detail.slice(0, MAX_DETAIL_CHARS))
      : detail,
    // What does not fit can be agreed to once it was shown.
    buttons: isCut ? [look, no] : [look, yes, no],
    closing: no,
    ...{ yes, look },
    sides: isChanged || isCut ? { before: factsText(before ?? []), after: factsText(facts) } : undefined,
  };
}

function whatItIs({ transport, source }: ServerSpec): string {
  const who = source.scope === 'workspace' ? l10n.t('A file of this workspace') : l10n.t('A file of yours');
  if (transport.kind !== 'http')
    return l10n.t('{0} wants this program started on your computer. It would run with your rights.', who);
  const headers = Object.keys(transport.headers).length > 0 ? l10n.t(', with the headers below,') : '';
  return l10n.t(
    '{0} wants a connection to this address. What tasks say to its tools is sent there{1} and what comes back is read by the model.',
    who,
    headers,
  );
}

function ownerOf({ source }: ServerSpec): string {
  if (source.scope === 'workspace') return l10n.t('which whoever writes this repository can change');
  return l10n.t('your own {0}, which no repository can write', OWNERS[source.kind] ?? l10n.t('file'));
}

const OWNERS: Readonly<Partial<Record<ServerSpec['source']['kind'], string>>> = {
  vscode: l10n.t('file of VS Code'),
  cursor: l10n.t('file of Cursor'),
  'lm-studio': l10n.t('file of LM Studio'),
  copilot: l10n.t('file of Copilot'),
  'claude-desktop': l10n.t('file of Claude Desktop'),
  'claude-code': l10n.t('file of Claude Code'),
  setting: l10n.t('setting'),
};

/** A line each; one that has line breaks itself cannot pass for several. */
function factsText(facts: LaunchFacts, maxChars = Infinity): string {
  return facts
    .map((fact) => `${asLine(factLabel(fact.name), maxChars)}: ${asLine(factValue(fact), maxChars)}`)
    .join('\n');
}

function changeText({ name, was, is }: FactChange): string {
  const label = asLine(factLabel(name), MAX_VALUE_CHARS);
  const [before, now] = [was, is].map((value) => asLine(factValue({ name, value: value ?? '' }), MAX_VALUE_CHARS));
  if (was === undefined) return `+ ${label}: ${now ?? ''}`;
  if (is === undefined) return `− ${label}: ${before ?? ''}`;
  return l10n.t('~ {0}\n    was: {1}\n    is:  {2}', label, before ?? '', now ?? '');
}

function asLine(text: string, maxChars: number): string {
  const line = visibleText(text).replaceAll('\n', '\n    │ ');
  return line.length > maxChars ? l10n.t('{0}… ({1} characters)', line.slice(0, maxChars), line.length) : line;
}
