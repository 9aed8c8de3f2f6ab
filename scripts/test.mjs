// What `npm test` runs, all stages in order: node scripts/test.mjs [--only lint,unit,integration,conformance,host,ui]
// Goes on after a stage that failed. The last line is `N passed, N failed, N skipped`.
import { ensureInstalled } from './ensure-installed.mjs';
import { build } from './lib/build.mjs';
import { cleanUp } from './lib/cleanup.mjs';
import { closingLine, isGood, sum } from './lib/counts.mjs';
import { say } from './lib/log.mjs';
import { Failure, runMain } from './lib/main.mjs';
import { runMocha, testFiles } from './lib/mocha.mjs';
import { inRepo, root } from './lib/paths.mjs';
import { run } from './lib/processes.mjs';

/** Stages by name; each gives its counts, or throws when it could not run. Loaded late: they need node_modules. */
const STAGES = {
  lint: runLint,
  unit: () => runMocha([...testFiles('test/unit', '.test.ts'), ...testFiles('test', '.test.ts', { deep: false })]),
  integration: () =>
    runMocha([...testFiles('test/integration', '.test.ts'), ...testFiles('test/simulator', '.test.ts')]),
  conformance: async () => (await import('./conformance.mjs')).runConformance(),
  host: () => runHost('trusted'),
  'host:untrusted': () => runHost('untrusted'),
  'host:multiRoot': () => runHost('multiRoot'),
  'host:virtual': () => runHost('virtual'),
  ui: async () => (await import('./test-ui.mjs')).runUiTests(),
};

const LINES_PER_FAILURE = 25;

/** Each check counts as one test. */
async function runLint() {
  const checks = [
    ['eslint', 'eslint/bin/eslint.js', '.'],
    ['tsc', 'typescript/bin/tsc', '-p', '.'],
    ['prettier', 'prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
  ];
  const counts = { passed: 0, failed: 0, skipped: 0, failures: [] };
  for (const [name, program, ...args] of checks) {
    const code = await run(process.execPath, [inRepo('node_modules', program), ...args], { cwd: root });
    console.log(`  ${code === 0 ? '✔' : '✘'} ${name}`);
    counts[code === 0 ? 'passed' : 'failed']++;
    if (code !== 0) counts.failures.push(`${name}: its lines stand above`);
  }
  return counts;
}

async function runHost(suite) {
  const { runHostTests } = await import('./test-host.mjs');
  await build('--tests');
  return runHostTests({ suite });
}

/** @returns {Promise<{ name: string, counts?: import('./lib/counts.mjs').Counts, problem?: string, seconds: number }>} */
async function runStage(name) {
  const start = performance.now();
  console.log(`\n── ${name} ${'─'.repeat(70 - name.length)}`);
  const outcome = await STAGES[name]().then(
    (counts) => ({ counts, problem: counts.passed + counts.failed === 0 ? 'no test ran' : undefined }),
    (error) => ({ problem: error instanceof Failure ? error.message : error.stack }),
  );
  if (outcome.problem) console.error(`The stage ${name} could not run: ${outcome.problem}`);
  // What a stage that broke off has left running must not disturb the next.
  await cleanUp();
  return { name, ...outcome, seconds: (performance.now() - start) / 1000 };
}

/** Once more at the end: who sees only the last lines of a long run shall know what failed. */
function printFailures(results) {
  const shortened = (text) =>
    text
      .trim()
      .split('\n')
      .slice(0, LINES_PER_FAILURE)
      .map((line) => line.slice(0, 300))
      .join('\n    ');
  const failures = results.flatMap(({ name, counts }) =>
    (counts?.failures ?? []).map((text) => `${name} › ${shortened(text)}`),
  );
  if (failures.length > 0) console.log(`\n── what failed ${'─'.repeat(59)}\n${failures.join('\n\n')}`);
}

function printTable(results) {
  console.log(
    `\n${'stage'.padEnd(16)}${['passed', 'failed', 'skipped', 'seconds'].map((s) => s.padStart(9)).join('')}`,
  );
  for (const { name, counts, problem, seconds } of results) {
    const cells = counts ? [counts.passed, counts.failed, counts.skipped] : ['-', '-', '-'];
    const numbers = [...cells, seconds.toFixed(0)].map((cell) => String(cell).padStart(9)).join('');
    console.log(`${name.padEnd(16)}${numbers}${problem ? `   could not run: ${problem.split('\n')[0]}` : ''}`);
  }
  console.log('');
}

/** `host` stands for every `host:…` too. */
function chosenStages(args) {
  const at = args.indexOf('--only');
  if (at < 0) return Object.keys(STAGES);
  const names = (args[at + 1] ?? '').split(',');
  const unknown = names.filter((name) => !(name in STAGES));
  if (unknown.length > 0) {
    throw new Failure(`--only takes a list of ${Object.keys(STAGES).join(', ')}; not "${unknown.join(',')}"`);
  }
  return Object.keys(STAGES).filter((name) => names.includes(name) || names.includes(name.split(':')[0]));
}

runMain(import.meta.url, async (args) => {
  const stages = chosenStages(args);
  await ensureInstalled();
  const built = await build().then(
    () => true,
    (error) => void console.error(error.message),
  );
  const results = [];
  for (const name of stages) results.push(await runStage(name));
  printFailures(results);
  printTable(results);
  if (!built) say('dist/ could not be built: see the beginning of the output');
  const ran = results.map(({ counts }) => counts).filter(Boolean);
  const good = built && results.every(({ counts, problem }) => !problem && isGood(counts));
  console.log(closingLine(sum(ran)));
  return good ? 0 : 1;
});
