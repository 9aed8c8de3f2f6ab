/** VS Code's chat with one of the models, as far as the editor lets an extension choose it. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { ConfigurationError } from '../../base/errors';
import type { Logger } from '../../base/logger';
import { toBridgeError } from '../../base/errors';
import type { Dialogs } from '../dialogs';
import { offer } from '../failures';
import { fullName, type ServedModel } from './servedModel';

/** As VS Code knows our models. */
export const CHAT_VENDOR = 'lmstudio-bridge';
const OPEN_CHAT = 'workbench.action.chat.open';

/**
 * Opens the chat with the model chosen. Choosing it is no promised part of VS Code's interface: where that is refused,
 * or the model is not among those of the chat, the chat opens all the same, and a person is told what to pick.
 *
 * @throws ConfigurationError where this VS Code has no chat, or it is switched off
 */
export async function useInChat(served: ServedModel, dialogs: Dialogs, logger: Logger): Promise<void> {
  const { displayName } = served.model;
  if (await openWith(fullName(served), logger)) return;
  try {
    await vscode.commands.executeCommand(OPEN_CHAT);
  } catch (cause) {
    throw new ConfigurationError('usage', l10n.t('This VS Code has no chat to use {0} in.', displayName), {
      hint: l10n.t('It can be switched off by the setting chat.disableAIFeatures.'),
      cause,
    });
  }
  offer(
    dialogs,
    'info',
    l10n.t(
      'The chat is open. Pick {0} in its list of models; it stands under LM Studio Bridge, maybe behind "Manage Models".',
      displayName,
    ),
  );
}

/** False where VS Code did not choose the model. */
async function openWith(id: string, logger: Logger): Promise<boolean> {
  try {
    const selector = { vendor: CHAT_VENDOR, id };
    if ((await vscode.lm.selectChatModels(selector)).length === 0) return false;
    await vscode.commands.executeCommand(OPEN_CHAT, { modelSelector: selector });
    return true;
  } catch (failure) {
    logger.log('info', l10n.t('The chat did not choose {0}: {1}', id, toBridgeError(failure).message));
    return false;
  }
}
