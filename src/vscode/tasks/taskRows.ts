/** Tasks as rows, for people who see them and for people who hear them. Pure but for the language. */
import * as l10n from '@vscode/l10n';
import { countText } from '../../base/numberText';
import { visibleText } from '../../base/visibleText';
import type { ServerSelection, TaskRequest } from '../../tasks/types';
import { markupFree, withoutIcons } from '../markup';
import { formatElapsed } from '../models/modelText';
import { nameOfModel } from '../models/serverList';
import { shortText } from '../shortText';
import { type BrokenTask, type LiveTask, type PastTask, type ShownTask, stateOf, type TaskState } from './shownTask';
import type { RowIcon } from '../rowFace';
import type { TaskRow } from './taskRow';
import { doingOf, minuteWords, type TaskSurroundings } from './taskText';

const LABEL_CHARS = 80;
/** Longer ones would push the state out of a narrow view; the tooltip has all of it. */
const ROW_CHARS = 36;
const TOOLTIP_CHARS = 600;

const ICONS: Readonly<Record<TaskState, RowIcon>> = {
  starting: { id: 'loading~spin' },
  queued: { id: 'clock' },
  running: { id: 'sync~spin' },
  waiting: { id: 'bell-dot', color: 'list.warningForeground' },
  paused: { id: 'debug-pause' },
  pausing: { id: 'watch' },
  elsewhere: { id: 'multiple-windows' },
  completed: { id: 'pass', color: 'testing.iconPassed' },
  failed: { id: 'error', color: 'list.errorForeground' },
  limit: { id: 'warning', color: 'list.warningForeground' },
  cancelled: { id: 'circle-slash' },
  interrupted: { id: 'debug-disconnect', color: 'list.warningForeground' },
  broken: { id: 'bracket-error', color: 'list.errorForeground' },
};

export function stateWords(state: TaskState): string {
  switch (state) {
    case 'starting':
      return l10n.t('starting');
    case 'queued':
      return l10n.t('queued');
    case 'running':
      return l10n.t('running');
    case 'waiting':
      return l10n.t('waiting for your answer');
    case 'paused':
      return l10n.t('paused');
    case 'pausing':
      return l10n.t('pausing');
    case 'elsewhere':
      return l10n.t('running in another window');
    case 'completed':
      return l10n.t('done');
    case 'failed':
      return l10n.t('failed');
    case 'limit':
      return l10n.t('stopped at a limit');
    case 'cancelled':
      return l10n.t('cancelled');
    case 'interrupted':
      return l10n.t('interrupted');
    case 'broken':
      return l10n.t('journal damaged');
  }
}

/** What the task was asked to do, on one line. */
export function labelOf(task: ShownTask): string {
  if (task.kind === 'broken') return markupFree(task.broken.runId);
  return withoutIcons(shortText(taskTextOf(task), LABEL_CHARS));
}

/** `wallNow`: milliseconds since 1970. */
export function taskRow(task: ShownTask, surroundings: TaskSurroundings, wallNow: number): TaskRow {
  switch (task.kind) {
    case 'live':
      return liveRow(task, surroundings);
    case 'past':
      return pastRow(task, wallNow);
    case 'broken':
      return brokenRow(task);
  }
}

function liveRow(task: LiveTask, surroundings: TaskSurroundings): TaskRow {
  const state = stateOf(task);
  const { status, record, request } = task;
  const what = liveWords(task, state, surroundings);
  const spoken = liveWords(task, state, { ...surroundings, isSpoken: true });
  const elapsed = surroundings.now - status.startedAt;
  const tokens = tokenWords(record.usage);
  const round =
    status.round === 0
      ? []
      : [
          request
            ? l10n.t('Round: {0} of at most {1}', status.round, request.maxRounds)
            : l10n.t('Round: {0}', status.round),
        ];
  return {
    ...base(task, state),
    description: joined([...what, formatElapsed(elapsed), tokens]),
    tooltip: lines([
      l10n.t('Task: {0}', shortText(taskTextOf(task), TOOLTIP_CHARS)),
      l10n.t('State: {0}', joined(what)),
      ...round,
      ...modelLine(modelOf(task)),
      ...requestLines(request),
      l10n.t('Calls: {0}', record.calls),
      ...(tokens ? [l10n.t('Tokens: {0}', tokens)] : []),
      l10n.t('Running for: {0}', formatElapsed(elapsed)),
    ]),
    accessibleLabel: joined([l10n.t('Task "{0}": {1}', labelOf(task), joined(spoken)), minuteWords(elapsed), tokens]),
    children: 'closed',
  };
}

/** The state, the round and what goes on in it. */
function liveWords({ status }: LiveTask, state: TaskState, surroundings: TaskSurroundings): readonly string[] {
  const round = status.round === 0 ? '' : l10n.t('round {0}', status.round);
  const activity = state === 'running' || state === 'pausing' ? withoutIcons(doingOf(status, surroundings)) : '';
  const place = status.phase?.phase === 'queued' ? l10n.t('{0} ahead', status.phase.place) : '';
  return [stateWords(state), state === 'queued' ? place : '', round, activity].filter((word) => word !== '');
}

