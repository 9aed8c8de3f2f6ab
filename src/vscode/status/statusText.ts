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
import { minuteWords, waitOf } from '../tasks/taskText';

export interface StatusView {
  /** With icons. */
  readonly text: string;
  /** Facts, each on a line, as plain text: names in it are other people's. */
  readonly tooltip: string;
  /** What can be done from the tooltip: commands of ours only. */
  readonly links: readonly StatusLink[];
  /** The same as `text` for ears: no icons, no abbreviations, and no seconds, which would be another text each time. */
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
  const { icon, words, isWarning } = headline({ ...input, isSpoken: false });
  const label = l10n.t('LM Studio: {0}', words);
  const spoken = headline({ ...input, isSpoken: true }).words;
  return {
    // A model's name must not become an icon.
    text: `$(${icon}) ${withoutIcons(label)}`,
    tooltip: [label, ...statusFacts(input, breakerWords({ ...input, isSpoken: false }))].join('\n'),
    links: statusLinks(input),
    label: withUnits(l10n.t('LM Studio: {0}', spoken)),
    isWarning,
  };
}

/** Whether what is said changes by the second, though nothing happens. */
export function isMoving({ tasks, loading, breaker, now }: Moving): boolean {
  return tasks.length + loading.length > 0 || (breaker.kind === 'open' && breaker.retryAt > now);
}

type Moving = Pick<StatusInput, 'tasks' | 'loading' | 'breaker' | 'now'>;

/** Units as words. */
function withUnits(text: string): string {
  return text.replaceAll(/(\d+) %/g, (_, count: string) => l10n.t('{0} percent', count));
}

/** For eyes, or for ears. */
type Said = StatusInput & { readonly isSpoken: boolean };

function elapsedWords(ms: number, { isSpoken }: Said): string {
  return isSpoken ? minuteWords(ms) : formatElapsed(ms);
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(', ');
}

interface Headline {
  readonly icon: string;
  readonly words: string;
  readonly isWarning: boolean;
}

function headline(input: Said): Headline {
  const { tasks, strays, now } = input;
  const [task] = tasks;
  if (strays > 0 && !tasks.some(({ isWaiting }) => isWaiting)) {
    const words = strays > 1 ? l10n.t('{0} questions wait for your answer', strays) : l10n.t('waiting for your answer');
    return { icon: 'bell-dot', words, isWarning: true };
  }
  if (!task) return loadHeadline(input) ?? healthHeadline(input);
  const elapsed = elapsedWords(now - Math.min(...tasks.map(({ startedAt }) => startedAt)), input);
  const waiting = tasks.filter(({ isWaiting }) => isWaiting).length;
  if (waiting > 0) {
    const words = waiting > 1 ? l10n.t('{0} tasks wait for your answer', waiting) : l10n.t('waiting for your answer');
    return { icon: 'bell-dot', words: joined(words, elapsed), isWarning: true };
  }
  const which = tasks.length > 1 ? l10n.t('{0} tasks', tasks.length) : l10n.t('round {0}', task.round);
  if (tasks.every(({ pause }) => pause === 'paused')) {
    return { icon: 'debug-pause', words: joined(which, l10n.t('paused'), elapsed), isWarning: false };
  }
  const what = tasks.length === 1 && task.round === 0 ? l10n.t('starting') : which;
  const details = tasks.length > 1 ? [] : taskDetails(task, input);
  const isHindered = tasks.some(({ id }) => input.retrying.has(id));
  return {
    icon: isHindered ? 'warning' : 'sync~spin',
    words: joined(what, elapsed, ...details),
    isWarning: false,
  };
}

/** What the one running task waits for; else its model and how full the context is. */
function taskDetails(task: TaskStatus, input: Said): readonly string[] {
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

function loadHeadline(input: Said): Headline | undefined {
  const { loading, state, now } = input;
  const [first] = loading;
  if (!first || state !== 'online') return undefined;
  const words =
    loading.length > 1
      ? l10n.t('loading {0} models', loading.length)
      : l10n.t('loading {0}', shortModelName(first.key));
  const elapsed = elapsedWords(now - first.startedAt, input);
  return { icon: 'loading~spin', words: joined(words, elapsed), isWarning: false };
}

/** What keeps requests from being sent; undefined: nothing does. */
function breakerWords({ breaker, now, isSpoken }: Said): string | undefined {
  if (breaker.kind === 'closed') return undefined;
  if (breaker.kind === 'half-open') return l10n.t('not answering, trying now');
  const left = Math.ceil((breaker.retryAt - now) / 1000);
  if (left <= 0) return l10n.t('not answering');
  return isSpoken
    ? l10n.t('not answering, next try in a few seconds')
    : l10n.t('not answering, next try in {0} s', left);
}

function healthHeadline(input: Said): Headline {
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
