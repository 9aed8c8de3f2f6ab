/** Starts a real VS Code whose extension host runs a program of the benchmarks in place of tests. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

interface HostOptions {
  readonly suite: string;
  readonly extension: string;
  readonly others: readonly string[];
  readonly tests: string;
}

/** Of scripts/test-host.mjs. */
interface HostRunner {
  runHostTests(options: HostOptions): Promise<unknown>;
}

export const repository = join(__dirname, '../..');

/** `program`: the folder with its index.js; then the folder of the extension, and of those beside it. What it wrote. */
export async function runInHost<T>(program: string, extension: string, others: readonly string[] = []): Promise<T> {
  const result = join(program, 'result.json');
  // The extension host inherits it.
  process.env['BENCH_RESULT'] = result;
  const module = pathToFileURL(join(repository, 'scripts', 'test-host.mjs')).href;
  const runner = (await import(module)) as HostRunner;
  await runner.runHostTests({ suite: 'trusted', extension, others, tests: program });
  return JSON.parse(readFileSync(result, 'utf8')) as T;
}
