// The official conformance suite of MCP, its client scenarios, against our own connections:
//   npm run conformance [-- --only NAME[,NAME]]
// What does not apply to this product stands in test/conformance/notApplicable.yml, with its reason in
// docs/conformance.md; the suite fails where such a scenario passes after all.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled } from './ensure-installed.mjs';
import { closingLine, isGood } from './lib/counts.mjs';
import { step } from './lib/log.mjs';
import { Failure, runMain } from './lib/main.mjs';
import { inRepo, root } from './lib/paths.mjs';
import { runQuietly } from './lib/processes.mjs';

const SUITE = inRepo('out', 'conformance', 'suite.cjs');
const DRIVER = inRepo('out', 'conformance', 'driver.cjs');
const NOT_APPLICABLE = inRepo('test', 'conformance', 'notApplicable.yml');

/** For one scenario. The suite's own 30 s are for a machine that does nothing else. */
const TIMEOUT_MS = 90_000;

/**
 * `sse-retry` has a stopwatch: the client has to come back 500 ms after the server hung up, and 200 ms more are not
 * forgiven. So it runs while no other scenario does, and where the suite finds it late (never: early), which a pause of
 * the machine does too, it is measured again. A client that waits in its own way is late every time.
 */
const TIMED = new Set(['sse-retry']);
const LATE = /Client reconnected (slightly|very) late/;
const MEASUREMENTS = 5;

/**
 * The suite is bundled, because it names `fs.globSync` at its top, which Node has from version 22, and which it only
 * calls for something else (`tier-check`): in a bundle a name that is missing is missed when it is called.
 */
async function buildSuite() {
  const esbuild = await import('esbuild');
  const common = { bundle: true, platform: 'node', format: 'cjs', target: 'node20', logLevel: 'error' };
  const suite = inRepo('node_modules', '@modelcontextprotocol', 'conformance', 'dist', 'index.js');
  const driver = inRepo('test', 'conformance', 'driver.ts');
  const mainFields = ['module', 'main'];
  await esbuild.build({ ...common, mainFields, entryPoints: [suite], outfile: SUITE });
  await esbuild.build({ ...common, mainFields, entryPoints: [driver], outfile: DRIVER });
}

async function listScenarios() {
  const text = await runQuietly(process.execPath, [SUITE, 'list', '--client'], { what: 'The list of scenarios' });
  const names = [...text.matchAll(/^ {2}- (\S+)/gm)].map(([, name]) => name);
  if (names.length === 0) throw new Failure(`The suite lists no scenario:\n${text}`);
  return names;
}

function listNotApplicable() {
  return [...readFileSync(NOT_APPLICABLE, 'utf8').matchAll(/^ {2}- (\S+)/gm)].map(([, name]) => name);
}

/** @returns {Promise<string | undefined>} what went wrong */
async function runScenario(name, isExpectedToFail, cwd) {
  const args = ['client', '--scenario', name, '--timeout', String(TIMEOUT_MS)];
  args.push('--command', `${quoted(process.execPath)} ${quoted(DRIVER)}`);
  if (isExpectedToFail) args.push('--expected-failures', NOT_APPLICABLE);
  for (let left = TIMED.has(name) ? MEASUREMENTS : 1; ; left--) {
    try {
      await runQuietly(process.execPath, [SUITE, ...args], { cwd, what: name });
      return undefined;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (left === 1 || !LATE.test(error.message)) return error.message;
      console.log(`  … ${name}: ${LATE.exec(error.message)[0]}, measured again`);
    }
  }
}

/** The suite cuts its command at spaces and hands it to a shell. */
function quoted(path) {
  return path.includes(' ') ? `'${path.replaceAll(' ', "'\\ '")}'` : path;
}

/** @returns {Promise<import('./lib/counts.mjs').Counts>} */
export async function runConformance(only) {
  await step('Building the conformance suite', buildSuite);
  const all = await listScenarios();
  const notApplicable = listNotApplicable();
  const unknown = [...notApplicable, ...(only ?? [])].filter((name) => !all.includes(name));
  if (unknown.length > 0) throw new Failure(`The suite has no scenario ${unknown.join(', ')}`);
  const wanted = all.filter((name) => !only || only.includes(name));
  const counts = { passed: 0, failed: 0, skipped: 0, failures: [] };
  const cwd = mkdtempSync(join(tmpdir(), 'conformance-'));
  const work = async (waiting) => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const isExpectedToFail = notApplicable.includes(name);
      const problem = await runScenario(name, isExpectedToFail, cwd);
      const mark = problem === undefined ? (isExpectedToFail ? '-' : '✔') : '✘';
      console.log(`  ${mark} ${name}${isExpectedToFail ? ' (not applicable, see docs/conformance.md)' : ''}`);
      if (problem !== undefined) {
        console.log(problem.replace(/^/gm, '      '));
        counts.failures.push(`${name}\n${problem}`);
      }
      counts[problem !== undefined ? 'failed' : isExpectedToFail ? 'skipped' : 'passed']++;
    }
  };
  try {
    const together = wanted.filter((name) => !TIMED.has(name));
    await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, () => work(together)));
    await work(wanted.filter((name) => TIMED.has(name)));
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
  return counts;
}

runMain(import.meta.url, async (args) => {
  await ensureInstalled();
  const at = args.indexOf('--only');
  const counts = await runConformance(at < 0 ? undefined : args[at + 1]?.split(','));
  console.log(closingLine(counts));
  return isGood(counts) ? 0 : 1;
});
