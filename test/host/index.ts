// Runs mocha inside the extension host: VS Code loads this file (extensionTestsPath) and calls run().
// scripts/test-host.mjs hands in, through the environment, which folder of tests to run and where the results go.
import { appendFileSync, readdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { format } from 'node:util';
import Mocha from 'mocha';

const { env } = process;

export async function run(): Promise<void> {
  const log = required('LMSTUDIO_BRIDGE_TEST_LOG');
  const print = (...args: unknown[]): void => appendFileSync(log, `${format(...args)}\n`);
  const counts = await runFolder(required('LMSTUDIO_BRIDGE_TEST_DIR'), print).catch((error: unknown) => {
    // For example, a test file that cannot be loaded. VS Code itself would only report an exit code.
    print(error);
    throw error;
  });
  writeFileSync(required('LMSTUDIO_BRIDGE_TEST_RESULT'), JSON.stringify(counts));
  if (counts.failed > 0) throw new Error(`${counts.failed} test(s) failed`);
}

async function runFolder(folder: string, print: (...args: unknown[]) => void) {
  // The extension host's console cannot be replaced, and the workbench mixes its own lines into it; hence a file.
  Object.assign(Mocha.reporters.Base, { consoleLog: print });
  const grep = env['MOCHA_GREP'];
  const mocha = new Mocha({
    ui: 'bdd',
    reporter: 'spec',
    color: false,
    // A settings update alone has taken 5 s on a busy machine. This only ends what hangs.
    timeout: 180_000,
    forbidOnly: Boolean(env['CI']),
    ...(grep ? { grep } : {}),
  });
  const files = readdirSync(folder).filter((name) => name.endsWith('.test.js'));
  for (const name of files.sort()) mocha.addFile(path.join(folder, name));
  const failures: string[] = [];
  const { stats } = await new Promise<Mocha.Runner>((resolve) => {
    const runner = mocha.run(() => resolve(runner));
    runner.on('fail', (test, error: Error) => failures.push(`${test.fullTitle()}\n${error.stack ?? error.message}`));
  });
  return { passed: stats?.passes ?? 0, failed: stats?.failures ?? 0, skipped: stats?.pending ?? 0, failures };
}

function required(name: string): string {
  const value = env[name];
  if (!value) throw new Error(`${name} is not set: run this through scripts/test-host.mjs`);
  return value;
}
