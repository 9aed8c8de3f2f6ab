/**
 * Makes a conversation shorter in stages, cheapest first: old results become a line each, then old rounds become a
 * summary, and where the last round alone is too much its results are cut. What the person said, the system prompt and
 * the pairs of call and result stay whole in every stage.
 */
import { type Block, messagesOf, type Round, toBlocks, toMessages } from './blocks';
import { cutAnswer, cutRound, type KeepText, stubResults } from './shortening';
import { isPlaceholder, startFrom, taskOf } from './summary';
import type { Message } from './types';

/** What was done to a conversation. `fresh-start`: nothing is left but what the person said, a summary and the last round. */
export type CompactionStage = 'old-results' | 'old-rounds' | 'fresh-start';

export interface CompactionGoal {
  /** Tokens to come down to. */
  readonly target: number;
  /** Tokens that are few enough where no more than old results were left out: that costs no request. */
  readonly enough: number;
  /** Tokens that are bearable where the last round, which the model has not read yet, takes so much. */
  readonly most: number;
  /** Tokens that a summary may take. */
  readonly summary: number;
}

export interface CompactionTools {
  /** Tokens of a whole prompt with these messages. */
  count(messages: readonly Message[]): number;
  /** Of these rounds, at most as long as the goal says. `stubs`: the same rounds with short results. */
  summarise(rounds: readonly Round[], stubs: readonly Round[], task: string): Promise<string>;
  readonly keep?: KeepText | undefined;
}

export interface Compacted {
  readonly messages: readonly Message[];
  readonly stage: CompactionStage;
  readonly tokens: number;
}

/** Of a text in the last round, in characters: where it is cut to less, it says nothing any more. */
const LEAST_CUT_CHARS = 120;
const CUT_FACTOR = 0.7;

/** The shortest form that the goal needs; it may still be too long. Undefined where there is nothing to leave out. */
export async function compact(
  messages: readonly Message[],
  goal: CompactionGoal,
  given: CompactionTools,
): Promise<Compacted | undefined> {
  const tools = { ...given, keep: keepOnce(given.keep) };
  const blocks = toBlocks(messages);
  const last = blocks.findLastIndex(({ kind }) => kind === 'round');
  if (last === -1) return undefined;
  const stubbed = await stubOld(blocks, last, goal, tools);
  const first = result('old-results', stubbed, tools);
  if (first.tokens <= goal.enough) return first;
  const from = firstKept(stubbed, last, goal, tools);
  const start = await startWithSummary(blocks, stubbed, from, tools);
  if (!start) return cutLast(stubbed, last, goal, tools);
  const second = result(from === last ? 'fresh-start' : 'old-rounds', start, tools);
  if (second.tokens <= goal.most) return second;
  // A summary can be longer than it was to be; then the last round alone stays beside a new one.
  const fresh = from === last ? start : ((await startWithSummary(blocks, stubbed, last, tools)) ?? start);
  return cutLast(fresh, fresh.findLastIndex(isRound), goal, tools);
}

/** The rounds before `from` as a summary; undefined where none of them says anything. */
async function startWithSummary(
  blocks: readonly Block[],
  stubbed: readonly Block[],
  from: number,
  tools: CompactionTools,
): Promise<readonly Block[] | undefined> {
  const removed = blocks.slice(0, from).filter(isWork);
  if (removed.length === 0) return undefined;
  const summary = await tools.summarise(removed, stubbed.slice(0, from).filter(isWork), taskOf(blocks));
  return startFrom(stubbed, from, summary);
}

function result(stage: CompactionStage, blocks: readonly Block[], tools: CompactionTools): Compacted {
  const messages = toMessages(blocks);
  return { stage, messages, tokens: tools.count(messages) };
}

/** The oldest results as a line each, until it is enough; never those of the last round, which are not read yet. */
async function stubOld(
  blocks: readonly Block[],
  last: number,
  goal: CompactionGoal,
  tools: CompactionTools,
): Promise<readonly Block[]> {
  const stubbed = [...blocks];
  for (const [at, block] of blocks.slice(0, last).entries()) {
    if (block.kind !== 'round') continue;
    const short = await stubResults(block, tools.keep);
    if (short === block) continue;
    stubbed[at] = short;
    if (tools.count(toMessages(stubbed)) <= goal.target) break;
  }
  return stubbed;
}

/** The oldest round that stays: as many of the newest as fit beside a summary, at least the last one. */
function firstKept(blocks: readonly Block[], last: number, goal: CompactionGoal, tools: CompactionTools): number {
  let from = last;
  for (let at = last - 1; at >= 0; at--) {
    const block = blocks[at];
    if (block?.kind !== 'round') continue;
    const rest = [...blocks.slice(0, at).filter(({ kind }) => kind === 'lasting'), ...blocks.slice(at)];
    if (tools.count(toMessages(rest)) + goal.summary > goal.target) break;
    from = at;
  }
  return from;
}

/** The last resort: the results of the last round lose their middle, then what the model said and wrote does too. */
async function cutLast(
  blocks: readonly Block[],
  last: number,
  goal: CompactionGoal,
  tools: CompactionTools,
): Promise<Compacted | undefined> {
  const round = blocks[last];
  if (round?.kind !== 'round') return undefined;
  const withRound = (changed: Round): Compacted =>
    result('fresh-start', [...blocks.slice(0, last), changed, ...blocks.slice(last + 1)], tools);
  let best = withRound(round);
  for (const cut of [cutRound, cutWholeRound]) {
    for (const limit of smallerAndSmaller(longestPart(round))) {
      if (best.tokens <= goal.most) return best;
      best = withRound(await cut(round, limit, tools.keep));
    }
  }
  return best;
}

async function cutWholeRound(round: Round, limit: number, keep: KeepText | undefined): Promise<Round> {
  return cutAnswer(await cutRound(round, limit, keep), limit);
}

function longestPart(round: Round): number {
  const texts = [
    ...messagesOf(round).map(({ content }) => content),
    ...round.answer.toolCalls.map((call) => call.arguments),
  ];
  return texts.reduce((longest, { length }) => Math.max(longest, length), 0);
}

/** Always down to the same end, so that nothing is left to cut the next time. */
function smallerAndSmaller(longest: number): readonly number[] {
  const limits: number[] = [];
  for (let limit = longest; limit > LEAST_CUT_CHARS; limit = Math.floor(limit * CUT_FACTOR)) limits.push(limit);
  return [...limits, LEAST_CUT_CHARS];
}

/** A round that says something which a summary has to say. */
function isWork(block: Block): block is Round {
  return isRound(block) && !isPlaceholder(block);
}

function isRound(block: Block): block is Round {
  return block.kind === 'round';
}

/** Each text is kept once, however often it is cut. */
function keepOnce(keep: KeepText | undefined): KeepText | undefined {
  const kept = new Map<string, Promise<string | undefined>>();
  return (
    keep &&
    ((text) => {
      const known = kept.get(text) ?? keep(text);
      kept.set(text, known);
      return known;
    })
  );
}
