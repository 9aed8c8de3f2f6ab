/**
 * A task of a thousand rounds: what stays on the heap between its hundredth and its last, against the plain loop, whose
 * conversation grows as much; how much of each prompt the server knows from the last; and what our part of it takes.
 */
import { join } from 'node:path';
import { openingMessages } from '../src/agent/prompts';
import { MODEL_ID } from './lib/frames';
import { ModelServerClient } from './lib/modelServerClient';
import { runOurTask } from './lib/ourTask';
import { type Row, runBenchmark } from './lib/report';
import { plainLoop } from './plainLoop';

const ROUNDS = 1_000;
const QUICK_ROUNDS = 300;
/** By then everything has been loaded and compiled. */
const FIRST = 100;
/** What issue 4 allows. */
const MAX_PROMPT_TOKENS = 400;
const CHARS_PER_TOKEN = 4;

const mcpProgram = join(__dirname, 'echoServer.js');

runBenchmark(async (isQuick) => {
  const rounds = isQuick ? QUICK_ROUNDS : ROUNDS;
  const server = await ModelServerClient.start();
  const { url } = server;
  const shares: number[] = [];
  const measure = async (run: (onRound: (round: number) => void) => Promise<unknown>): Promise<number> => {
    // The last round is the answer.
    await server.play({ kind: 'rounds', rounds: rounds - 1 });
    const heaps: number[] = [];
    await run((round) => {
      if (round === FIRST || round === rounds) heaps.push(heapMegabytes());
    });
    const [first = NaN, last = NaN] = heaps;
    return last - first;
  };
  const baseline = await measure((onRound) => plainLoop({ url, model: MODEL_ID, task: 'Go.', mcpProgram, onRound }));
  const ours = await measure((onRound) =>
    runOurTask({ url, mcpProgram }, (event) => {
      if (event.type === 'round_start') onRound(event.round);
      if (event.type === 'usage' && event.prefixShare !== null) shares.push(event.prefixShare * 100);
    }),
  );
  server.stop();
  const name = `long: heap, round ${String(FIRST)} to ${String(rounds)}`;
  const rows: readonly Row[] = [
    // No ratio: what it must not be is much, and the plain loop's is nearly nothing but the conversation.
    { name, ours, baseline, ratio: null, spread: null, unit: 'MB more', against: 'plain loop' },
    limitRow('long: least prefix of a prompt', Math.min(...shares), 100, '%', 'all of it'),
    limitRow('long: system prompt', promptTokens(), MAX_PROMPT_TOKENS, 'tokens (4 chars)', 'the limit'),
  ];
  return { rows, skipped: [] };
});

function limitRow(name: string, ours: number, limit: number, unit: string, against: string): Row {
  return { name, ours, baseline: limit, ratio: ours / limit, spread: null, unit, against };
}

function heapMegabytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
}

/** Of everything that is ours before the task: the rest of a prompt is the person's, the servers' or the model's. */
function promptTokens(): number {
  const [system] = openingMessages('', ['/home/somebody/projects/some-project'], true);
  return (system?.content.length ?? NaN) / CHARS_PER_TOKEN;
}
