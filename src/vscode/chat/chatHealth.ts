import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { toBridgeError } from '../../base/errors';
import { askServers, GRACE_MS } from '../askServers';
import { SETTINGS_SECTION } from '../ids';
import { findTaskModel, isInMemory } from '../models/modelText';
import { nameOfModel } from '../models/serverList';
import { sentence } from '../failures';
import type { ServedConnection, ServerConnections } from '../serverConnections';
import { taskServerOf } from '../taskServer';
import { code, modelMarkdown, plain } from './chatMarkdown';
import { doctorButton } from './chatHelp';
import type { ChatNeeds } from './chatNeeds';

type Stream = Pick<vscode.ChatResponseStream, 'markdown' | 'button'>;

/** Each model server, the model of tasks and the MCP servers, a line each; a failure is a line too. */
export async function tellHealth(
  stream: Stream,
  { connections, servers, clock }: Pick<ChatNeeds, 'connections' | 'servers' | 'clock'>,
): Promise<void> {
  const late = await askServers(connections.all, clock, GRACE_MS);
  const lines = [
    ...connections.all.flatMap((server) => serverLines(server, late.includes(server))),
    ...connections.problems.map((problem) => l10n.t('The setting {0} is wrong. {1}', SERVERS, plain(problem, 300))),
    modelLine(connections),
    await mcpLine(servers),
  ];
  stream.markdown(modelMarkdown(lines.map((line) => `- ${line}\n`).join('')));
  stream.button(doctorButton());
}

const SERVERS = code(`${SETTINGS_SECTION}.servers`);

/** `isLate`: it has been asked, and has not answered. */
function serverLines({ label, connection }: ServedConnection, isLate: boolean): readonly string[] {
  const { snapshot, breaker } = connection;
  const { health, root } = snapshot;
  const name = plain(label);
  if (isLate || health.kind === 'unknown') return [l10n.t('{0} has not answered yet.', name)];
  if (health.kind === 'online')
    return [l10n.t('{0} answers at {1} within {2} ms.', name, code(root), health.latencyMs)];
  const { message, hint } = health.error;
  const isHeldBack = breaker.kind === 'open';
  return [
    l10n.t('{0} cannot be used: {1}', name, plain(sentence(message, hint), 500)),
    ...(isHeldBack ? [l10n.t('Requests to {0} are held back for a moment, because it failed often.', name)] : []),
  ];
}

/** Tells of the server that has the model, where that is not the main one. */
function modelLine(connections: ServerConnections): string {
  const { server, connection, model: setting } = taskServerOf(connections).current();
  const { models } = connection.snapshot;
  const chosen = findTaskModel(models, setting);
  if (!chosen) {
    return setting === undefined
      ? l10n.t('There is no chat model for tasks.')
      : l10n.t('The chosen model {0} is not there.', code(nameOfModel(server.name, setting)));
  }
  const model = models.find(({ key }) => key === chosen.key);
  const isLoaded = model !== undefined && isInMemory(model);
  const name = code(nameOfModel(server.name, chosen.key));
  return isLoaded
    ? l10n.t('Tasks use the model {0}, which is loaded.', name)
    : l10n.t('Tasks use the model {0}, which is not loaded yet.', name);
}

async function mcpLine(servers: ChatNeeds['servers']): Promise<string> {
  if (!vscode.workspace.isTrusted) return l10n.t('Tasks and MCP servers are off, because this folder is not trusted.');
  try {
    const found = await servers.find();
    const usable = found.servers.filter(({ disabled }) => !disabled);
    const errors = found.diagnostics.filter(({ severity }) => severity === 'error').length;
    const names = usable.map(({ name }) => code(name)).join(', ');
    const said = usable.length === 0 ? l10n.t('No MCP server is configured.') : l10n.t('MCP servers: {0}.', names);
    if (errors === 0) return said;
    const count = errors === 1 ? l10n.t('Their files have 1 error.') : l10n.t('Their files have {0} errors.', errors);
    return `${said} ${count}`;
  } catch (failure) {
    return plain(toBridgeError(failure).message, 300);
  }
}
