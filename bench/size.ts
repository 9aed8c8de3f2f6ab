/** How large what ships is: against the plain loop, bundled in the same way, and the package against its budget. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Row, runBenchmark } from './lib/report';

/** A download that nobody notices; everything is bundled and minified, so more means that something slipped in. */
const PACKAGE_BUDGET_KB = 900;

const repository = join(__dirname, '../..');

runBenchmark(() => {
  const plain = readFileSync(join(__dirname, 'plainProgram.js'));
  const contents = readdirSync(join(repository, 'dist')).map((file) => readFileSync(join(repository, 'dist', file)));
  const rows = [
    sizeRow('dist', total(contents), plain.length),
    sizeRow('dist, gzip', total(contents.map((bytes) => gzipSync(bytes))), gzipSync(plain).length),
  ];
  const vsix = packageSize();
  if (typeof vsix === 'string') return Promise.resolve({ rows, skipped: [`size: .vsix: ${vsix}`] });
  return Promise.resolve({ rows: [...rows, sizeRow('.vsix', vsix, PACKAGE_BUDGET_KB * 1_000, 'budget')], skipped: [] });
});

function total(contents: readonly Buffer[]): number {
  return contents.reduce((sum, { length }) => sum + length, 0);
}

function sizeRow(name: string, ours: number, baseline: number, against = 'plain loop'): Row {
  const kilobytes = { ours: ours / 1_000, baseline: baseline / 1_000 };
  return { name: `size: ${name}`, ...kilobytes, ratio: ours / baseline, spread: null, unit: 'kB', against };
}

/** In bytes, or why there is none. */
function packageSize(): number | string {
  const vsix = join(__dirname, 'package.vsix');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(repository, 'scripts', 'package.mjs'), '--out', vsix],
    { encoding: 'utf8' },
  );
  if (status === 0) return statSync(vsix).size;
  const reason = /Error: .*/i.exec(stderr + stdout)?.[0] ?? `exit code ${String(status)}`;
  return `scripts/package.mjs: ${reason}`;
}
