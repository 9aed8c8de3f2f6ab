/** MCP servers in words, for people who see the tree and for people who hear it. What files and servers say is a stranger's text. Pure. */
import * as l10n from '@vscode/l10n';
import { decimalText } from '../../base/numberText';
import { redact } from '../../base/redact';
import { visibleText } from '../../base/visibleText';
import { lastOutputIn } from '../../mcp/lastOutput';
import { formatCommandLine } from '../../mcp/commandLine';
import { formatOrigin, type ServerSpec, type SourceKind } from '../../mcp/serverSpec';
import type { ServerState } from '../../mcp/serverState';
import { formatElapsed } from '../models/modelText';
import { shortText } from '../shortText';

/** What becomes of a server, in one word; package.json's menus go by it. */
export type ServerCondition =
  'disabled' | 'blocked' | 'off' | 'consent' | 'stopped' | 'starting' | 'ready' | 'failed' | 'restarting' | 'signIn';

/** A server as far as its state and the person's choices go. */
export interface ServerFacts {
  readonly spec: ServerSpec;
  readonly state: ServerState;
  /** Why it may not be used; absent: it may. */
  readonly isBlocked?: string | undefined;
  /** The person has not switched it off. */
  readonly isOn: boolean;
  readonly isTrusted: boolean;
  /** Nobody has agreed to its start yet. */
  readonly needsConsent: boolean;
}

const PRODUCTS: Readonly<Record<SourceKind, string>> = {
  'mcp-json': '.mcp.json',
  vscode: 'VS Code',
  cursor: 'Cursor',
  copilot: 'Copilot',
  'lm-studio': 'LM Studio',
  'claude-desktop': 'Claude Desktop',
  'claude-code': 'Claude Code',
  setting: l10n.t('settings'),
  given: l10n.t('given file'),
};

export function productName(kind: SourceKind): string {
  return PRODUCTS[kind];
}

/** Where products stand among each other. */
export function productRank(kind: SourceKind): number {
  return Object.keys(PRODUCTS).indexOf(kind);
}

export function conditionOf({ spec, state, isBlocked, isOn, needsConsent }: ServerFacts): ServerCondition {
  if (spec.disabled) return 'disabled';
  if (isBlocked !== undefined) return 'blocked';
  switch (state.kind) {
    case 'starting':
    case 'ready':
      return state.kind;
    case 'failed':
      if (!isOn) return 'off';
      if (state.error.code === 'auth-required') return 'signIn';
      return state.retryAt === undefined ? 'failed' : 'restarting';
    case 'stopped':
      if (!isOn) return 'off';
      return needsConsent ? 'consent' : 'stopped';
  }
}

/** `starting, 00:03`, `failed: it ended with exit code 1`. `now`: undefined for ears, which hear no times that pass. */
export function stateWords(facts: ServerFacts, now: number | undefined): string {
  const { state, isBlocked, isOn } = facts;
  switch (conditionOf(facts)) {
    case 'disabled':
      return l10n.t('disabled in its file');
    case 'blocked':
      return l10n.t('blocked: {0}', shortText(isBlocked ?? '', 100));
    case 'off':
      return l10n.t('switched off');
    case 'consent':
      return l10n.t('stopped, asks before its first start');
    case 'stopped':
      return l10n.t('stopped');
    case 'starting':
      return state.kind === 'starting' && now !== undefined
        ? l10n.t('starting, {0}', formatElapsed(Math.max(0, now - state.since)))
        : l10n.t('starting');
    case 'ready':
      return isOn ? l10n.t('ready') : l10n.t('ready, switched off for new tasks');
    case 'signIn':
      return l10n.t('needs you to sign in');
    case 'restarting':
      return now === undefined
        ? l10n.t('{0}, tried again soon', failureWords(state))
        : l10n.t('{0}, next try in {1} s', failureWords(state), secondsLeft(state, now));
    case 'failed':
      return failureWords(state);
  }
}

