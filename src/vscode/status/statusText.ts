/** What the status bar says. Pure. */
import * as l10n from '@vscode/l10n';
import type { CatalogSnapshot } from '../../llm/lmstudio/catalog';
import type { ServerState } from '../ids';
import { withoutIcons } from '../markup';
import { findTaskModel, formatElapsed, shortModelName } from '../models/modelText';
import { statusFacts } from './statusFacts';
import type { ContextUse, StatusInput } from './statusInput';
import { type StatusLink, statusLinks } from './statusLinks';
import type { TaskStatus } from '../tasks/taskStatus';
import { waitOf } from '../tasks/taskText';

export interface StatusView {
  /** With icons. */
  readonly text: string;
  /** Facts, each on a line, as plain text: names in it are other people's. */
  readonly tooltip: string;
  /** What can be done from the tooltip: commands of ours only. */
  readonly links: readonly StatusLink[];
  /** The same as `text` for ears: no icons, no abbreviations. */
  readonly label: string;
  readonly isWarning: boolean;
}

export function toServerState(snapshot: CatalogSnapshot, isMisconfigured: boolean): ServerState {
  if (isMisconfigured) return 'misconfigured';
  if (snapshot.health.kind !== 'offline') return snapshot.health.kind;
  switch (snapshot.health.error.code) {
    case 'auth-required':
      return 'auth';
    case 'wrong-server':
      return 'wrong-server';
    default:
      return 'offline';
  }
}

export function statusView(input: StatusInput): StatusView {
  const { icon, words, isWarning } = headline(input);
  const label = l10n.t('LM Studio: {0}', words);
  return {
    // A model's name must not become an icon.
    text: `$(${icon}) ${withoutIcons(label)}`,
    tooltip: [label, ...statusFacts(input, breakerWords(input))].join('\n'),
    links: statusLinks(input),
    label: spoken(label),
    isWarning,
  };
}

/** Whether what is said changes by the second, though nothing happens. */
export function isMoving({ tasks, loading, breaker, now }: Moving): boolean {
  return tasks.length + loading.length > 0 || (breaker.kind === 'open' && breaker.retryAt > now);
}

type Moving = Pick<StatusInput, 'tasks' | 'loading' | 'breaker' | 'now'>;

/** Units as words. */
function spoken(text: string): string {
  return text
    .replaceAll(/(\d+) %/g, (_, count: string) => l10n.t('{0} percent', count))
    .replace(/\b(\d+) (s|min)\b/g, (_, count: string, unit: string) =>
      unit === 's' ? secondWords(count) : minuteWords(count),
    );
}

function secondWords(count: string): string {
  return count === '1' ? l10n.t('1 second') : l10n.t('{0} seconds', count);
}

function minuteWords(count: string): string {
  return count === '1' ? l10n.t('1 minute') : l10n.t('{0} minutes', count);
}

interface Headline {
  readonly icon: string;
  readonly words: string;
  readonly isWarning: boolean;
}

function headline(input: StatusInput): Headline {
  const { tasks, strays, now } = input;
  const [task] = tasks;
  if (strays > 0 && !tasks.some(({ isWaiting }) => isWaiting)) {
    const words = strays > 1 ? l10n.t('{0} questions wait for your answer', strays) : l10n.t('waiting for your answer');
    return { icon: 'bell-dot', words, isWarning: true };
  }
  if (!task) return loadHeadline(input) ?? healthHeadline(input);
  const elapsed = formatElapsed(now - Math.min(...tasks.map(({ startedAt }) => startedAt)));
  const waiting = tasks.filter(({ isWaiting }) => isWaiting).length;
  if (waiting > 0) {
    const words =
      waiting > 1
        ? l10n.t('{0} tasks wait for your answer, {1}', waiting, elapsed)
        : l10n.t('waiting for your answer, {0}', elapsed);
    return { icon: 'bell-dot', words, isWarning: true };
  }
  const which = tasks.length > 1 ? l10n.t('{0} tasks', tasks.length) : l10n.t('round {0}', task.round);
  if (tasks.every(({ pause }) => pause === 'paused')) {
    return { icon: 'debug-pause', words: l10n.t('{0}, paused, {1}', which, elapsed), isWarning: false };
  }
  const what = tasks.length === 1 && task.round === 0 ? l10n.t('starting') : which;
  const details = tasks.length > 1 ? [] : taskDetails(task, input);
  const isHindered = tasks.some(({ id }) => input.retrying.has(id));
  return {
    icon: isHindered ? 'warning' : 'sync~spin',
    words: [what, elapsed, ...details].join(', '),
    isWarning: false,
  };
}

