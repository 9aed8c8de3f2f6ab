/** How a request of the soak tells the simulator what to do: in the words of its last message from a person. */
import type { ChatRequest } from '../simulator/chatRequest';
import { fault, FAULT_NAMES, type FaultName } from '../simulator/faults';
import type { Script, Turn } from '../simulator/turn';
import type { Plan } from './plan';

export function promptOf({ fault: name, cancel }: Plan): string {
  if (cancel === 'processing-prompt') return 'Please [hold headers]';
  if (cancel === 'generating') return 'Please [hold stream]';
  return name === undefined ? 'Please read a.ts' : `Please [${name}]`;
}

/** Plays what the prompts say, and tells which faults it played. */
export function scriptOf(onFault: (name: FaultName) => void): Script {
  return (request) => playPrompt(request, onFault);
}

function playPrompt(request: ChatRequest, onFault: (name: FaultName) => void): Turn {
  // After the result of a tool, the answer.
  if (request.messages.at(-1)?.role === 'tool') return { text: 'All is done.' };
  const prompt = request.messages.findLast(({ role }) => role === 'user')?.content ?? '';
  const word = /\[([^\]]+)\]/.exec(prompt)?.[1];
  // A promise of its own for each: one that never settles would keep everybody who ever waited for it.
  const never = new Promise<never>(() => undefined);
  if (word === 'hold headers') return { text: 'late', holdHeaders: never };
  if (word === 'hold stream') return { text: 'One two three', hold: never };
  const name = FAULT_NAMES.find((each) => each === word);
  if (name) onFault(name);
  const turn: Turn = name ? fault(name) : { text: '{"done":true}' };
  const canCall = request.tools.length > 0;
  if (turn.toolCalls && !canCall) return { text: 'Nothing to call.' };
  return name === undefined && canCall ? { toolCalls: [{ match: /./, arguments: { path: 'a.ts' } }] } : turn;
}
