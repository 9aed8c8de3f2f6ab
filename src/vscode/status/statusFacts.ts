/** The lines of the status bar's tooltip. Pure; whatever others wrote in them stays plain text. */
import * as l10n from '@vscode/l10n';
import { countText } from '../../base/numberText';
import type { CatalogModel } from '../../llm/lmstudio/catalog';
import { findTaskModel, formatElapsed, isInMemory } from '../models/modelText';
import { nameOfModel } from '../models/serverList';
import type { StatusInput } from './statusInput';
import type { TaskStatus } from '../tasks/taskStatus';
import { activityOf } from '../tasks/taskText';

/** @param refusal what keeps requests from being sent, in words */
export function statusFacts(input: StatusInput, refusal: string | undefined): readonly string[] {
  return [
    ...input.tasks.flatMap((task) => taskFacts(task, input)),
    ...taskModelFacts(input),
    ...serverFacts(input),
    ...(refusal === undefined ? [] : [l10n.t('Requests: {0}', refusal)]),
    ...(input.isTrusted ? [] : [l10n.t('Tasks are off, because this folder is not trusted.')]),
  ];
}

function taskFacts(task: TaskStatus, input: StatusInput): readonly string[] {
  const { now, contexts } = input;
  const activity = activityOf(task, input);
  const elapsed = formatElapsed(now - task.startedAt);
  const use = contexts.get(task.id);
  const line = l10n.t('Task "{0}": round {1}, {2}, {3}', task.label, task.round, activity, elapsed);
  if (task.model === undefined) return [line];
  const model = nameOfModel(task.server, task.model);
  const context = use && l10n.t('{0} of {1} tokens of context', countText(use.usedTokens), countText(use.limit));
  return [line, context === undefined ? l10n.t('Model: {0}', model) : l10n.t('Model: {0}, {1}', model, context)];
}

/** The model that the next task would use; while tasks run, each names its own. */
function taskModelFacts({ snapshot, state, tasks, model }: StatusInput): readonly string[] {
  if (state !== 'online' || tasks.length > 0) return [];
  const chosen = findTaskModel(snapshot.models, model);
  const known = snapshot.models.find(({ key }) => key === chosen?.key);
  if (!known) return [];
  return [l10n.t('Model: {0}, {1}', known.key, contextWords(known))];
}

function contextWords({ instances, maxContextLength }: CatalogModel): string {
  const loaded = instances?.find(({ contextLength }) => contextLength !== null)?.contextLength ?? null;
  if (loaded !== null) return l10n.t('loaded with {0} tokens of context', countText(loaded));
  if (instances && instances.length > 0) return l10n.t('loaded');
  if (maxContextLength === null) return l10n.t('not loaded');
  return l10n.t('not loaded, {0} tokens of context at most', countText(maxContextLength));
}

function serverFacts({ snapshot }: StatusInput): readonly string[] {
  const { health, models, root } = snapshot;
  const server = root ? [l10n.t('Server: {0}', root)] : [];
  switch (health.kind) {
    case 'unknown':
      return server;
    case 'offline':
      return [...server, health.error.message, ...(health.error.hint ? [health.error.hint] : [])];
    case 'online': {
      const loaded = models.filter(isInMemory).length;
      const answers =
        health.strain === 'repeated'
          ? l10n.t('Answers in {0} ms, but only when asked again ({1})', health.latencyMs, health.listing)
          : l10n.t('Answers in {0} ms ({1})', health.latencyMs, health.listing);
      return [...server, answers, l10n.t('Models: {0}, of them loaded: {1}', models.length, loaded)];
    }
  }
}
