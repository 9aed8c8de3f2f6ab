import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { defer } from './cleanup.mjs';
import { Failure } from './main.mjs';
import { inRepo, root } from './paths.mjs';
import { run } from './processes.mjs';

/**
 * Runs mocha over the files in a process of its own, with its lines in this terminal.
 * @param {string[]} files
 * @param {{ args?: string[], env?: Record<string, string> }} [options]
 * @returns {Promise<import('./counts.mjs').Counts>}
 */
export async function runMocha(files, { args = [], env = {} } = {}) {
  if (files.length === 0) throw new Failure('There are no test files.');
  const folder = mkdtempSync(path.join(tmpdir(), 'lmstudio-bridge-mocha-'));
  const remove = defer(() => rmSync(folder, { recursive: true, force: true }));
  const output = path.join(folder, 'counts.json');
  const reporter = [
    '--reporter',
    inRepo('scripts', 'lib', 'counting-reporter.mjs'),
    '--reporter-option',
    `output=${output}`,
  ];
  const grep = process.env.MOCHA_GREP ? ['--grep', process.env.MOCHA_GREP] : [];
  const code = await run(
    process.execPath,
    [inRepo('node_modules', 'mocha', 'bin', 'mocha.js'), ...reporter, ...grep, ...args, ...files],
    {
      cwd: root,
      env: { ...process.env, ...env },
      graceMs: 15_000,
    },
  );
  const counts = existsSync(output) ? JSON.parse(readFileSync(output, 'utf8')) : undefined;
  await remove();
  if (!counts) throw new Failure(`Mocha ended before the tests did (exit code ${code}).`);
  // For example, a hook of the whole run failed, or something threw after the last test.
  if (code !== 0 && counts.failed === 0) throw new Failure(`All tests passed, yet mocha ended with exit code ${code}.`);
  return counts;
}

/**
 * The files below a folder of the repository whose names end with `suffix`, sorted.
 * @param {string} folder
 * @param {string} suffix
 * @param {{ deep?: boolean }} [options]
 */
export function testFiles(folder, suffix, { deep = true } = {}) {
  const start = inRepo(folder);
  if (!existsSync(start)) return [];
  return readdirSync(start, { recursive: deep })
    .filter((name) => name.endsWith(suffix))
    .map((name) => path.join(folder, name))
    .sort();
}
