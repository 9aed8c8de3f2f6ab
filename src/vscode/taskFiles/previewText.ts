/** What a task may do, in words: a document of Markdown, and its short form for a question. What files and servers say stays plain text. */
import * as l10n from '@vscode/l10n';
import { countText } from '../../base/numberText';
import { visibleText } from '../../base/visibleText';
import type { TaskRequest } from '../../tasks/types';
import { describeApproval } from './keyTexts';
import type { PlanSummary } from './taskAgreements';
import type { ForeseenServer, ForeseenTool, TaskForesight } from './taskForesight';
import type { TaskPlan } from './taskPlan';

export function describePlan(plan: TaskPlan, request: TaskRequest, foresight: TaskForesight): PlanSummary {
  return { lines: summaryLines(request, foresight), preview: previewOf(plan, request, foresight) };
}

function summaryLines(request: TaskRequest, foresight: TaskForesight): readonly string[] {
  const { servers } = foresight;
  const names = servers.map(({ name }) => oneLine(name)).join(', ');
  const unasked = servers.flatMap((server) => (server.tools ?? []).filter(({ fate }) => fate === 'runs'));
  const isUnknown = servers.some(({ tools }) => tools === undefined);
  return [
    l10n.t('Model: {0}', modelName(request, foresight)),
    servers.length === 0 ? l10n.t('MCP servers: none') : l10n.t('MCP servers: {0}', names),
    ...(servers.length === 0 ? [] : [unaskedLine(unasked, isUnknown)]),
    limitsLine(request),
    patienceLine(foresight.patience),
  ];
}

function unaskedLine(unasked: readonly ForeseenTool[], isUnknown: boolean): string {
  const names = unasked
    .slice(0, 10)
    .map(({ name }) => oneLine(name))
    .join(', ');
  if (unasked.length > 10) return l10n.t('Without a question: {0} and {1} more', names, unasked.length - 10);
  if (unasked.length > 0) return l10n.t('Without a question: {0}', names);
  return isUnknown
    ? l10n.t('Without a question: nothing that is known before the servers start')
    : l10n.t('Without a question: no tool');
}

function previewOf(plan: TaskPlan, request: TaskRequest, foresight: TaskForesight): string {
  const { servers, policy, patience, modelWords } = foresight;
  const model = code(modelName(request, foresight));
  return [
    `# ${l10n.t('Preview of the task "{0}"', oneLine(plan.name))}`,
    l10n.t('Written in {0}. This is what holds now; nothing was started and nothing was sent.', code(plan.origin)),
    `## ${l10n.t('Task')}`,
    quoted(plan.task.text),
    `## ${l10n.t('Model')}`,
    modelWords === undefined ? model : `${model}: ${oneLine(modelWords)}`,
    `## ${l10n.t('Limits')}`,
    limitsLine(request),
    `## ${l10n.t('Without a question')}`,
    [
      describeApproval(policy),
      l10n.t('A call that may give private data away is always asked, whatever is allowed.'),
    ].join(' '),
    l10n.t(
      'Reading a long result again, and listing the resources of servers, needs no question. Reading a resource counts as a tool that its server marks as read-only.',
    ),
    `## ${l10n.t('Questions')}`,
    patienceLine(patience),
    `## ${l10n.t('MCP servers')}`,
    ...(servers.length === 0 ? [l10n.t('None: the model only answers.')] : servers.flatMap(serverParts)),
  ]
    .join('\n\n')
    .concat('\n');
}

function serverParts(server: ForeseenServer): readonly string[] {
  const facts = [startLine(server), ...(server.isTrusted ? [l10n.t('You trust what it says of its tools.')] : [])];
  return [
    `### ${oneLine(server.name)}`,
    [...(server.origin === undefined ? [] : [l10n.t('Defined in {0}.', code(server.origin))]), ...facts].join(' '),
    ...toolParts(server),
  ];
}

function startLine({ start }: ForeseenServer): string {
  if (typeof start === 'object') return oneLine(start.refused);
  switch (start) {
    case 'running':
      return l10n.t('It is running.');
    case 'agreed':
      return l10n.t(
        'It starts without a question, because you have allowed it; where its definition has changed, you are asked.',
      );
    case 'asks':
      return l10n.t('You are asked before it starts.');
    case 'disabled':
      return l10n.t('It is switched off or disabled: a task that names it does not run.');
    case 'missing':
      return l10n.t('There is no such server: the task does not run.');
  }
}

function toolParts({ start, tools }: ForeseenServer): readonly string[] {
  if (start === 'missing' || start === 'disabled' || typeof start === 'object') return [];
  if (!tools)
    return [
      l10n.t('Its tools are known after its first start. All of them are asked for, unless you have allowed them.'),
    ];
  if (tools.length === 0) return [l10n.t('It has no tools.')];
  const rows = tools.map(({ name, fate, flags }) => {
    const notes = flags.map((flag) => ` ${cell(flag)}`).join('');
    return `| ${cell(code(name))} | ${fateWords(fate)}${notes} |`;
  });
  return [[`| ${l10n.t('Tool')} | ${l10n.t('When the model calls it')} |`, '| --- | --- |', ...rows].join('\n')];
}

function fateWords(fate: ForeseenTool['fate']): string {
  switch (fate) {
    case 'runs':
      return `**${l10n.t('runs without a question')}**`;
    case 'asks':
      return l10n.t('asks you');
    case 'refused':
      return l10n.t('refused by your settings');
    case 'off':
      return l10n.t('switched off, not offered');
  }
}

function patienceLine(patience: number | undefined): string {
  if (patience === undefined) return l10n.t('When nobody answers, the task waits.');
  if (patience === 0) return l10n.t('When you are away, every question counts as answered with no.');
  return patience === 1
    ? l10n.t('When nobody answers within a minute, the answer is no.')
    : l10n.t('When nobody answers within {0} minutes, the answer is no.', patience);
}

function limitsLine({ maxRounds, maxTokens, timeoutMs }: TaskRequest): string {
  const none = l10n.t('no limit');
  const tokens = maxTokens === undefined ? none : countText(maxTokens);
  const minutes = timeoutMs === undefined ? none : String(timeoutMs / 60_000);
  return l10n.t('Limits: rounds {0}, tokens {1}, minutes {2}.', countText(maxRounds), tokens, minutes);
}

function modelName({ model }: TaskRequest, foresight: TaskForesight): string {
  if (foresight.model) return oneLine(foresight.model.key);
  if (model === undefined) return l10n.t('none that is known now');
  return l10n.t('{0}, which the server does not have now', oneLine(model));
}

function oneLine(text: string): string {
  return visibleText(text.replace(/\s+/g, ' ').trim());
}

function code(text: string): string {
  return `\`${oneLine(text).replaceAll('`', "'")}\``;
}

function cell(text: string): string {
  return oneLine(text).replaceAll('|', '\\|');
}

/** Its own headings must not look like ours. */
function quoted(text: string): string {
  return visibleText(text)
    .split('\n')
    .map((line) => `> ${line}`.trimEnd())
    .join('\n');
}
