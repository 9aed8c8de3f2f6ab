import * as l10n from '@vscode/l10n';
import type { ChatEvent, ChatRequest, ToolDefinition } from '../../agent/types';
import { LLMClientError } from '../../base/errors';
import type { JsonObject } from '../../base/json';
import type { ToolCallMode } from '../toolCallMode';
import { promptedRequest, RESPONSE_MARK } from './promptedTools';

/** The way in which one conversation speaks of its tools. It changes at most once, from native to prompted. */
export class ToolCalling {
  #isPrompted: boolean;
  /** Why, as long as nobody has been told. */
  #reason: string | undefined;
  #described: readonly ToolDefinition[] = [];

  /** `isTrained`: null where the server does not say. */
  constructor(
    private readonly mode: ToolCallMode,
    isTrained: boolean | null,
  ) {
    this.#isPrompted = mode === 'prompted' || (mode === 'auto' && isTrained === false);
    if (this.#isPrompted && mode === 'auto') this.#reason = l10n.t('The model is not trained for tool use.');
  }

  /** What is sent for this request. */
  prepare(request: ChatRequest): ChatRequest {
    if (!this.#isPrompted) return request;
    if (this.#described.length === 0) this.#described = request.tools;
    return promptedRequest(request, this.#described);
  }

  /** The field that makes the model call a tool, where the server is told of the tools (reference 3.2: a text only). */
  choice({ answering, tools }: ChatRequest): JsonObject {
    return answering?.mustCall && !this.#isPrompted && tools.length > 0 ? { tool_choice: 'required' } : {};
  }

  /** A model that is told of tools in text may go on and make their results up. */
  get stop(): readonly string[] | undefined {
    return this.#isPrompted && this.#described.length > 0 ? [RESPONSE_MARK] : undefined;
  }

  /** True where the request is worth another try, in the other way. */
  switchAfter(error: unknown, request: ChatRequest): boolean {
    const isCurable = error instanceof LLMClientError && error.refusesTools;
    if (this.mode !== 'auto' || this.#isPrompted || !isCurable || request.tools.length === 0) return false;
    this.#isPrompted = true;
    this.#reason = l10n.t('The server cannot offer these tools to the model: {0}', error.message);
    return true;
  }

  /** Once, and only where there are tools. */
  announcement(request: ChatRequest): ChatEvent | undefined {
    if (this.#reason === undefined || request.tools.length === 0) return undefined;
    const instead = l10n.t('They are described to it in the prompt instead, and its calls are read from its text.');
    const message = `${this.#reason} ${instead}`;
    this.#reason = undefined;
    return { type: 'warning', code: 'prompted-tools', message };
  }
}
