/** What the status bar says. Pure. */
import type { BreakerState } from '../base/circuitBreaker';
import type { CatalogSnapshot } from '../llm/lmstudio/catalog';
import type { LoadUnderWay } from '../llm/lmstudio/lifecycle';
import type { ServerState } from './ids';
import { withoutIcons } from './markup';
import { findTaskModel, formatElapsed, isInMemory, shortModelName } from './models/modelText';
import type { TaskStatus } from './tasks/taskStatus';
import { activityOf, type TaskSurroundings, waitOf } from './tasks/taskText';

export interface StatusInput {
  readonly snapshot: CatalogSnapshot;
  readonly state: ServerState;
  readonly tasks: readonly TaskStatus[];
  /** Whether requests are let through to the server. */
  readonly breaker: BreakerState;
  /** Loads of ours under way. */
  readonly loading: readonly LoadUnderWay[];
  readonly now: number;
  /** The chosen model; undefined: automatic. */
  readonly model: string | undefined;
  readonly isTrusted: boolean;
}

export interface StatusView {
  /** With icons. */
  readonly text: string;
  readonly tooltip: string;
  /** The same for ears: no icons, no abbreviations. */
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
  const label = `LM Studio: ${words}`;
  return {
    // A model's name must not become an icon.
    text: `$(${icon}) LM Studio: ${withoutIcons(words)}`,
    tooltip: [label, ...facts(input), 'Select for actions.'].join('\n'),
    label: spoken(label),
    isWarning,
  };
}

/** Units as words. */
function spoken(text: string): string {
  const units = { s: 'second', min: 'minute' };
  return text
    .replaceAll(/(\d+) %/g, '$1 percent')
    .replace(/\b(\d+) (s|min)\b/g, (_, count: string, unit: keyof typeof units) =>
      [count, units[unit] + (count === '1' ? '' : 's')].join(' '),
    );
}

interface Headline {
  readonly icon: string;
  readonly words: string;
  readonly isWarning: boolean;
}

function headline(input: StatusInput): Headline {
  const { tasks, now } = input;
  const [task] = tasks;
  if (!task) return loadHeadline(input) ?? healthHeadline(input);
  const elapsed = formatElapsed(now - Math.min(...tasks.map(({ startedAt }) => startedAt)));
  const waiting = tasks.filter(({ isWaiting }) => isWaiting).length;
  if (waiting > 0) {
    const who = waiting > 1 ? `${waiting} tasks wait` : 'waiting';
    return { icon: 'bell-dot', words: `${who} for your answer, ${elapsed}`, isWarning: true };
  }
  if (tasks.every(({ pause }) => pause === 'paused')) {
    const which = tasks.length > 1 ? `${tasks.length} tasks` : `round ${task.round}`;
    return { icon: 'debug-pause', words: `${which}, paused, ${elapsed}`, isWarning: false };
  }
  const what = tasks.length > 1 ? `${tasks.length} tasks` : task.round === 0 ? 'starting' : `round ${task.round}`;
  const wait = tasks.length > 1 ? undefined : waitOf(task, surroundings(input));
  return { icon: 'sync~spin', words: [what, elapsed, wait].filter(Boolean).join(', '), isWarning: false };
}

function loadHeadline({ loading, state, now }: StatusInput): Headline | undefined {
  const [first] = loading;
  if (!first || state !== 'online') return undefined;
  const what = loading.length > 1 ? `${loading.length} models` : shortModelName(first.key);
  return { icon: 'loading~spin', words: `loading ${what}, ${formatElapsed(now - first.startedAt)}`, isWarning: false };
}

function surroundings({ snapshot, now, loading }: StatusInput): TaskSurroundings {
  return { now, models: snapshot.models, loading };
}

/** What keeps requests from being sent; undefined: nothing does. */
function breakerWords({ breaker, now }: StatusInput): string | undefined {
  if (breaker.kind === 'closed') return undefined;
  if (breaker.kind === 'half-open') return 'not answering, trying now';
  const left = Math.ceil((breaker.retryAt - now) / 1000);
  return left > 0 ? `not answering, next try in ${left} s` : 'not answering';
}

function healthHeadline(input: StatusInput): Headline {
  const { snapshot, state, model } = input;
  // Tasks can find out before the next look at the list does.
  const refusal = state === 'online' || state === 'offline' ? breakerWords(input) : undefined;
  if (refusal !== undefined) return { icon: 'warning', words: refusal, isWarning: true };
  switch (state) {
    case 'unknown':
      return { icon: 'loading~spin', words: 'connecting', isWarning: false };
    case 'offline':
      return { icon: 'warning', words: 'not reachable', isWarning: true };
    case 'auth':
      return { icon: 'key', words: 'needs API token', isWarning: true };
    case 'wrong-server':
      return { icon: 'warning', words: 'not a model server', isWarning: true };
    case 'misconfigured':
      return { icon: 'warning', words: 'wrong setting', isWarning: true };
    case 'online':
      break;
  }
  const chosen = findTaskModel(snapshot.models, model);
  if (chosen) return { icon: 'check', words: shortModelName(chosen.key), isWarning: false };
  return model === undefined
    ? { icon: 'info', words: 'no chat model', isWarning: true }
    : { icon: 'warning', words: `no model "${shortModelName(model)}"`, isWarning: true };
}

function facts(input: StatusInput): string[] {
  const { snapshot, tasks, now, isTrusted } = input;
  const { health, models, root } = snapshot;
  const lines = tasks.map(
    (task) =>
      `Task "${task.label}": round ${task.round}, ${activityOf(task, surroundings(input))}, ${formatElapsed(now - task.startedAt)}`,
  );
  if (root) lines.push(`Server: ${root}`);
  if (health.kind === 'offline') {
    lines.push(health.error.message, ...(health.error.hint ? [health.error.hint] : []));
  } else if (health.kind === 'online') {
    const loaded = models.filter(isInMemory).length;
    lines.push(
      `Answers in ${health.latencyMs} ms (${health.listing})`,
      `Models: ${models.length}, of them loaded: ${loaded}`,
    );
  }
  const refusal = breakerWords(input);
  if (refusal !== undefined) lines.push(`Requests: ${refusal}`);
  if (!isTrusted) lines.push('Tasks are off, because this folder is not trusted.');
  return lines;
}
