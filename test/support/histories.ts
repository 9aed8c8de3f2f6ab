/** Conversations of every kind, for properties. */
import fc from 'fast-check';
import type { Message } from '../../src/agent/types';

const words = (maxLength: number) => fc.string({ unit: 'grapheme', maxLength });
const image = fc.constant('data:image/png;base64,iVBORw0KGgo=');
const long = fc
  .tuple(words(40), fc.integer({ min: 1, max: 600 }))
  .map(([text, times]) => `${text || 'x'} `.repeat(times));
const content = fc.oneof({ weight: 2, arbitrary: words(200) }, { weight: 3, arbitrary: long });

interface Said {
  readonly said: string;
  readonly images: readonly string[];
}
interface Worked {
  readonly text: string;
  readonly calls: readonly { readonly args: string; readonly result: string; readonly images: readonly string[] }[];
}

const said: fc.Arbitrary<Said> = fc.record({ said: words(80), images: fc.array(image, { maxLength: 1 }) });
const worked: fc.Arbitrary<Worked> = fc.record({
  text: fc.oneof(words(60), long),
  calls: fc.array(
    fc.record({
      args: fc.oneof(
        fc.record({ path: words(20) }).map((args) => JSON.stringify(args)),
        long.map((text) => JSON.stringify({ path: 'a', nested: [{ text }] })),
        fc.constant('{}'),
      ),
      result: content,
      images: fc.array(image, { maxLength: 1 }),
    }),
    { maxLength: 4 },
  ),
});

/** A system prompt, a task, then rounds of work with parallel calls, and now and then a word of the person. */
export const histories: fc.Arbitrary<readonly Message[]> = fc
  .array(fc.oneof({ weight: 4, arbitrary: worked }, { weight: 1, arbitrary: said }), { maxLength: 12 })
  .map((steps) => {
    const messages: Message[] = [
      { role: 'system', content: 'You complete the task.' },
      { role: 'user', content: 'Count the orders. Never touch data/orders.csv.' },
    ];
    let id = 0;
    for (const step of steps) {
      if ('said' in step) {
        messages.push({ role: 'user', content: step.said, ...(step.images.length > 0 && { images: step.images }) });
        continue;
      }
      const calls = step.calls.map((call) => ({ ...call, id: String(++id).padStart(9, '0') }));
      messages.push({
        role: 'assistant',
        content: step.text,
        toolCalls: calls.map((call) => ({ id: call.id, name: 'read_file', arguments: call.args })),
      });
      for (const { id: toolCallId, result, images } of calls) {
        messages.push({ role: 'tool', toolCallId, content: result, ...(images.length > 0 && { images }) });
      }
    }
    return messages;
  });

/** What the person and we said: never to be changed. */
export function lastingOf(messages: readonly Message[]): readonly Message[] {
  return messages.filter(({ role }) => role === 'system' || role === 'user');
}

/** What is wrong with the pairs of calls and results; undefined: nothing. */
export function brokenPair(messages: readonly Message[]): string | undefined {
  let open: string[] = [];
  for (const message of messages) {
    if (message.role === 'tool') {
      if (!open.includes(message.toolCallId)) return `a result without its call: ${message.toolCallId}`;
      open = open.filter((id) => id !== message.toolCallId);
      continue;
    }
    if (open.length > 0) return `calls without results: ${open.join(', ')}`;
    if (message.role === 'assistant') open = message.toolCalls.map(({ id }) => id);
  }
  return open.length > 0 ? `calls without results: ${open.join(', ')}` : undefined;
}
