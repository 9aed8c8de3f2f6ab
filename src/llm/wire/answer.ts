/** A whole answer: what the events of one turn come to. */
import * as l10n from '@vscode/l10n';
import type { ChatEvent, FinishReason, Usage } from '../../agent/types';
import { serverError } from '../errors';

export interface ToolCallAnswer {
  /** The server's, empty where it gave none. */
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

export interface Answer {
  /** Who answered, as the server says: not always the model that was asked for (reference 3.3, E2). */
  readonly model: string | undefined;
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly ToolCallAnswer[];
  readonly reason: FinishReason;
  readonly usage: Usage;
}

/** @throws BridgeError `bad-response` where the events have no end */
export function answerOf(events: Iterable<ChatEvent>, model: string | undefined): Answer {
  let text = '';
  let reasoning = '';
  const calls: ToolCallAnswer[] = [];
  for (const event of events) {
    if (event.type === 'text') text += event.text;
    else if (event.type === 'reasoning') reasoning += event.text;
    else if (event.type === 'tool-call') calls.push({ id: event.id, name: event.name, arguments: event.arguments });
    else if (event.type === 'finish')
      return { model, text, reasoning, calls, reason: event.reason, usage: event.usage };
  }
  throw serverError('bad-response', l10n.t("The server's answer has no end."));
}
