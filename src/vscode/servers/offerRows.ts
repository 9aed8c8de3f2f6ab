/** The rows below a ready server: its tools, resources and prompts. What it says of them is a stranger's text. Pure. */
import * as l10n from '@vscode/l10n';
import { severityWord } from '../../base/severityText';
import { visibleText } from '../../base/visibleText';
import type { ServerPrompt } from '../../mcp/promptList';
import type { ServerResource, ServerResourceTemplate } from '../../mcp/resourceList';
import type { ServerTool } from '../../mcp/toolList';
import type { ToolFlag } from '../../policy/toolFlags';
import { COMMANDS } from '../ids';
import type { RowIcon } from '../rowFace';
import { idOf, type Row, type ShownServer } from './serverRow';
import { tokenWords } from './serverText';
import { shortText } from '../shortText';

const MAX_TOOLTIP_CHARS = 2_000;

type Described = Pick<ServerPrompt, 'name' | 'title' | 'description'>;

export function offerRows(server: ShownServer): readonly Row[] {
  const { state, spec } = server;
  if (state.kind !== 'ready') return [];
  const { tools, resources, templates, prompts } = state.offer;
  const things = [
    ...resources.map((resource) => resourceRow(spec.name, resource)),
    ...templates.map((template) => templateRow(spec.name, template)),
  ];
  return [
    groupRow(
      server,
      'tools',
      l10n.t('Tools'),
      'tools',
      tools.map((tool) => toolRow(server, tool)),
      sumWords(server, tools),
    ),
    groupRow(server, 'resources', l10n.t('Resources'), 'files', things),
    groupRow(
      server,
      'prompts',
      l10n.t('Prompts'),
      'comment',
      prompts.map((prompt) => promptRow(spec.name, prompt)),
    ),
  ].filter(({ children }) => children.length > 0);
}

function groupRow(
  { spec }: ShownServer,
  kind: string,
  label: string,
  icon: string,
  children: readonly Row[],
  more = '',
): Row {
  const server = shortText(spec.name, 100);
  const description = `${children.length}${more}`;
  return {
    id: idOf(kind, spec.name),
    target: { kind: 'group', server: spec.name },
    label,
    description,
    tooltip: l10n.t('{0} of {1}: {2}', label, server, description),
    icon: { id: icon },
    context: `group.${kind}`,
    accessibleLabel: l10n.t('{0} of {1}, {2}', label, server, description),
    isOpen: false,
    children,
  };
}

function sumWords({ tokensOf }: ShownServer, tools: readonly ServerTool[]): string {
  const counts = tools.map(tokensOf);
  if (counts.includes(undefined)) return '';
  return `, ${tokenWords(counts.reduce<number>((sum, count) => sum + (count ?? 0), 0))}`;
}

function toolRow(server: ShownServer, tool: ServerTool): Row {
  const { spec, isTrusted } = server;
  const isOn = server.isToolOn(tool.name);
  const flags = server.flagsOf(tool);
  const tokens = server.tokensOf(tool);
  const name = shortText(tool.name, 100);
  const owner = shortText(spec.name, 100);
  const warnings = flags.filter(({ severity }) => severity === 'warning').length;
  const words = [
    effectWords(tool),
    tokens === undefined ? '' : tokenWords(tokens),
    warnings > 0 ? (warnings === 1 ? l10n.t('1 warning') : l10n.t('{0} warnings', warnings)) : '',
    isOn ? '' : l10n.t('off'),
  ].filter((word) => word !== '');
  return {
    id: idOf('tool', spec.name, tool.name),
    target: { kind: 'tool', server: spec.name, tool: tool.name },
    label: name,
    description: words.join(' · '),
    tooltip: toolFacts(tool, flags, tokens, isTrusted),
    icon: toolIcon(tool, warnings > 0),
    context: 'tool',
    accessibleLabel: [l10n.t('{0}, tool of {1}', name, owner), ...words].join(', '),
    checkbox: {
      isOn,
      tooltip: isOn
        ? l10n.t('Offered to models. Untick it to keep it from them.')
        : l10n.t('Kept from models. Tick it to offer it.'),
    },
    isOpen: false,
    children: [],
  };
}

