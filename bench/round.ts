/**
 * What a round costs beside the model and the tool: from the last byte of the model's answer, through one tool call, to
 * the arrival of the next request. Against the plain loop, whose tool call is part of its figure too. As whole programs,
 * as people run them, and in one warm process, where work that grows with the conversation shows best.
 */
import { join } from 'node:path';
import { AGAINST, launch, preparePrograms, toEnd } from './lib/programs';
import { MODEL_ID } from './lib/frames';
import { ModelServerClient } from './lib/modelServerClient';
import { runOurTask } from './lib/ourTask';
import { alternate, pairedRow, runBenchmark } from './lib/report';
import { median } from './lib/statistics';
import { plainLoop } from './plainLoop';

const ROUNDS = 20;
/** Long enough that work which grows with the conversation would show. */
const MANY_ROUNDS = 200;
const LAST = 5;
const LAST_OF_MANY = 20;

const mcpProgram = join(__dirname, 'echoServer.js');

runBenchmark(async (isQuick) => {
  const server = await ModelServerClient.start();
  const { url } = server;
  const measure = (rounds: number, run: () => Promise<unknown>) => async (): Promise<readonly number[]> => {
    await server.play({ kind: 'rounds', rounds });
    await run();
    const { arrivals, ends } = await server.marks();
    const gaps = arrivals.slice(1).map((arrival, index) => arrival - (ends[index] ?? NaN));
    if (gaps.length !== rounds)
      throw new Error(`There were ${String(gaps.length)} rounds instead of ${String(rounds)}.`);
    return gaps;
  };
  const programs = preparePrograms(url, __dirname);
  const compareWhole = (count: number) =>
    alternate(
      count,
      measure(ROUNDS, () => toEnd(launch(programs.ours))),
      measure(ROUNDS, () => toEnd(launch(programs.baseline))),
    );
  const compare = (count: number, rounds: number) =>
    alternate(
      count,
      measure(rounds, () => runOurTask({ url, mcpProgram }, () => undefined)),
      measure(rounds, () => plainLoop({ url, model: MODEL_ID, task: 'Go.', mcpProgram })),
    );
  const whole = await compareWhole(isQuick ? 5 : 15);
  programs.dispose();
  // The first ones pay for the compiler.
  await compare(2, ROUNDS);
  const runs = await compare(isQuick ? 4 : 10, ROUNDS);
  const long = await compare(isQuick ? 2 : 6, MANY_ROUNDS);
  server.stop();

  const row = (name: string, pairs: typeof runs, of: (gaps: readonly number[]) => readonly number[]) =>
    pairedRow(
      name,
      'ms',
      AGAINST,
      pairs.map(({ ours, baseline }) => ({ ours: median(of(ours)), baseline: median(of(baseline)) })),
    );
  return {
    rows: [
      row(`round: of ${String(ROUNDS)}, whole program`, whole, (gaps) => gaps),
      row(`round: of ${String(ROUNDS)}`, runs, (gaps) => gaps),
      row(`round: last ${String(LAST)} of ${String(ROUNDS)}`, runs, (gaps) => gaps.slice(-LAST)),
      row(`round: last ${String(LAST_OF_MANY)} of ${String(MANY_ROUNDS)}`, long, (gaps) => gaps.slice(-LAST_OF_MANY)),
    ],
    skipped: [],
  };
});