function failureWords(state: ServerState): string {
  return state.kind === 'failed' ? l10n.t('failed: {0}', reasonOf(state.error.message)) : l10n.t('failed');
}

function secondsLeft(state: ServerState, now: number): number {
  return state.kind === 'failed' ? Math.max(0, Math.ceil(((state.retryAt ?? now) - now) / 1000)) : 0;
}

/** The first line without the name and the place of the server, which the row says already; in any language. */
function reasonOf(message: string): string {
  const [line = ''] = message.split('\n');
  return shortText(line.replace(/^[^"]*"[^"]*" \([^)]*\) /, '').replace(/\.\s*$/, ''), 120);
}

/** What the server said last, where its failure tells. */
export function lastOutputOf(state: ServerState): string | undefined {
  return state.kind === 'failed' ? lastOutputIn(state.error.message) : undefined;
}

/** `12 tools, 1.9k tokens`. */
export function costWords(tools: number, tokens: number | undefined): string {
  const count = tools === 1 ? l10n.t('1 tool') : l10n.t('{0} tools', tools);
  return tokens === undefined ? count : `${count}, ${tokenWords(tokens)}`;
}

export function tokenWords(tokens: number): string {
  return l10n.t('{0} tokens', tokens < 1_000 ? String(tokens) : `${decimalText(tokens / 1_000, 1)}k`);
}

/** Where it comes from: the product, and the file where the product alone does not say it. */
export function originWords({ source }: ServerSpec, placeOf: (file: string) => string): string {
  return source.scope === 'workspace' ? placeOf(source.file) : productName(source.kind);
}

export function launchWords({ transport }: ServerSpec): string {
  const words = transport.kind === 'http' ? transport.url : formatCommandLine([transport.command, ...transport.args]);
  return shortText(redact(words), 500);
}

type Fact = readonly [string, string | undefined];

export interface FactsOptions {
  readonly more?: readonly Fact[];
  /** Whether the end of what it wrote last is among them; default: it is. */
  readonly withOutput?: boolean;
}

/** All that is known, a fact a line: plain text. */
export function serverFacts(
  facts: ServerFacts,
  now: number,
  { more = [], withOutput = true }: FactsOptions = {},
): string {
  const { spec, state, isTrusted } = facts;
  const { transport, source, origin, startTimeoutMs, callTimeoutMs } = spec;
  const names = Object.keys(transport.kind === 'http' ? transport.headers : transport.env);
  const limit = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : `${ms / 1000} s`);
  const lines: readonly Fact[] = [
    [l10n.t('State'), stateWords(facts, now)],
    [l10n.t('What to do'), state.kind === 'failed' ? state.error.hint : undefined],
    [transport.kind === 'http' ? l10n.t('Address') : l10n.t('Command'), launchWords(spec)],
    [transport.kind === 'http' ? l10n.t('Headers') : l10n.t('Environment variables'), names.join(', ')],
    [l10n.t('Working directory'), transport.kind === 'stdio' ? transport.cwd : undefined],
    ...more,
    [l10n.t('Time for a start'), limit(startTimeoutMs)],
    [l10n.t('Time for a call'), limit(callTimeoutMs)],
    [
      l10n.t('Comes from'),
      `${productName(source.kind)}, ${source.scope === 'workspace' ? l10n.t('this workspace') : l10n.t('your own file')}`,
    ],
    [l10n.t('Defined in'), formatOrigin(origin)],
    [l10n.t('Marked as trusted'), isTrusted ? l10n.t('yes') : l10n.t('no')],
  ];
  const shown = lines.flatMap(([name, value]) => (value ? [`${name}: ${shortText(value, 500)}`] : []));
  const output = withOutput ? lastOutputOf(state) : undefined;
  const last = output === undefined ? [] : [l10n.t('Last output:'), ...lastLines(output, 8)];
  return [visibleText(spec.name), ...shown, ...last].join('\n');
}

function lastLines(text: string, count: number): readonly string[] {
  const lines = redact(text).split('\n');
  return lines.slice(-count).map((line) => shortText(line, 200));
}
