/** A running task in words. Pure. */
import * as l10n from '@vscode/l10n';
import { visibleText } from '../../base/visibleText';
import type { CatalogModel } from '../../llm/lmstudio/catalog';
import type { LoadUnderWay } from '../../llm/lmstudio/lifecycle';
import { formatProgress, formatSeconds, progressWords, waitWords } from '../../tasks/phaseText';
import type { TaskEvent } from '../../tasks/types';
import { shortModelName } from '../models/modelText';
import type { TaskStatus } from './taskStatus';

/** What a model server is known to do. */
export interface ServerNews {
  readonly models: readonly CatalogModel[];
  /** Loads of ours under way. */
  readonly loading: readonly LoadUnderWay[];
}

/** What else there is to know of a task's wait. */
export interface TaskSurroundings {
  /** On the clock's scale. */
  readonly now: number;
  /** Of the server of this name; undefined: the main one. */
  readonly newsOf: (server: string | undefined) => ServerNews;
  /** For ears: without times, which would be another text every second. */
  readonly isSpoken?: boolean;
}

/** What a task waits for at its model server; undefined where it does not wait, or there is nothing to say of it. */
export function waitOf(task: TaskStatus, { now, newsOf, isSpoken = false }: TaskSurroundings): string | undefined {
  const { phase, since, model, round, startedAt, server } = task;
  const { models, loading } = newsOf(server);
  const own = round === 0 ? loading.find((load) => load.startedAt >= startedAt) : undefined;
  if (own) {
    const elapsed = isSpoken ? '' : formatSeconds(now - own.startedAt);
    return join(l10n.t('loading {0}', visibleText(shortModelName(own.key))), elapsed);
  }
  switch (phase?.phase) {
    case 'queued':
      return l10n.t('queued, {0} ahead', phase.place);
    case 'connecting':
      return l10n.t('connecting');
    case 'loading-model':
      return join(l10n.t('loading the model'), farWords(phase, now - since, isSpoken));
    case 'processing-prompt': {
      const isLoading =
        phase.progress === null && models.some(({ key, activity }) => key === model && activity === 'loading');
      if (isLoading) return join(l10n.t('loading the model'), isSpoken ? '' : waitWords(now - since, null));
      return join(l10n.t('reading the prompt'), farWords(phase, now - since, isSpoken));
    }
    default:
      return undefined;
  }
}

type Far = Parameters<typeof progressWords>[0];

function farWords(phase: Far, elapsedMs: number, isSpoken: boolean): string {
  if (!isSpoken) return progressWords(phase, elapsedMs);
  return phase.progress === null ? '' : formatProgress(phase.progress);
}

/** What a task does right now. */
export function activityOf(task: TaskStatus, surroundings: TaskSurroundings): string {
  if (task.isWaiting) return l10n.t('waiting for your answer');
  if (task.pause === 'paused') return l10n.t('paused');
  const now = doingOf(task, surroundings);
  return task.pause === 'pausing' ? l10n.t('{0}, then paused', now) : now;
}

/** The same, whatever it is asked to do after it. */
export function doingOf(task: TaskStatus, surroundings: TaskSurroundings): string {
  return waitOf(task, surroundings) ?? task.activity;
}

/** Where a task stands after an event; undefined: where it stood before. `now` is on the clock's scale. */
export function afterEvent(
  event: TaskEvent,
  now: number,
  before: TaskStatus['phase'],
): Partial<TaskStatus> | undefined {
  switch (event.type) {
    case 'round_start':
      return { round: event.round, activity: l10n.t('waiting for the model'), phase: undefined };
    case 'phase':
      if (event.phase === 'generating') return { activity: l10n.t('answering'), phase: undefined };
      // A step of the same phase does not begin it anew.
      return event.phase === before?.phase ? { phase: event } : { phase: event, since: now };
    case 'reasoning_delta':
      return { activity: l10n.t('thinking'), phase: undefined };
    case 'text_delta':
      return { activity: l10n.t('writing'), phase: undefined };
    case 'tool_call':
      return { activity: l10n.t('using {0}', visibleText(event.tool)), phase: undefined };
    case 'paused':
      return { pause: 'paused', phase: undefined };
    case 'resumed':
      return { pause: undefined, activity: l10n.t('going on') };
    case 'retry':
      return { activity: l10n.t('trying again ({0})', event.code), phase: undefined };
    default:
      return undefined;
  }
}

/** For ears: how long something has gone on, in whole minutes; empty in the first. */
export function minuteWords(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes === 0) return '';
  return minutes === 1 ? l10n.t('for 1 minute') : l10n.t('for {0} minutes', minutes);
}

function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(', ');
}