/** What the one running task waits for; else its model and how full the context is. */
function taskDetails(task: TaskStatus, input: StatusInput): readonly string[] {
  const { contexts, retrying } = input;
  if (retrying.has(task.id)) return [l10n.t('asking again')];
  const wait = waitOf(task, input);
  if (wait !== undefined) return [wait];
  const use = contexts.get(task.id);
  if (!use || task.model === undefined) return [];
  return [shortModelName(task.model), l10n.t('context {0} %', shareOf(use))];
}

/** Whole percent, at most 100. */
export function shareOf({ usedTokens, limit }: ContextUse): number {
  return limit > 0 ? Math.min(100, Math.round((usedTokens / limit) * 100)) : 100;
}

function loadHeadline({ loading, state, now }: StatusInput): Headline | undefined {
  const [first] = loading;
  if (!first || state !== 'online') return undefined;
  const elapsed = formatElapsed(now - first.startedAt);
  const words =
    loading.length > 1
      ? l10n.t('loading {0} models, {1}', loading.length, elapsed)
      : l10n.t('loading {0}, {1}', shortModelName(first.key), elapsed);
  return { icon: 'loading~spin', words, isWarning: false };
}

/** What keeps requests from being sent; undefined: nothing does. */
function breakerWords({ breaker, now }: StatusInput): string | undefined {
  if (breaker.kind === 'closed') return undefined;
  if (breaker.kind === 'half-open') return l10n.t('not answering, trying now');
  const left = Math.ceil((breaker.retryAt - now) / 1000);
  return left > 0 ? l10n.t('not answering, next try in {0} s', left) : l10n.t('not answering');
}

function healthHeadline(input: StatusInput): Headline {
  const { state } = input;
  // Tasks can find out before the next look at the list does.
  const refusal = state === 'online' || state === 'offline' ? breakerWords(input) : undefined;
  if (refusal !== undefined) return { icon: 'warning', words: refusal, isWarning: true };
  switch (state) {
    case 'unknown':
      return { icon: 'loading~spin', words: l10n.t('connecting'), isWarning: false };
    case 'offline':
      return { icon: 'warning', words: l10n.t('not reachable'), isWarning: true };
    case 'auth':
      return { icon: 'key', words: l10n.t('needs API token'), isWarning: true };
    case 'wrong-server':
      return { icon: 'warning', words: l10n.t('not a model server'), isWarning: true };
    case 'misconfigured':
      return { icon: 'warning', words: l10n.t('wrong setting'), isWarning: true };
    case 'online':
      return modelHeadline(input);
  }
}

/** The server answers: the model that tasks use, and whether something is wrong with either. */
function modelHeadline({ snapshot, model }: StatusInput): Headline {
  const { health, models } = snapshot;
  const chosen = findTaskModel(models, model);
  if (!chosen) {
    return model === undefined
      ? { icon: 'info', words: l10n.t('no chat model'), isWarning: true }
      : { icon: 'warning', words: l10n.t('no model "{0}"', shortModelName(model)), isWarning: true };
  }
  const name = shortModelName(chosen.key);
  switch (health.kind === 'online' ? health.strain : undefined) {
    case 'slow':
      return { icon: 'warning', words: l10n.t('{0}, answering slowly', name), isWarning: false };
    case 'repeated':
      return { icon: 'warning', words: l10n.t('{0}, answering only when asked again', name), isWarning: false };
    case undefined:
      return { icon: 'check', words: name, isWarning: false };
  }
}
