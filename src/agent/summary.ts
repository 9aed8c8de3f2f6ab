/** What stands in the conversation for rounds that were left out. */
import { type AssistantMessage, type Block, type Round, toMessages } from './blocks';
import { limitText } from './resultText';
import { describeCall, quote } from './shortening';
import { splitSummary, withSummary } from './summaryFrame';

/** Stands before something the person said, where all that came before that is left out. */
const LEFT_OUT = '[This part of the work is in the summary below.]';
/** Of the room for a summary, what an earlier one may take where it is carried over as it is. */
const EARLIER_SHARE = 0.5;

/**
 * The blocks without the rounds before `from`, which must be a round: the summary of those stands at its beginning. It
 * makes no message of its own there, because many chat templates want the roles to take turns.
 */
export function startFrom(blocks: readonly Block[], from: number, summary: string): readonly Block[] {
  const first = blocks[from];
  if (first?.kind !== 'round') throw new Error('A shortened conversation begins with a round.');
  const { rest } = splitSummary(first.answer.content);
  const answer = { ...first.answer, content: withSummary(summary, rest) };
  const before = blocks.slice(0, from).flatMap((block, at): Block[] => {
    if (block.kind === 'lasting') return [block];
    // Between two messages of the person something has to stand for the model.
    const next = blocks[at + 1];
    const isLastOfPart = next?.kind === 'lasting' && at + 1 < from;
    return isLastOfPart ? [{ kind: 'round', answer: LEFT_OUT_ANSWER, results: [] }] : [];
  });
  return [...before, { ...first, answer }, ...blocks.slice(from + 1)];
}

const LEFT_OUT_ANSWER: AssistantMessage = { role: 'assistant', content: LEFT_OUT, toolCalls: [] };

export function isPlaceholder({ answer }: Round): boolean {
  return answer.content === LEFT_OUT && answer.toolCalls.length === 0;
}

/** The rounds as a text for a model to summarise, each result at most `partChars` long. */
export function recordOf(rounds: readonly Round[], partChars: number): string {
  return rounds
    .flatMap(({ answer, results }) => {
      const { summary, rest } = splitSummary(answer.content);
      return [
        ...(summary === '' ? [] : [`Summary of what was before:\n${summary}`]),
        ...(rest === '' ? [] : [`The agent said: ${limitText(rest, partChars).text}`]),
        ...answer.toolCalls.map(({ id, name, arguments: text }) => {
          const result = results.find(({ toolCallId }) => toolCallId === id);
          return `Call ${name} ${limitText(text, partChars).text}\nResult: ${limitText(result?.content ?? '', partChars).text}`;
        }),
      ];
    })
    .join('\n');
}

/** A summary without a model: the calls, and how each result began. The newest are kept where not all fit. */
export function listOfCalls(rounds: readonly Round[], maxChars: number): string {
  const earlier = earlierSummary(rounds, Math.floor(maxChars * EARLIER_SHARE));
  const lines = rounds.flatMap(({ answer, results }) =>
    answer.toolCalls.map((call) => {
      const result = results.find(({ toolCallId }) => toolCallId === call.id)?.content ?? '';
      return `- ${describeCall(call)}: ${String(result.length)} characters, ${quote(result)}`;
    }),
  );
  let room = maxChars - earlier.length;
  const kept: string[] = [];
  for (const line of lines.reverse()) {
    room -= line.length + 1;
    if (room < 0) break;
    kept.unshift(line);
  }
  const missing = lines.length - kept.length;
  return [
    ...(earlier === '' ? [] : [earlier]),
    'Calls so far, and how their results began:',
    ...(missing === 0 ? [] : [`- ${String(missing)} earlier calls`]),
    ...kept,
  ].join('\n');
}

function earlierSummary(rounds: readonly Round[], maxChars: number): string {
  const all = rounds.map(({ answer }) => splitSummary(answer.content).summary).filter((text) => text !== '');
  return limitText(all.join('\n'), maxChars).text;
}

/** What the person said, in order: for a summary that is about it. */
export function taskOf(blocks: readonly Block[]): string {
  return toMessages(blocks)
    .flatMap((message) => (message.role === 'user' ? [message.content] : []))
    .join('\n');
}
