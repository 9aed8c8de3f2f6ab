/** The rows of the tree of MCP servers. Pure. */
import * as l10n from '@vscode/l10n';
import { severityWord } from '../../base/severityText';
import type { ConfigDiagnostic } from '../../mcp/serverSpec';
import type { ServerOffer } from '../../mcp/serverState';
import {
  conditionOf,
  costWords,
  originWords,
  productRank,
  type ServerCondition,
  serverFacts,
  stateWords,
} from './serverText';
import { COMMANDS } from '../ids';
import { offerRows } from './offerRows';
import type { RowIcon } from '../rowFace';
import { idOf, type Row, type ShownServer } from './serverRow';
import { shortText } from '../shortText';

export interface ServersInput {
  readonly servers: readonly ShownServer[];
  readonly diagnostics: readonly ConfigDiagnostic[];
  /** On the scale of the states' times. */
  readonly now: number;
  /** A file's path as the person knows it. */
  readonly placeOf: (file: string) => string;
}

/** Servers of the workspace first, then the person's own by product, each in the order of its file; at the end what no server shows. */
export function rowsOf(input: ServersInput): readonly Row[] {
  const { servers, diagnostics } = input;
  if (servers.length === 0) return [];
  const rank = ({ spec: { source } }: ShownServer): number =>
    source.scope === 'workspace' ? -1 : productRank(source.kind);
  const sorted = [...servers].sort((a, b) => rank(a) - rank(b));
  const told = new Set<ConfigDiagnostic>();
  const rows = sorted.map((server) => {
    const own = diagnostics.filter((diagnostic) => isAbout(diagnostic, server));
    for (const diagnostic of own) told.add(diagnostic);
    return serverRow(server, own, input);
  });
  return [
    ...rows,
    ...fileRows(
      diagnostics.filter((diagnostic) => !told.has(diagnostic)),
      input,
    ),
  ];
}

function isAbout(diagnostic: ConfigDiagnostic, { spec }: ShownServer): boolean {
  return diagnostic.server === spec.name && diagnostic.file === spec.source.file;
}

function serverRow(server: ShownServer, problems: readonly ConfigDiagnostic[], input: ServersInput): Row {
  const { spec, state, isTrusted, isOn } = server;
  const { now, placeOf } = input;
  const condition = conditionOf(server);
  const offer = state.kind === 'ready' ? state.offer : undefined;
  const name = shortText(spec.name, 100);
  const origin = originWords(spec, placeOf);
  const words = [offer && sizeWords(offer, server), problemWords(problems.length)];
  const more = words.filter((word) => word !== undefined && word !== '');
  const errors = state.kind === 'failed' ? [errorRow(server, state.error.message)] : [];
  return {
    id: idOf('server', spec.name),
    target: { kind: 'server', server: spec.name },
    label: name,
    description: [stateWords(server, now), ...more, origin].join(' · '),
    tooltip: serverFacts(server, now, {
      more: [
        [
          l10n.t('It calls itself'),
          offer && [offer.title, offer.version].filter((part) => part !== undefined).join(' '),
        ],
      ],
    }),
    icon: CONDITION_ICONS[condition],
    context: `server.${condition}.${isTrusted ? 'trusted' : 'untrusted'}.${spec.source.scope}`,
    accessibleLabel: [
      l10n.t('{0}, MCP server', name),
      stateWords(server, undefined),
      ...more,
      l10n.t('from {0}', origin),
      isTrusted && l10n.t('trusted'),
    ]
      .filter(Boolean)
      .join(', '),
    ...(spec.disabled ? {} : { checkbox: serverCheckbox(isOn) }),
    isOpen: false,
    children: [...errors, ...problems.map((problem, index) => problemRow(problem, index, input)), ...offerRows(server)],
  };
}

function serverCheckbox(isOn: boolean): NonNullable<Row['checkbox']> {
  const tooltip = isOn
    ? l10n.t('Tasks may use this server. Untick it to switch it off.')
    : l10n.t('Switched off. Tick it to let tasks use it.');
  return { isOn, tooltip };
}