function pastRow(task: PastTask, wallNow: number): TaskRow {
  const state = stateOf(task);
  const { run, problem } = task;
  const { end } = run;
  const effort = end ? [roundWords(end.rounds), formatElapsed(end.durationMs)] : [];
  const tokens = end ? tokenWords(end.usage) : '';
  const code = end?.code && end.code !== 'cancelled' ? `(${end.code})` : '';
  const when = timeWords(run.startedAt, wallNow);
  const words = [stateWords(state), code].filter(Boolean).join(' ');
  return {
    ...base(task, state),
    description: joined([words, ...effort, when]),
    tooltip: lines([
      l10n.t('Task: {0}', shortText(run.task, TOOLTIP_CHARS)),
      l10n.t('State: {0}', words),
      ...(problem ? [shortText(problem.message, TOOLTIP_CHARS)] : []),
      ...(problem?.hint ? [l10n.t('What to do: {0}', shortText(problem.hint, TOOLTIP_CHARS))] : []),
      l10n.t('Begun: {0}', new Date(run.startedAt).toLocaleString()),
      ...(end ? [l10n.t('Rounds: {0}', end.rounds), l10n.t('Took: {0}', formatElapsed(end.durationMs))] : []),
      ...(tokens ? [l10n.t('Tokens: {0}', tokens)] : []),
      ...modelLine(run.request.model),
      ...requestLines(run.request),
      ...(isResumable(task) ? [l10n.t('It can be resumed where it stopped.')] : []),
      l10n.t('Journal: {0}', run.path),
    ]),
    accessibleLabel: joined([l10n.t('Task "{0}": {1}', labelOf(task), words), ...effort.slice(0, 1), tokens, when]),
    children: 'closed',
  };
}

function brokenRow(task: BrokenTask): TaskRow {
  const { runId, path, problem } = task.broken;
  return {
    ...base(task, 'broken'),
    description: stateWords('broken'),
    tooltip: lines([
      visibleText(problem),
      l10n.t('File: {0}', path),
      l10n.t('Delete it here, or look at the file yourself.'),
    ]),
    accessibleLabel: l10n.t('The journal {0} is damaged and cannot be read: {1}', markupFree(runId), path),
    children: 'none',
  };
}

function base(task: ShownTask, state: TaskState): Pick<TaskRow, 'id' | 'label' | 'icon' | 'context'> {
  const isPausing = state === 'waiting' && task.kind === 'live' && task.status.pause !== undefined;
  const more = [...(isResumable(task) ? ['resumable'] : []), ...(isPausing ? ['pausing'] : [])];
  const context = ['task', state, ...more].join('.');
  const label = task.kind === 'broken' ? labelOf(task) : withoutIcons(shortText(taskTextOf(task), ROW_CHARS));
  return { id: task.key, label, icon: ICONS[state], context };
}

function isResumable(task: ShownTask): boolean {
  return task.kind === 'past' && task.run.isResumable && task.run.state !== 'running';
}

/** With its server's name; the request names it before the server has said which model it is. */
function modelOf({ status, record, request }: LiveTask): string | undefined {
  const key = status.model ?? record.model;
  return key === undefined ? request?.model : nameOfModel(status.server, key);
}

function taskTextOf(task: LiveTask | PastTask): string {
  return task.kind === 'past' ? task.run.task : (task.request?.task ?? task.status.label);
}

function modelLine(model: string | undefined): readonly string[] {
  return model === undefined ? [] : [l10n.t('Model: {0}', markupFree(model))];
}

function requestLines(request: TaskRequest | undefined): readonly string[] {
  return request ? [l10n.t('MCP servers: {0}', serverWords(request.servers))] : [];
}

function serverWords(servers: ServerSelection): string {
  switch (servers.kind) {
    case 'none':
      return l10n.t('none');
    case 'all':
      return l10n.t('all');
    case 'named':
      return servers.names.map(markupFree).join(', ');
  }
}

export function roundWords(rounds: number): string {
  return rounds === 1 ? l10n.t('1 round') : l10n.t('{0} rounds', rounds);
}

/** Empty where the server counts none. */
export function tokenWords({
  promptTokens,
  completionTokens,
}: {
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}): string {
  if (promptTokens === null && completionTokens === null) return '';
  return l10n.t('{0} tokens read, {1} written', countText(promptTokens ?? 0), countText(completionTokens ?? 0));
}

/** The time alone where it was today. */
function timeWords(at: number, wallNow: number): string {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date(wallNow).toDateString();
  const time = date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
  return isToday ? time : `${date.toLocaleDateString()} ${time}`;
}

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(', ');
}

function lines(parts: readonly string[]): string {
  return parts.join('\n');
}
