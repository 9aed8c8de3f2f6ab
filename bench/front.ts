/** What the front of house costs in a real extension host: polling, the tree of many models, a long answer on the screen. */
import { join } from 'node:path';
import { repository, runInHost } from './lib/hostRun';
import { type Pair, pairedRow, type Report, type Row, runBenchmark } from './lib/report';

const BLOCK_TARGET_MS = 50;

/** For how long nothing else had its turn, in milliseconds: by the clock, and what of that this process was at work itself. */
export interface Block {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** Of the model server, a minute. */
export interface Asked {
  readonly requests: number;
  /** Of these, for the list of models. */
  readonly polls: number;
}

/** What bench/frontHost writes. */
export interface FrontFigures {
  /** Polled every second at most: with the models view open, with the status bar only, and with nothing of ours in view. */
  readonly idle: { readonly view: Asked; readonly statusBar: Asked; readonly nothing: Asked };
  /** All rows of 1,000 models, against as many rows with a plain label. */
  readonly rows: readonly Pair[];
  /** The longest, each time 500 of 1,000 models had changed. */
  readonly refreshBlocks: readonly Block[];
  /** The same, each time an answer of 10,000 tokens was shown in the output; and how long that took. */
  readonly streamBlocks: readonly Block[];
  readonly streamMs: readonly number[];
  /** The same in the open document of the task: with the answer all at once, and over five seconds. */
  readonly documentBlocks: readonly Block[];
  readonly pacedDocumentBlocks: readonly Block[];
  readonly problems: readonly string[];
}

runBenchmark(async (isQuick): Promise<Report> => {
  process.env['BENCH_QUICK'] = isQuick ? '1' : '';
  const figures = await runInHost<FrontFigures>(join(__dirname, 'frontHost'), repository);
  const { idle, rows, streamMs, problems } = figures;
  const perMinute = (what: string, { requests, polls }: Asked): Row => ({
    name: `front: requests, ${what} in view`,
    ours: requests,
    baseline: polls,
    ratio: polls === 0 ? null : requests / polls,
    spread: null,
    unit: '1/min',
    against: 'one a poll',
  });
  const blocks = (name: string, values: readonly Block[]): Row[] => {
    const row = (label: string, measures: readonly number[]): Row =>
      pairedRow(
        `front: longest block, ${label}`,
        'ms',
        'target',
        measures.map((ours) => ({ ours, baseline: BLOCK_TARGET_MS })),
      );
    const cpu = values.map(({ cpuMs }) => cpuMs);
    return [
      row(
        name,
        values.map(({ wallMs }) => wallMs),
      ),
      row(`${name}, CPU`, cpu),
    ];
  };
  const shown = pairedRow(
    'front: 10,000 tokens shown',
    'ms',
    '',
    streamMs.map((ours) => ({ ours, baseline: NaN })),
  );
  return {
    rows: [
      perMinute('models', idle.view),
      perMinute('only the status bar', idle.statusBar),
      perMinute('nothing of ours', idle.nothing),
      pairedRow('front: rows of 1,000 models', 'ms', 'plain rows', rows),
      ...blocks('1,000 models', figures.refreshBlocks),
      ...blocks('10,000 tokens', figures.streamBlocks),
      ...blocks('10,000 tokens in a document', figures.documentBlocks),
      ...blocks('the same over 5 s', figures.pacedDocumentBlocks),
      { ...shown, baseline: null, ratio: null, spread: null },
    ],
    skipped: problems.map((problem) => `front: ${problem}`),
  };
});
