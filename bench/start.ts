/**
 * From the start of the process to its first chat request, and the memory it takes at its peak: our command line against
 * the plain loop, bundled in the same way, with the same model server and the same MCP server.
 */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { ModelServerClient, now } from './lib/modelServerClient';
import { AGAINST, launch, preparePrograms, toEnd } from './lib/programs';
import { alternate, pairedRow, type Row, runBenchmark } from './lib/report';

const SAMPLE_MS = 5;

/** Of one process that does a task of two rounds, in milliseconds. */
interface Times {
  /** From its start to its first chat request. */
  readonly request: number;
  /** From the end of the first answer to the second request: the first tool call of a cold process. */
  readonly round: number;
  /** From the end of the last answer to the end of the process. */
  readonly exit: number;
  readonly total: number;
}

const TIMES = [
  ['to the first request', 'request'],
  ['first round', 'round'],
  ['last answer to exit', 'exit'],
  ['all of it', 'total'],
] as const;

runBenchmark(async (isQuick) => {
  const server = await ModelServerClient.start();
  const programs = preparePrograms(server.url, __dirname);
  const { ours, baseline } = programs;

  const timed = (args: readonly string[]) => async (): Promise<Times> => {
    await server.play({ kind: 'rounds', rounds: 1 });
    const start = now();
    await toEnd(launch(args));
    const end = now();
    const { arrivals, ends } = await server.marks();
    const [first = NaN, second = NaN] = arrivals;
    const [firstEnd = NaN, secondEnd = NaN] = ends;
    return { request: first - start, round: second - firstEnd, exit: end - secondEnd, total: end - start };
  };
  const peak = (args: readonly string[]) => () => peakMemory(launch(args));
  const rows: Row[] = [];
  try {
    // The first ones read the files from the disk.
    await alternate(1, timed(ours), timed(baseline));
    const times = await alternate(isQuick ? 7 : 15, timed(ours), timed(baseline));
    for (const [name, key] of TIMES) {
      const pairs = times.map((pair) => ({ ours: pair.ours[key], baseline: pair.baseline[key] }));
      rows.push(pairedRow(`start: ${name}`, 'ms', AGAINST, pairs));
    }
    if (process.platform === 'linux') {
      rows.push(
        pairedRow('start: peak memory', 'MB', AGAINST, await alternate(isQuick ? 3 : 5, peak(ours), peak(baseline))),
      );
    }
  } finally {
    server.stop();
    programs.dispose();
  }
  const skipped = process.platform === 'linux' ? [] : ['start: peak memory, which only Linux tells about a process'];
  return { rows, skipped };
});

/** In MB. The kernel keeps the maximum itself, so sampling only misses what grows in the last few milliseconds. */
async function peakMemory(child: ChildProcess): Promise<number> {
  let kilobytes = 0;
  const timer = setInterval(() => {
    kilobytes = Math.max(kilobytes, highWaterMark(child.pid ?? 0));
  }, SAMPLE_MS);
  await toEnd(child);
  clearInterval(timer);
  return kilobytes / 1000;
}

function highWaterMark(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    // It has ended.
    return 0;
  }
}