/** What the server claims: MCP's annotations, in which a tool that does not say so is none that only reads. */
function effectWords({ readOnly, destructive }: ServerTool): string {
  if (readOnly) return l10n.t('read-only');
  return destructive === true ? l10n.t('destructive') : l10n.t('may change things');
}

function toolIcon({ readOnly, destructive }: ServerTool, isSuspicious: boolean): RowIcon {
  if (isSuspicious) return { id: 'warning', color: 'list.warningForeground' };
  if (readOnly) return { id: 'eye' };
  return { id: destructive === true ? 'flame' : 'edit' };
}

function toolFacts(
  tool: ServerTool,
  flags: readonly ToolFlag[],
  tokens: number | undefined,
  isTrusted: boolean,
): string {
  const harm = tool.destructive === true ? l10n.t('destroys things') : l10n.t('may change things');
  const effect = tool.readOnly ? l10n.t('only reads') : harm;
  return shorten([
    tool.title === undefined ? visibleText(tool.name) : `${visibleText(tool.title)} (${visibleText(tool.name)})`,
    isTrusted
      ? l10n.t('Its server says that it {0}.', effect)
      : l10n.t(
          'Its server says that it {0}, which does not count, because the server is not marked as trusted.',
          effect,
        ),
    ...(tokens === undefined ? [] : [l10n.t('Offering it costs about {0} in every request.', tokenWords(tokens))]),
    ...flags.map(({ severity, message }) => `${severityWord(severity)}: ${visibleText(message)}`),
    ...(tool.description === '' ? [] : [`\n${visibleText(tool.description)}`]),
  ]);
}

function resourceRow(server: string, resource: ServerResource): Row {
  return {
    ...thingRow(resource, l10n.t('resource'), server, [resource.uri, resource.mimeType]),
    context: 'resource',
    id: idOf('resource', server, resource.uri),
    target: { kind: 'resource', server, uri: resource.uri },
    icon: { id: 'file' },
    command: { command: COMMANDS.readMcpResource, title: l10n.t('Read Resource') },
  };
}

/** Its address has gaps, so there is nothing yet to open. */
function templateRow(server: string, template: ServerResourceTemplate): Row {
  return {
    ...thingRow(template, l10n.t('resource template'), server, [template.uriTemplate, template.mimeType]),
    id: idOf('template', server, template.uriTemplate),
    target: { kind: 'group', server },
    icon: { id: 'file-code' },
    context: 'template',
  };
}

function promptRow(server: string, prompt: Described): Row {
  return {
    ...thingRow(prompt, l10n.t('prompt'), server, []),
    context: 'prompt',
    id: idOf('prompt', server, prompt.name),
    target: { kind: 'prompt', server, prompt: prompt.name },
    icon: { id: 'comment' },
    command: { command: COMMANDS.runPrompt, title: l10n.t('Run Prompt') },
  };
}

function thingRow(
  { name, title, description }: Described,
  /** In the person's language. */
  kind: string,
  server: string,
  facts: readonly (string | undefined)[],
): Omit<Row, 'id' | 'target' | 'icon' | 'context'> {
  const shown = shortText(title ?? name, 100);
  const known = facts.filter((fact) => fact !== undefined);
  const words = shortText(known[0] ?? description, 200);
  return {
    label: shown,
    description: words,
    tooltip: shorten([
      visibleText(name),
      ...known.map(visibleText),
      ...(description === '' ? [] : [`\n${visibleText(description)}`]),
    ]),
    accessibleLabel: [l10n.t('{0}, {1} of {2}', shown, kind, shortText(server, 100)), words]
      .filter((word) => word !== '')
      .join(', '),
    isOpen: false,
    children: [],
  };
}

function shorten(lines: readonly string[]): string {
  const text = lines.join('\n');
  return text.length > MAX_TOOLTIP_CHARS ? `${text.slice(0, MAX_TOOLTIP_CHARS)}…` : text;
}