function sizeWords({ tools }: ServerOffer, { tokensOf, isToolOn }: ShownServer): string {
  const offered = tools.filter(({ name }) => isToolOn(name));
  const tokens = offered.map(tokensOf);
  const sum = tokens.reduce<number>((total, count) => total + (count ?? 0), 0);
  const off = tools.length - offered.length;
  return (
    costWords(offered.length, tokens.includes(undefined) ? undefined : sum) + (off > 0 ? l10n.t(', {0} off', off) : '')
  );
}

function noteWords(count: number): string {
  return count === 1 ? l10n.t('1 note') : l10n.t('{0} notes', count);
}

function problemWords(count: number): string | undefined {
  if (count === 0) return undefined;
  return count === 1 ? l10n.t('1 problem') : l10n.t('{0} problems', count);
}

const CONDITION_ICONS: Readonly<Record<ServerCondition, RowIcon>> = {
  disabled: { id: 'circle-slash', color: 'disabledForeground' },
  blocked: { id: 'shield', color: 'list.errorForeground' },
  off: { id: 'circle-slash', color: 'disabledForeground' },
  consent: { id: 'question', color: 'list.warningForeground' },
  stopped: { id: 'circle-outline' },
  starting: { id: 'loading~spin' },
  ready: { id: 'circle-filled', color: 'testing.iconPassed' },
  failed: { id: 'error', color: 'list.errorForeground' },
  restarting: { id: 'sync', color: 'list.warningForeground' },
  signIn: { id: 'key', color: 'list.warningForeground' },
};

function errorRow({ spec }: ShownServer, message: string): Row {
  const text = shortText(message.split('\n')[0] ?? '', 300);
  return {
    id: idOf('error', spec.name),
    target: { kind: 'error', server: spec.name },
    label: l10n.t('Why it failed'),
    description: text,
    tooltip: l10n.t("{0}\n\nChoose it to see everything, with the server's last output.", text),
    icon: { id: 'error', color: 'list.errorForeground' },
    context: 'error',
    command: { command: COMMANDS.showMcpError, title: l10n.t('Show Error Details') },
    accessibleLabel: l10n.t('Why {0} failed: {1}', shortText(spec.name, 100), text),
    isOpen: false,
    children: [],
  };
}

const SEVERITY_ICONS: Readonly<Record<ConfigDiagnostic['severity'], RowIcon>> = {
  error: { id: 'error', color: 'list.errorForeground' },
  warning: { id: 'warning', color: 'list.warningForeground' },
  info: { id: 'info' },
};

function problemRow(diagnostic: ConfigDiagnostic, index: number, { placeOf }: ServersInput): Row {
  const { severity, message, file, line, column } = diagnostic;
  const text = shortText(message, 300);
  const place = `${placeOf(file)}:${line}`;
  return {
    id: idOf('problem', file, String(line), String(column), message, String(index)),
    target: { kind: 'problem', origin: { file, line, column } },
    label: text,
    description: place,
    tooltip: l10n.t('{0}\n{1}:{2}:{3}\n\nChoose it to open the file there.', text, file, line, column),
    icon: SEVERITY_ICONS[severity],
    context: 'problem',
    command: { command: COMMANDS.goToMcpDefinition, title: l10n.t('Go to Definition') },
    accessibleLabel: l10n.t('{0}: {1} In {2}', severityWord(severity), text, place),
    isOpen: false,
    children: [],
  };
}

/** A row for each file with problems that are not about one of the servers. */
function fileRows(diagnostics: readonly ConfigDiagnostic[], input: ServersInput): readonly Row[] {
  const files = [...new Set(diagnostics.map(({ file }) => file))];
  return files.flatMap((file) => {
    const own = diagnostics.filter((diagnostic) => diagnostic.file === file);
    const [first] = own;
    if (!first) return [];
    const place = input.placeOf(file);
    const severity = (['error', 'warning', 'info'] as const).find((kind) => own.some((item) => item.severity === kind));
    const count = (severity === 'info' ? noteWords(own.length) : problemWords(own.length)) ?? '';
    return {
      id: idOf('file', file),
      target: { kind: 'file', origin: { file, line: first.line, column: first.column } },
      label: place,
      description: count,
      tooltip: `${file}\n${count}`,
      icon: SEVERITY_ICONS[severity ?? 'info'],
      context: 'file',
      accessibleLabel: l10n.t('{0}, configuration file, {1}', place, count),
      isOpen: severity !== 'info',
      children: own.map((diagnostic, index) => problemRow(diagnostic, index, input)),
    };
  });
}
