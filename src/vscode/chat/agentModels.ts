/** The models for another agent that wants to choose one. Loaded with the first call. */
import type * as vscode from 'vscode';
import { modelState } from '../../llm/lmstudio/model';
import { askServers, GRACE_MS } from '../askServers';
import { findTaskModel } from '../models/modelText';
import { nameOfModel } from '../models/serverList';
import type { ServedConnection } from '../serverConnections';
import { readLoadSettings } from '../settings/settings';
import { type TaskServer, taskServerOf } from '../taskServer';
import { limitsOf } from './chatModelInfo';
import type { ChatNeeds } from './chatNeeds';
import { toolTexts } from './toolTexts';

/**
 * The chat models of all servers as JSON, for an agent that wants to choose; a second text names the servers that
 * cannot be asked. Loads nothing.
 */
export async function listForAgent({
  connections,
  clock,
}: Pick<ChatNeeds, 'connections' | 'clock'>): Promise<vscode.LanguageModelToolResult> {
  const { all } = connections;
  const late = await askServers(all, clock, GRACE_MS);
  const missing = all.flatMap((server) => missingWords(server, late.includes(server)) ?? []);
  if (missing.length === all.length) return toolTexts(`Error: ${missing.join(' ')}`);
  const tasks = taskServerOf(connections).current();
  const listed = all.flatMap((server) => (late.includes(server) ? [] : describeModels(server, tasks)));
  const others = missing.map((words) => `Not listed: ${words}`);
  return toolTexts(JSON.stringify(listed, null, 1), ...others);
}

/** Why a server's models are not listed; undefined: they are. */
function missingWords({ name, connection }: ServedConnection, isLate: boolean): string | undefined {
  const { health } = connection.snapshot;
  const label = name === undefined ? '' : `Server "${name}": `;
  if (isLate || health.kind === 'unknown') return `${label}it has not answered yet.`;
  if (health.kind === 'online') return undefined;
  return `${label}${[health.error.message, health.error.hint ?? ''].join(' ').trim()}`;
}

function describeModels(server: ServedConnection, tasks: TaskServer): readonly object[] {
  const { health, models } = server.connection.snapshot;
  if (health.kind !== 'online') return [];
  const taskModel = tasks.server === server ? findTaskModel(models, tasks.model) : undefined;
  const { contextLength } = readLoadSettings();
  return models
    .filter(({ kind }) => kind === 'chat')
    .map((model) => {
      const { context, source } = limitsOf(model, contextLength);
      return {
        model: nameOfModel(server.name, model.key),
        ...(server.name === undefined ? {} : { server: server.name }),
        state: modelState(model),
        contextTokens: context,
        contextSource: source,
        trainedForTools: model.toolUse,
        readsImages: model.vision,
        usedForTasks: taskModel?.key === model.key,
      };
    });
}
