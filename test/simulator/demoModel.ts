import type { ChatRequest } from './chatRequest';
import type { Turn } from './turn';

export function demoTurn(request: ChatRequest): Turn {
  return {
    text: `This is LM Studio Bridge's rule-based demo, no language model. You said: ${request.messages.at(-1)?.content ?? ''}`,
  };
}
