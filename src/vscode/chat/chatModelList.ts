import * as l10n from '@vscode/l10n';
import type * as vscode from 'vscode';
import { COMMANDS } from '../ids';
import { modelSetting } from '../models/modelActions';
import { findTaskModel, isInMemory, sortModels } from '../models/modelText';
import { readLoadSettings } from '../settings/settings';
import { code, modelMarkdown, plain } from './chatMarkdown';
import { describeForChat } from './chatModelInfo';
import type { ChatNeeds } from './chatNeeds';

type Stream = Pick<vscode.ChatResponseStream, 'markdown' | 'button'>;

const MAX_MODELS = 50;

/**
 * The chat models with their states, and what can be done with them. In one piece: the chat folds all pieces but the
 * last one away. @throws the server's error
 */
export async function listModels(stream: Stream, { connection }: Pick<ChatNeeds, 'connection'>): Promise<void> {
  const { health, models } = await connection.refresh();
  if (health.kind === 'offline') throw health.error;
  const chat = sortModels(models.filter(({ kind }) => kind === 'chat'));
  if (chat.length === 0) {
    stream.markdown(l10n.t('LM Studio has no chat model yet. Download one in LM Studio, then ask again.'));
    return;
  }
  const { contextLength } = readLoadSettings();
  const taskModel = findTaskModel(models, modelSetting());
  const lines = chat.slice(0, MAX_MODELS).map((model) => {
    const use = taskModel?.key === model.key ? ` ${l10n.t('Tasks use it.')}` : '';
    const words = plain(describeForChat(model, contextLength), 400);
    return `- **${plain(model.displayName)}** (${code(model.key)}): ${words}${use}\n`;
  });
  const more = chat.length - MAX_MODELS;
  const rest = more > 0 ? `\n${l10n.t('And {0} more, in the view of the models.', more)}\n` : '';
  stream.markdown(modelMarkdown(lines.join('') + rest));
  if (chat.some((model) => model.instances && !isInMemory(model)))
    stream.button({ command: COMMANDS.loadModel, title: l10n.t('Load a Model…') });
  stream.button({ command: COMMANDS.selectModel, title: l10n.t('Choose the Model for Tasks…') });
}
