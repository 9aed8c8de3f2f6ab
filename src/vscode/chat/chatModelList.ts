import * as l10n from '@vscode/l10n';
import type * as vscode from 'vscode';
import type { CatalogModel } from '../../llm/lmstudio/catalog';
import { askServers, GRACE_MS } from '../askServers';
import { sentence } from '../failures';
import { COMMANDS } from '../ids';
import { findTaskModel, isInMemory, sortModels } from '../models/modelText';
import { nameOfModel } from '../models/serverList';
import type { ServedConnection } from '../serverConnections';
import { readLoadSettings } from '../settings/settings';
import { type TaskServer, taskServerOf } from '../taskServer';
import { code, modelMarkdown, plain } from './chatMarkdown';
import { describeForChat } from './chatModelInfo';
import type { ChatNeeds } from './chatNeeds';

type Stream = Pick<vscode.ChatResponseStream, 'markdown' | 'button'>;

/** Of each server. */
const MAX_MODELS = 50;

/**
 * The chat models with their states, and what can be done with them. With several servers each has a heading, and a
 * sentence where it cannot be asked. In one piece: the chat folds all pieces but the last one away.
 *
 * @throws the main server's error where no server answers
 */
export async function listModels(
  stream: Stream,
  { connections, clock }: Pick<ChatNeeds, 'connections' | 'clock'>,
): Promise<void> {
  const { all, main } = connections;
  const late = await askServers(all, clock, GRACE_MS);
  const { health } = main.connection.snapshot;
  const hasAnswer = all.some(({ connection }) => connection.snapshot.health.kind === 'online');
  if (!hasAnswer && health.kind === 'offline') throw health.error;
  const tasks = taskServerOf(connections).current();
  const sections = all.map((server) => {
    const lines = late.includes(server) ? [notYet()] : linesOf(server, tasks);
    return (all.length > 1 ? headingOf(server) : '') + lines.join('');
  });
  stream.markdown(modelMarkdown(sections.join('\n')));
  const listed = all.filter((server) => !late.includes(server)).flatMap(chatModelsOf);
  if (listed.length === 0) return;
  if (listed.some((model) => model.instances && !isInMemory(model)))
    stream.button({ command: COMMANDS.loadModel, title: l10n.t('Load a Model…') });
  stream.button({ command: COMMANDS.selectModel, title: l10n.t('Choose the Model for Tasks…') });
}

/** None of a server that does not answer: what it has, and what of it is in memory, nobody knows. */
function chatModelsOf({ connection }: ServedConnection): readonly CatalogModel[] {
  const { health, models } = connection.snapshot;
  return health.kind === 'online' ? models.filter(({ kind }) => kind === 'chat') : [];
}

function headingOf({ label, connection }: ServedConnection): string {
  const { root } = connection.snapshot;
  return `**${l10n.t('Server {0}', plain(label))}**${root === '' ? '' : ` (${code(root)})`}\n\n`;
}

function notYet(): string {
  return `${l10n.t('It has not answered yet.')}\n`;
}

function linesOf(server: ServedConnection, tasks: TaskServer): readonly string[] {
  const { health, models } = server.connection.snapshot;
  if (health.kind === 'unknown') return [notYet()];
  if (health.kind === 'offline') return [`${plain(sentence(health.error.message, health.error.hint), 500)}\n`];
  const chat = sortModels(chatModelsOf(server));
  if (chat.length === 0) {
    return [`${l10n.t('LM Studio has no chat model yet. Download one in LM Studio, then ask again.')}\n`];
  }
  const { contextLength } = readLoadSettings();
  const taskModel = tasks.server === server ? findTaskModel(models, tasks.model) : undefined;
  const lines = chat.slice(0, MAX_MODELS).map((model) => {
    const use = taskModel?.key === model.key ? ` ${l10n.t('Tasks use it.')}` : '';
    const words = plain(describeForChat(model, contextLength), 400);
    return `- **${plain(model.displayName)}** (${code(nameOfModel(server.name, model.key))}): ${words}${use}\n`;
  });
  const more = chat.length - MAX_MODELS;
  return more > 0 ? [...lines, `\n${l10n.t('And {0} more, in the view of the models.', more)}\n`] : lines;
}
