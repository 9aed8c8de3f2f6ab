/** What the status bar says. Pure. */
import type { CatalogSnapshot } from '../llm/lmstudio/catalog';
import type { LoadUnderWay } from '../llm/lmstudio/lifecycle';
import type { ServerState } from './ids';
import { findTaskModel, formatElapsed, isInMemory, shortModelName } from './modelText';
import type { TaskStatus } from './tasks';

export interface StatusInput {
  readonly snapshot: CatalogSnapshot;
  readonly state: ServerState;
  readonly tasks: readonly TaskStatus[];
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
    text: `$(${icon}) LM Studio: ${words.replaceAll('$(', '$ (')}`,
    tooltip: [label, ...facts(input), 'Select for actions.'].join('\n'),
    label,
    isWarning,
  };
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
  const waiting = tasks.some(({ isWaiting }) => isWaiting);
  if (waiting) return { icon: 'bell-dot', words: `waiting for your answer, ${elapsed}`, isWarning: true };
  const what = tasks.length > 1 ? `${tasks.length} tasks` : task.round === 0 ? 'starting' : `round ${task.round}`;
  return { icon: 'sync~spin', words: `${what}, ${elapsed}`, isWarning: false };
}

function loadHeadline({ loading, state, now }: StatusInput): Headline | undefined {
  const [first] = loading;
  if (!first || state !== 'online') return undefined;
  const what = loading.length > 1 ? `${loading.length} models` : shortModelName(first.key);
  return { icon: 'loading~spin', words: `loading ${what}, ${formatElapsed(now - first.startedAt)}`, isWarning: false };
}

function healthHeadline({ snapshot, state, model }: StatusInput): Headline {
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

function facts({ snapshot, tasks, now, isTrusted }: StatusInput): string[] {
  const { health, models, root } = snapshot;
  const lines = tasks.map(
    ({ label, round, activity, isWaiting, startedAt }) =>
      `Task "${label}": round ${round}, ${isWaiting ? 'waiting for your answer' : activity}, ${formatElapsed(now - startedAt)}`,
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
  if (!isTrusted) lines.push('Tasks are off, because this folder is not trusted.');
  return lines;
}
