// Measures what the product costs, always against a baseline that is measured in the same run:
//   node scripts/bench.mjs [--quick] [--only stream,round,long,validation,servers,start,size,activation,front] [--profile]
// Prints a table and writes out/bench.json. Ratios are comparable between machines, times are not; no time makes it fail.
// --profile: no minification, and a .cpuprofile of every benchmark in out/bench/profiles.
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { ensureInstalled } from './ensure-installed.mjs';
import { build } from './lib/build.mjs';
import { say, step } from './lib/log.mjs';
import { Failure, runMain } from './lib/main.mjs';
import { inRepo, root } from './lib/paths.mjs';
import { startGroup } from './lib/processes.mjs';

/** By name, with the built files that each measures. */
const BENCHMARKS = {
  stream: [],
  round: ['dist/cli.js'],
  long: [],
  validation: [],
  servers: [],
  start: ['dist/cli.js'],
  size: ['dist/extension.js', 'dist/cli.js'],
  activation: ['dist/extension.js'],
  front: ['dist/extension.js'],
};
/** What the benchmarks start as processes of their own. */
const PROGRAMS = ['modelServer', 'echoServer', 'slowServer', 'plainProgram', 'host/index', 'frontHost/index'];

const OUT = inRepo('out', 'bench');
const PROFILES = inRepo('out', 'bench', 'profiles');

/** @returns {Promise<(file: string) => boolean>} whether a file is from this build */
async function buildProduct() {
  const start = Date.now();
  await build('--production').catch((error) => say(error.message));
  return (file) => existsSync(inRepo(file)) && statSync(inRepo(file)).mtimeMs >= start;
}

/** With the options of what ships (esbuild.js), so that both sides of a comparison are built as the product is. */
async function buildBenchmarks({ minify }) {
  const { build: bundle } = await import('esbuild');
  rmSync(OUT, { recursive: true, force: true });
  await bundle({
    entryPoints: [...Object.keys(BENCHMARKS), ...PROGRAMS].map((name) => inRepo('bench', `${name}.ts`)),
    outdir: OUT,
    outbase: inRepo('bench'),
    external: ['vscode'],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    mainFields: ['module', 'main'],
    charset: 'utf8',
    target: 'node20',
    minify,
    keepNames: true,
    logLevel: 'warning',
  });
}

/** @returns {Promise<{ rows: object[], skipped: string[] }>} */
async function runBenchmark(name, { quick, profile }) {
  const profiling = profile ? ['--cpu-prof', `--cpu-prof-dir=${PROFILES}`, `--cpu-prof-name=${name}.cpuprofile`] : [];
  const args = ['--expose-gc', ...profiling, inRepo('out', 'bench', `${name}.js`), ...(quick ? ['--quick'] : [])];
  const { child, exited, stop } = startGroup(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let report;
  child.on('message', (message) => (report = message));
  const { code } = await exited;
  await stop();
  if (code !== 0 || !report) return { rows: [], skipped: [`${name}: it failed (exit code ${code})`], failed: true };
  return report;
}

function printTable(rows) {
  const number = (value) => (value === null ? '-' : value.toFixed(value < 10 ? 2 : value < 1000 ? 1 : 0));
  const lines = [['benchmark', 'ours', 'baseline', 'unit', 'ratio', 'quartiles', 'baseline is']];
  for (const { name, ours, baseline, unit, ratio, spread, against } of rows) {
    const quartiles = spread ? spread.map((value) => value.toFixed(2)).join('-') : '';
    lines.push([name, number(ours), number(baseline), unit, ratio?.toFixed(2) ?? '-', quartiles, against]);
  }
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const isNumber = [false, true, true, false, true, true, false];
  for (const line of lines) {
    const cells = line.map((cell, i) => (isNumber[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i])));
    console.log(cells.join('  ').trimEnd());
  }
}

function chosenBenchmarks(args) {
  const at = args.indexOf('--only');
  const known = Object.keys(BENCHMARKS);
  if (at < 0) return known;
  const names = (args[at + 1] ?? '').split(',').filter(Boolean);
  const unknown = names.filter((name) => !known.includes(name));
  if (names.length === 0 || unknown.length > 0) {
    throw new Failure(`--only takes a list of ${known.join(', ')}; not known: ${unknown.join(', ') || '(none)'}`);
  }
  return known.filter((name) => names.includes(name));
}

runMain(import.meta.url, async (args) => {
  const names = chosenBenchmarks(args);
  const options = { quick: args.includes('--quick'), profile: args.includes('--profile') };
  await ensureInstalled();
  const fresh = await buildProduct();
  await step('Building the benchmarks', () => buildBenchmarks({ minify: !options.profile }));
  const reports = [];
  for (const name of names) {
    const missing = BENCHMARKS[name].filter((file) => !fresh(file));
    if (missing.length > 0) reports.push({ rows: [], skipped: [`${name}: ${missing.join(', ')} could not be built`] });
    else reports.push(await step(`Measuring ${name}`, () => runBenchmark(name, options)));
  }
  const rows = reports.flatMap((report) => report.rows);
  const skipped = reports.flatMap((report) => report.skipped);
  console.log('');
  printTable(rows);
  for (const reason of skipped) say(`Not measured: ${reason}`);
  const machine = { node: process.version, platform: process.platform, arch: process.arch, cpu: os.cpus()[0]?.model };
  mkdirSync(inRepo('out'), { recursive: true });
  writeFileSync(
    inRepo('out', 'bench.json'),
    `${JSON.stringify({ ...machine, quick: options.quick, rows, skipped }, null, 2)}\n`,
  );
  return reports.some((report) => report.failed) ? 1 : 0;
});
