/** What a benchmark hands to scripts/bench.mjs, which prints it. */
import { median, quantile } from './statistics';

export interface Row {
  readonly name: string;
  /** Medians, in `unit`. */
  readonly ours: number;
  readonly baseline: number | null;
  /** Median of the ratios ours/baseline of the pairs that were measured next to each other. */
  readonly ratio: number | null;
  /** First and third quartile of these ratios: how far to trust the median. */
  readonly spread: readonly [number, number] | null;
  readonly unit: string;
  /** What the baseline is. */
  readonly against: string;
}

export interface Report {
  readonly rows: readonly Row[];
  /** Why a figure is missing. */
  readonly skipped: readonly string[];
}

/** One measurement of both sides, taken directly one after the other. */
export interface Pair {
  readonly ours: number;
  readonly baseline: number;
}

export function pairedRow(name: string, unit: string, against: string, pairs: readonly Pair[]): Row {
  const ratios = pairs.map(({ ours, baseline }) => ours / baseline);
  return {
    name,
    ours: median(pairs.map(({ ours }) => ours)),
    baseline: median(pairs.map(({ baseline }) => baseline)),
    ratio: median(ratios),
    spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    unit,
    against,
  };
}

/**
 * Measures both sides `count` times, alternating which of them goes first, so that whatever else the machine does
 * meets both alike.
 */
export async function alternate<T>(
  count: number,
  ours: () => Promise<T>,
  baseline: () => Promise<T>,
): Promise<readonly { readonly ours: T; readonly baseline: T }[]> {
  const pairs: { ours: T; baseline: T }[] = [];
  for (let i = 0; i < count; i++) {
    if (i % 2 === 0) {
      const first = await ours();
      pairs.push({ ours: first, baseline: await baseline() });
    } else {
      const first = await baseline();
      pairs.push({ baseline: first, ours: await ours() });
    }
  }
  return pairs;
}

/** Runs a benchmark program: hands its report to the parent process, or prints it where there is none. */
export function runBenchmark(measure: (isQuick: boolean) => Promise<Report>): void {
  measure(process.argv.includes('--quick')).then(
    (report) => {
      if (process.send) process.send(report, () => process.exit(0));
      else console.log(JSON.stringify(report, null, 2));
    },
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
}
