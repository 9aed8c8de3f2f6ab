/** What the stateful endpoints (`/v1/responses`, `/api/v1/chat`) remember: a conversation for each response id. */
import type { JsonValue } from './json';

/** In memory only: stored ids die with the server (§3.6). */
export class Conversations {
  private readonly stored = new Map<string, readonly JsonValue[]>();

  /** Messages in the form of chat completions, without instructions: those hold for one request. */
  set(responseId: string, messages: readonly JsonValue[]): void {
    this.stored.set(responseId, messages);
  }

  get(responseId: string): readonly JsonValue[] | undefined {
    return this.stored.get(responseId);
  }
}
