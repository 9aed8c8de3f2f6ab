import * as l10n from '@vscode/l10n';
import type * as vscode from 'vscode';
import { COMMANDS } from '../ids';
import { modelSetting } from '../models/modelActions';
import { findTaskModel, isInMemory, sortModels } from '../models/modelText';
import { readLoadSettings } from '../settings';
import { code, modelMarkdown, plain } from './chatMarkdown';
import { chatModelInformation } from './chatModelInfo';
import type { ChatNeeds } from './chatNeeds';

type Stream = Pick<vscode.ChatResponseStream, 'markdown' | 'button'>;

/** Buttons for more would hide the list. */
const MAX_BUTTONS = 6;
const MAX_MODELS = 50;

/** The chat models with their states, and what can be done with the first ones. @throws the server's error */
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
  for (const [index, model] of chat.slice(0, MAX_MODELS).entries()) {
    const isForTasks = taskModel?.key === model.key;
    const { tooltip } = chatModelInformation(model, contextLength, false);
    const use = isForTasks ? ` ${l10n.t('Tasks use it.')}` : '';
    stream.markdown(
      modelMarkdown(`\n\n**${plain(model.displayName)}** (${code(model.key)})\n\n${plain(tooltip, 400)}${use}\n`),
    );
    if (index >= MAX_BUTTONS) continue;
    const node = { kind: 'model', model };
    if (model.instances && !isInMemory(model))
      stream.button({ command: COMMANDS.loadModel, title: l10n.t('Load'), arguments: [node] });
    if (!isForTasks)
      stream.button({ command: COMMANDS.useForTasks, title: l10n.t('Use for Tasks'), arguments: [node] });
  }
  const more = chat.length - MAX_MODELS;
  if (more > 0) stream.markdown(l10n.t('And {0} more, in the view of the models.', more));
}
