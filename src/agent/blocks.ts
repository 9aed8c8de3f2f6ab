import type { Message } from './types';

export type AssistantMessage = Extract<Message, { role: 'assistant' }>;
export type ToolMessage = Extract<Message, { role: 'tool' }>;

/** An answer of the model with the results of its calls. They stay together, whatever is left out. */
export interface Round {
  readonly kind: 'round';
  readonly answer: AssistantMessage;
  readonly results: readonly ToolMessage[];
}

/** A message that is never left out or changed: the system prompt, the task, what the person said since. */
export interface Lasting {
  readonly kind: 'lasting';
  readonly message: Message;
}

export type Block = Round | Lasting;

export function toBlocks(messages: readonly Message[]): readonly Block[] {
  const blocks: (Lasting | (Omit<Round, 'results'> & { readonly results: ToolMessage[] }))[] = [];
  for (const message of messages) {
    const last = blocks.at(-1);
    if (message.role === 'assistant') blocks.push({ kind: 'round', answer: message, results: [] });
    else if (message.role === 'tool' && last?.kind === 'round') last.results.push(message);
    else blocks.push({ kind: 'lasting', message });
  }
  return blocks;
}

export function toMessages(blocks: readonly Block[]): readonly Message[] {
  return blocks.flatMap(messagesOf);
}

export function messagesOf(block: Block): readonly Message[] {
  return block.kind === 'round' ? [block.answer, ...block.results] : [block.message];
}

export function lastingMessages(messages: readonly Message[]): readonly Message[] {
  return toBlocks(messages).flatMap((block) => (block.kind === 'lasting' ? [block.message] : []));
}
