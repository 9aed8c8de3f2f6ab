/** The models of all servers in VS Code's own places: every picker of chat models, and `vscode.lm` for other extensions. */
import * as vscode from 'vscode';
import type { Message } from '../../agent/types';
import { raceAbort } from '../../base/abort';
import type { Clock } from '../../base/clock';
import { type Disposable, DisposableStore } from '../../base/disposable';
import { TokenLedger } from '../../llm/tokenLedger';
import { toSignal } from '../abort';
import { askServers } from '../askServers';
import type { Dialogs } from '../dialogs';
import { tellFailure } from '../failures';
import { readLoadSettings } from '../settings/settings';
import type { ServedConnection, ServerConnections } from '../serverConnections';
import { onDidChangeSetting } from '../typed';
import type { AnswerNeeds } from './chatAnswering';
import { CHAT_VENDOR } from './participantIds';
import { chatModelInformation, type ChatModelInformation } from './chatModelInfo';
import { placeOfChatModel } from './chatModelPlace';

export interface ChatModelsNeeds extends AnswerNeeds {
  readonly connections: ServerConnections;
  readonly dialogs: Dialogs;
  readonly clock: Clock;
}

/**
 * Several changes of the list that come together are one to the pickers, which read all of it again. No longer do they
 * wait for a server beside the main one.
 */
const SETTLE_MS = 250;

type Response = vscode.ProvideLanguageModelChatResponseOptions;

/**
 * Reading about models never loads one. A request loads it as a task does: with the person's settings, else just in
 * time. What a model thinks is not shown: VS Code has no stable part for it.
 */
export class ChatModels implements vscode.LanguageModelChatProvider<ChatModelInformation>, Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #store = new DisposableStore();
  readonly #tokens = new WeakMap<ServedConnection, TokenLedger>();
  #settling: Disposable | undefined;
  /** What the pickers were given last, as JSON. */
  #told: string | undefined;
  #isIntroduced = false;

  readonly onDidChangeLanguageModelChatInformation = this.#changed.event;

  constructor(private readonly needs: ChatModelsNeeds) {
    const settle = (): void => this.#settle();
    this.#store.add(needs.connections.onDidChange(settle));
    this.#store.add(needs.connections.onDidChangeServers(settle));
    this.#store.add(onDidChangeSetting('load.contextLength', settle));
    this.#store.add(this.#changed);
  }

  /** `silent`: nobody is at the picker, so nothing is asked or told. */
  async provideLanguageModelChatInformation(
    { silent }: { readonly silent: boolean },
    token: vscode.CancellationToken,
  ): Promise<ChatModelInformation[]> {
    const { connections, dialogs, clock } = this.needs;
    const { all, main } = connections;
    const isAsked = ({ connection }: ServedConnection): boolean =>
      !silent || connection.snapshot.health.kind === 'unknown';
    if (silent) this.#lookForReturned(all.slice(1));
    await raceAbort(askServers(all.filter(isAsked), clock, SETTLE_MS), toSignal(token));
    // Of the others their rows in our view tell.
    const { health } = main.connection.snapshot;
    if (!silent && health.kind === 'offline') tellFailure(health.error, dialogs);
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
    const asked = { id: model.id, messages, options };
    const tokensOf = this.#tokensOf.bind(this);
    await answerInChat(asked, { ...this.needs, tokensOf }, progress, toSignal(token));
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
    const bytesPerToken = this.#bytesPerToken(id);
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
    const configured = contextSetting();
    const models = new Map<string, ChatModelInformation>();
    for (const { name, connection } of this.needs.connections.all) {
      const { state, snapshot } = connection;
      // Of a server that is only away the last list stays, so that nobody's choice is lost; what refuses us has none.
      if (state !== 'online' && state !== 'offline') continue;
      for (const listed of snapshot.models) {
        if (listed.kind !== 'chat') continue;
        const model = chatModelInformation(listed, configured, state === 'offline', name);
        // An id is that of one model only, and the main server comes first.
        if (!models.has(model.id)) models.set(model.id, model);
      }
    }
    return [...models.values()];
  }

  /**
   * With our view hidden nobody asks the other servers again and again. Those that were away are asked when the pickers
   * are read; nobody waits for it, and that one is back comes as a change.
   */
  #lookForReturned(others: readonly ServedConnection[]): void {
    for (const { connection } of others) if (connection.snapshot.health.kind === 'offline') void connection.refresh();
  }

  #tokensOf(server: ServedConnection): TokenLedger {
    const known = this.#tokens.get(server) ?? new TokenLedger();
    this.#tokens.set(server, known);
    return known;
  }

  /** Undefined where nothing was learned of the model, or its server is gone. */
  #bytesPerToken(id: string): number | undefined {
    try {
      const { server, key } = placeOfChatModel(id, this.needs.connections);
      return this.#tokensOf(server).bytesPerToken(key);
    } catch {
      return undefined;
    }
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
