/** LM Studio's models in VS Code's own places: every picker of chat models, and `vscode.lm` for other extensions. */
import * as vscode from 'vscode';
import type { Message } from '../../agent/types';
import { raceAbort } from '../../base/abort';
import type { Clock } from '../../base/clock';
import { type Disposable, DisposableStore } from '../../base/disposable';
import { TokenLedger } from '../../llm/tokenLedger';
import { toSignal } from '../abort';
import type { ServerConnection } from '../connection';
import type { Dialogs } from '../dialogs';
import { tellFailure } from '../failures';
import { readLoadSettings } from '../settings/settings';
import { toServerState } from '../status/statusText';
import { onDidChangeSetting } from '../typed';
import type { AnswerNeeds } from './chatAnswering';
import { CHAT_VENDOR } from './participantIds';
import { chatModelInformation, type ChatModelInformation } from './chatModelInfo';

export interface ChatModelsNeeds extends AnswerNeeds {
  readonly connection: ServerConnection;
  readonly dialogs: Dialogs;
  readonly clock: Clock;
}

/** Several changes of the list that come together are one to the pickers, which read all of it again. */
const SETTLE_MS = 250;

type Response = vscode.ProvideLanguageModelChatResponseOptions;

/**
 * Reading about models never loads one. A request loads it as a task does: with the person's settings, else just in
 * time. What a model thinks is not shown: VS Code has no stable part for it.
 */
export class ChatModels implements vscode.LanguageModelChatProvider<ChatModelInformation>, Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #store = new DisposableStore();
  readonly #tokens = new TokenLedger();
  #settling: Disposable | undefined;
  /** What the pickers were given last, as JSON. */
  #told: string | undefined;
  #isIntroduced = false;

  readonly onDidChangeLanguageModelChatInformation = this.#changed.event;

  constructor(private readonly needs: ChatModelsNeeds) {
    const settle = (): void => this.#settle();
    this.#store.add(needs.connection.onDidChange(settle));
    this.#store.add(onDidChangeSetting('load.contextLength', settle));
    this.#store.add(this.#changed);
  }

  /** `silent`: nobody is at the picker, so nothing is asked or told. */
  async provideLanguageModelChatInformation(
    { silent }: { readonly silent: boolean },
    token: vscode.CancellationToken,
  ): Promise<ChatModelInformation[]> {
    const { connection, dialogs } = this.needs;
    if (!silent || connection.snapshot.health.kind === 'unknown') {
      const { health } = await raceAbort(connection.refresh(), toSignal(token));
      if (!silent && health.kind === 'offline') tellFailure(health.error, dialogs);
    }
    const models = this.#models();
    this.#told = JSON.stringify(models);
    return models;
  }

  async provideLanguageModelChatResponse(
    model: ChatModelInformation,
    messages: readonly vscode.LanguageModelChatRequestMessage[],
    options: Response,
    progress: vscode.Progress<vscode.LanguageModelResponsePart>,
    token: vscode.CancellationToken,
  ): Promise<void> {
    const { answerInChat } = await import('./chatAnswering');
    const asked = { model: model.id, messages, options };
    await answerInChat(asked, { ...this.needs, tokens: this.#tokens }, progress, toSignal(token));
  }

  /** An estimate with the measure that the server's own counts of this model's prompts gave. Asks nobody. */
  async provideTokenCount(
    { id }: ChatModelInformation,
    text: string | vscode.LanguageModelChatRequestMessage,
  ): Promise<number> {
    const [{ TokenCounter }, { toConversation }] = await Promise.all([
      import('../../agent/tokenCounter'),
      import('./chatMessages'),
    ]);
    const bytesPerToken = this.#tokens.bytesPerToken(id);
    if (typeof text === 'string') {
      const measure = new TokenCounter(bytesPerToken).bytesPerToken;
      return Math.ceil(Buffer.byteLength(text) / measure);
    }
    const messages: readonly Message[] = toConversation([text]);
    return new TokenCounter(bytesPerToken).ofMessages(messages);
  }

  dispose(): void {
    this.#settling?.dispose();
    this.#store.dispose();
  }

  #models(): ChatModelInformation[] {
    const { snapshot, isMisconfigured } = this.needs.connection;
    const state = toServerState(snapshot, isMisconfigured);
    // Of a server that is only away the last list stays, so that nobody's choice is lost; what refuses us has none.
    if (state !== 'online' && state !== 'offline') return [];
    const configured = contextSetting();
    return snapshot.models
      .filter(({ kind }) => kind === 'chat')
      .map((model) => chatModelInformation(model, configured, state === 'offline'));
  }

  #settle(): void {
    this.#settling ??= this.needs.clock.after(SETTLE_MS, () => {
      this.#settling = undefined;
      const now = JSON.stringify(this.#models());
      if (now === this.#told) return;
      this.#told = now;
      this.#changed.fire();
      this.#introduce();
    });
  }

  /**
   * VS Code asks a provider for its models when somebody wants one, and until then a chat without a signed-in account
   * says that no model is available, also to `@lmstudio`. So it is asked to look once there is something to see.
   */
  #introduce(): void {
    if (this.#isIntroduced || this.#models().length === 0) return;
    this.#isIntroduced = true;
    void vscode.lm.selectChatModels({ vendor: CHAT_VENDOR });
  }
}

/** A wrong setting is told where a model is loaded; the pickers go on without it. */
function contextSetting(): number | undefined {
  try {
    return readLoadSettings().contextLength;
  } catch {
    return undefined;
  }
}
