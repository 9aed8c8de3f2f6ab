/** VS Code's own places for models, agents and tools, wired together. What answers in them is loaded when it is asked. */
import * as vscode from 'vscode';
import { type Disposable, DisposableStore } from '../../base/disposable';
import { ChatModels, type ChatModelsNeeds } from './chatModels';
import type { ChatNeeds } from './chatNeeds';
import type { ChatMetadata, ChatRequest } from './participant';
import { CHAT_VENDOR, LIST_MODELS_TOOL, PARTICIPANT, RUN_TASK_TOOL } from './participantIds';
import { completeSettings } from './settingsCompletion';

export type ChatPlacesNeeds = ChatModelsNeeds & ChatNeeds;

export interface ChatPlaces extends Disposable {
  readonly models: ChatModels;
  /** What the chat does with a message to `@lmstudio`, and the follow-ups that it offers after the answer; for tests. */
  readonly answer: (
    request: ChatRequest,
    context: Pick<vscode.ChatContext, 'history'>,
    stream: Pick<vscode.ChatResponseStream, 'markdown' | 'progress' | 'button'>,
    token: vscode.CancellationToken,
  ) => Promise<vscode.ChatResult>;
  /** The question before a task of another agent runs. */
  readonly prepareTask: (input: unknown) => Promise<vscode.PreparedToolInvocation>;
  readonly followUps: (result: { readonly metadata?: ChatMetadata }) => Promise<vscode.ChatFollowup[]>;
}

export function openChatPlaces(needs: ChatPlacesNeeds): ChatPlaces {
  const store = new DisposableStore();
  const models = new ChatModels(needs);
  const answer: ChatPlaces['answer'] = async (...message) => {
    const [request, context, stream, token] = message;
    const { answerMessage } = await import('./participant');
    return answerMessage(request, context, stream, { ...needs, logger: needs.output.logger }, token);
  };
  const followUps: ChatPlaces['followUps'] = async (result) => (await import('./participant')).followUps(result);
  const participant = vscode.chat.createChatParticipant(PARTICIPANT, answer);
  participant.iconPath = new vscode.ThemeIcon('chip');
  participant.followupProvider = { provideFollowups: followUps };
  store.add(models);
  store.add(vscode.lm.registerLanguageModelChatProvider(CHAT_VENDOR, models));
  store.add(participant);
  const prepareTask: ChatPlaces['prepareTask'] = async (input) =>
    (await import('./delegation')).prepareTask(input, needs);
  const prepareInvocation: vscode.LanguageModelTool<unknown>['prepareInvocation'] = ({ input }) => prepareTask(input);
  const invoke: vscode.LanguageModelTool<unknown>['invoke'] = async ({ input }, token) =>
    (await import('./delegation')).runDelegated(input, needs, token);
  store.add(vscode.lm.registerTool(RUN_TASK_TOOL, { prepareInvocation, invoke }));
  store.add(vscode.lm.registerTool(LIST_MODELS_TOOL, listModelsTool(needs)));
  store.add(completeSettings(needs));
  return { models, answer, prepareTask, followUps, dispose: () => store.dispose() };
}

function listModelsTool(needs: ChatNeeds): vscode.LanguageModelTool<unknown> {
  return { invoke: async () => (await import('./agentModels')).listForAgent(needs) };
}
