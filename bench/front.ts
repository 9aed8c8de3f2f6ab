/** What the front of house costs in a real extension host: polling, the tree of many models, a long answer on the screen. */
import { join } from 'node:path';
import { repository, runInHost } from './lib/hostRun';
import { type Pair, pairedRow, type Report, type Row, runBenchmark } from './lib/report';

const BLOCK_TARGET_MS = 50;

/** What bench/frontHost writes. */
export interface FrontFigures {
  /** Requests a minute to the model server, with the models view open and with nobody looking, and as often as it is set to poll. */
  readonly idle: { readonly visible: number; readonly hidden: number; readonly full: number };
  /** All rows of 1,000 models, against as many rows with a plain label. */
  readonly rows: readonly Pair[];
  /** Milliseconds for which nothing else could run, each time 500 of 1,000 models had changed. */
  readonly refreshBlocks: readonly number[];
  /** The same, each time an answer of 10,000 tokens was shown; and how long that took. */
  readonly streamBlocks: readonly number[];
  readonly streamMs: readonly number[];
  readonly problems: readonly string[];
}

runBenchmark(async (isQuick): Promise<Report> => {
  process.env['BENCH_QUICK'] = isQuick ? '1' : '';
  const figures = await runInHost<FrontFigures>(join(__dirname, 'frontHost'), repository);
  const { idle, rows, refreshBlocks, streamBlocks, streamMs, problems } = figures;
  const perMinute = (who: string, ours: number): Row => {
    const name = `front: requests, ${who}`;
    return {
      name,
      ours,
      baseline: idle.full,
      ratio: ours / idle.full,
      spread: null,
      unit: '1/min',
      against: 'one a poll',
    };
  };
  const blocks = (name: string, values: readonly number[]): Row =>
    pairedRow(
      `front: longest block, ${name}`,
      'ms',
      'target',
      values.map((ours) => ({ ours, baseline: BLOCK_TARGET_MS })),
    );
  const shown = pairedRow(
    'front: 10,000 tokens shown',
    'ms',
    '',
    streamMs.map((ours) => ({ ours, baseline: NaN })),
  );
  return {
    rows: [
      perMinute('view open', idle.visible),
      perMinute('nobody looks', idle.hidden),
      pairedRow('front: rows of 1,000 models', 'ms', 'plain rows', rows),
      blocks('1,000 models', refreshBlocks),
      blocks('10,000 tokens', streamBlocks),
      { ...shown, baseline: null, ratio: null, spread: null },
    ],
    skipped: problems.map((problem) => `front: ${problem}`),
  };
});
