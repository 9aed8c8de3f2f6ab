/** One request of VS Code's chat, or of another extension, to a model of LM Studio. Loaded with the first one. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { AgentEvent, ToolDefinition } from '../../agent/types';
import type { Clock } from '../../base/clock';
import { decimalText } from '../../base/numberText';
import { toBridgeError } from '../../base/errors';
import { isJsonObject } from '../../base/json';
import type { ChosenModel } from '../../llm/lmstudio/selection';
import type { TokenLedger } from '../../llm/tokenLedger';
import { answerChat, type AnswerEnvironment, type ChatAnswer } from '../../tasks/chatAnswer';
import type { ModelLanes } from '../../tasks/modelLanes';
import type { ModelLoading } from '../../tasks/modelLoading';
import type { ProgressSources } from '../../tasks/modelProgress';
import type { Connected } from '../connection';
import type { SpeedStore } from '../models/speedStore';
import { isInMemory } from '../models/modelText';
import type { Output } from '../output';
import { withStatusProgress } from '../progress';
import type { ServedConnection, ServerConnections } from '../serverConnections';
import { readLoadSettings, readSubstitutionMode, readToolCalls } from '../settings/settings';
import { toChatError } from './chatErrors';
import { toConversation } from './chatMessages';
import { type ChatModelPlace, placeOfChatModel } from './chatModelPlace';
import { readModelOptions } from './chatOptions';
import { WaitNotice } from './waitNotice';

export interface AnswerNeeds {
  readonly connections: ServerConnections;
  /** One for all that this window asks of models. */
  readonly lanes: ModelLanes;
  readonly speeds: SpeedStore;
  readonly output: Output;
  readonly clock: Clock;
  /** The question before a model is loaded that may push others out of memory. */
  readonly mayEvict: NonNullable<ModelLoading['mayEvict']>;
  /** What the log of the server can be followed with, where it can and may. */
  readonly findLog: (root: string) => Promise<ProgressSources['log']>;
}

export interface ChatQuestion {
  /** Of the model, with its server's name where that is not the main one. */
  readonly id: string;
  readonly messages: readonly vscode.LanguageModelChatRequestMessage[];
  readonly options: vscode.ProvideLanguageModelChatResponseOptions;
}

interface OwnNeeds extends AnswerNeeds {
  readonly tokensOf: (server: ServedConnection) => TokenLedger;
}

/** The server that has the model answers. @throws vscode.LanguageModelError with one sentence for the person, or vscode.CancellationError */
export async function answerInChat(
  question: ChatQuestion,
  needs: OwnNeeds,
  progress: vscode.Progress<vscode.LanguageModelResponsePart>,
  signal: AbortSignal,
): Promise<void> {
  const { logger } = needs.output;
  const start = needs.clock.now();
  const notice = new WaitNotice(withStatusProgress);
  let place: ChatModelPlace | undefined;
  try {
    place = placeOfChatModel(question.id, needs.connections);
    const { server, key } = place;
    const connected = await server.connection.get();
    const environment = await environmentOf(connected, { ...needs, tokens: needs.tokensOf(server) }, notice);
    const emit = (event: AgentEvent): void => hear(event, notice, progress, needs.output);
    const answer = await answerChat(requestOf(key, question), environment, emit, signal);
    for (const { id, name, input } of answer.calls) {
      progress.report(new vscode.LanguageModelToolCallPart(id, name, input));
    }
    logger.log('info', ledgerLine(question.id, answer, needs.clock.now() - start));
    keep(connected, needs);
  } catch (failure) {
    const error = toBridgeError(failure);
    // It may say something about the server that the list does not show yet.
    void place?.server.connection.refresh();
    logger.log(error.code === 'cancelled' ? 'info' : 'warn', l10n.t('Chat with {0}: {1}', question.id, error.message));
    throw toChatError(error);
  } finally {
    notice.end();
  }
}

function requestOf(model: string, { messages, options }: ChatQuestion) {
  const mustCall = options.toolMode === vscode.LanguageModelChatToolMode.Required;
  return {
    model,
    messages: toConversation(messages),
    tools: (options.tools ?? []).map(({ name, description, inputSchema }): ToolDefinition => {
      const schema: unknown = inputSchema;
      return { name, description, inputSchema: isJsonObject(schema) ? schema : { type: 'object', properties: {} } };
    }),
    answering: { ...readModelOptions(options.modelOptions), ...(mustCall ? { mustCall } : {}) },
    toolCalls: readToolCalls(),
  };
}

async function environmentOf(
  { catalog, lifecycle, validator, fetch, speed }: Connected,
  { lanes, clock, mayEvict, findLog, output, tokens }: AnswerNeeds & { readonly tokens: TokenLedger },
  notice: WaitNotice,
): Promise<AnswerEnvironment> {
  return {
    ...{ clock, lanes, fetch, validator, speed, tokens, server: catalog.server },
    onPhase: (key, phase) => catalog.markActivity(key, phase),
    onSubstitution: readSubstitutionMode(),
    // A request of the chat is none that the native chat of LM Studio can serve.
    progress: { hasNativeChat: () => false, log: await findLog(catalog.server.address.root), logger: output.logger },
    loading: { lifecycle, ...readLoadSettings(), mayEvict },
    onChosen: ({ model }: ChosenModel) => {
      if (model.instances && !isInMemory(model)) notice.loads(model.displayName);
    },
  };
}

function hear(
  event: AgentEvent,
  notice: WaitNotice,
  progress: vscode.Progress<vscode.LanguageModelResponsePart>,
  { logger }: Output,
): void {
  switch (event.type) {
    case 'text_delta':
      progress.report(new vscode.LanguageModelTextPart(event.text));
      return;
    case 'phase':
      notice.hear(event);
      return;
    case 'warning':
      logger.log('warn', l10n.t('Chat: {0}', event.message));
      return;
    case 'retry':
      logger.log('info', l10n.t('Chat: trying again in {0} ms ({1}).', event.delayMs, event.code));
      return;
    default:
      return;
  }
}

function ledgerLine(model: string, { usage, calls, reason }: ChatAnswer, ms: number): string {
  const facts = [
    l10n.t('{0} tokens read, {1} written', usage.promptTokens ?? '?', usage.completionTokens ?? '?'),
    ...(calls.length === 0 ? [] : [l10n.t('{0} tool calls', calls.length)]),
    ...(reason === 'length' ? [l10n.t('cut off by its limit')] : []),
    l10n.t('{0} s', decimalText(ms / 1000, 1)),
  ];
  return l10n.t('Chat with {0}: {1}.', model, facts.join(', '));
}

/** What was learned of the model's speed. */
function keep({ catalog, speed }: Connected, { speeds, output }: AnswerNeeds): void {
  speeds.save(catalog.server.address.root, speed.snapshot()).catch((failure: unknown) => {
    output.logger.log('warn', l10n.t('The speed of the models was not saved: {0}', toBridgeError(failure).message));
  });
}
