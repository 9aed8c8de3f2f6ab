// Runs mocha inside a real VS Code extension host, with the extension loaded from this repository:
//   node scripts/test-host.mjs [--trusted] [--untrusted] [--multiRoot] [--virtual]     default: all of them, one after the other
// Each is a window of its own kind (SUITES below).
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureBrowser, launchBrowser } from './browser.mjs';
import { installVscodeHost } from './install-vscode-host.mjs';
import { build } from './lib/build.mjs';
import { defer } from './lib/cleanup.mjs';
import { closingLine, isGood, sum } from './lib/counts.mjs';
import { failOnLeftovers } from './lib/leftovers.mjs';
import { say, step } from './lib/log.mjs';
import { Failure, runMain } from './lib/main.mjs';
import { inRepo, root } from './lib/paths.mjs';
import { startGroup } from './lib/processes.mjs';
import { startSimulator } from './lib/simulator.mjs';
import { withSourcePlaces } from './lib/sourcePlaces.mjs';
import { copySampleWorkspace } from './lib/workspace.mjs';
import { electronArgs, electronEnvironment, findElectron } from './vscode-electron.mjs';
import { createProfile, pageUrl, startHost } from './vscode-host.mjs';

/** The trusted window takes 4 minutes, and on a busy core three times as long. This only ends what hangs. */
const TIME_LIMIT_MS = 20 * 60_000;

/** The kinds of windows, with the folder below test/host that holds the tests for each. test/host/setup.mjs makes what they open. */
export const SUITES = {
  /** The sample workspace. */
  trusted: { folder: '' },
  /** The same, and nobody trusts it. */
  untrusted: { folder: 'untrusted' },
  /** A `.code-workspace` file with two folders. */
  multiRoot: { folder: 'multiRoot' },
  /** A folder that is on no disk. */
  virtual: { folder: 'virtual' },
};

/** @typedef {keyof typeof SUITES} Suite */

/**
 * One run. dist/ and out/host/ must be built.
 * @param {{ suite: Suite, extension?: string, others?: string[], tests?: string }} options
 *   `extension`: the folder under test; `others`: folders of extensions to install beside it; `tests`: the folder that holds
 *   the built index.js
 * @returns {Promise<import('./lib/counts.mjs').Counts>}
 */
export async function runHostTests({ suite, extension = root, others = [], tests = inRepo('out', 'host') }) {
  const folder = path.join(tests, SUITES[suite].folder);
  if (!existsSync(folder)) throw new Failure(`There are no host tests for the suite ${suite} (${folder}).`);

  const simulator = await startSimulator();
  const settings = { 'lmstudioBridge.server.url': simulator.url, 'security.workspace.trust.startupPrompt': 'never' };
  const profile = createProfile({ trust: suite === 'untrusted', settings });
  copySampleWorkspace(profile.workspace);
  const setup = await ownSetup({
    suite,
    profile,
    others,
    url: simulator.url,
  });
  const run = {
    profile,
    extension,
    open: setup.open ?? profile.workspace,
    index: path.join(tests, 'index.js'),
    result: path.join(profile.folder, 'result.json'),
    log: path.join(profile.folder, 'mocha.log'),
    screenshot: inRepo('artifacts', `host-failure-${suite}.png`),
  };
  run.env = {
    LMSTUDIO_BRIDGE_TEST_URL: simulator.url,
    LMSTUDIO_BRIDGE_TEST_DIR: folder,
    LMSTUDIO_BRIDGE_TEST_RESULT: run.result,
    LMSTUDIO_BRIDGE_TEST_LOG: run.log,
    ...setup.env,
  };

  const electron = await findElectron({ virtualDisplay: true });
  if (electron.executable) say(`Running in ${electron.executable}`);
  else say(`Running in the VS Code host from npm: ${electron.reason}`);
  const stopPrinting = printAsItGrows(run.log);
  const outcome = await (electron.executable ? inElectron(run, electron) : inServerHost(run));
  await stopPrinting();
  await setup.stop?.();
  await simulator.stop();
  return conclude(run, outcome);
}

/**
 * Extra environment for a run: test/host/setup.mjs may export
 * `default async ({ suite, profile, others, url }) => ({ env, stop, open })`; `open`: the folder or `.code-workspace` file of the window.
 */
async function ownSetup(context) {
  const file = inRepo('test', 'host', 'setup.mjs');
  if (!existsSync(file)) return {};
  const { default: setup } = await import(pathToFileURL(file).href);
  return (await setup(context)) ?? {};
}

async function inElectron({ profile, extension, open, index, env }, { executable, wrapper }) {
  const [command, ...args] = [
    ...wrapper,
    executable,
    open,
    ...electronArgs(profile),
    `--extensionDevelopmentPath=${extension}`,
    `--extensionTestsPath=${index}`,
  ];
  const { child, exited, stop } = startGroup(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...electronEnvironment(), ...env },
  });
  const workbenchLog = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => workbenchLog.push(text));
  const late = sleep(TIME_LIMIT_MS, { code: null }, { ref: false });
  const { code } = await Promise.race([exited, late]);
  await stop();
  return { code, workbenchLog };
}

async function inServerHost({ profile, extension, open, index, env, screenshot }) {
  await installVscodeHost();
  const browserProgram = await ensureBrowser();
  const host = await startHost(profile, { driver: true, env });
  const browser = await launchBrowser(browserProgram, profile.browser);
  const page = await browser.newPage();
  const workbenchLog = [];
  const finished = new Promise((resolve) => {
    page.exposeFunction('codeAutomationLog', (type, args) => workbenchLog.push(`[${type}] ${args.join(' ')}`));
    page.exposeFunction('codeAutomationExit', (code) => resolve({ code }));
    page.on('crash', () => resolve({ problem: 'the workbench page crashed' }));
    host.exited.then(({ code }) => resolve({ problem: `the VS Code server ended (exit code ${code})` }));
    sleep(TIME_LIMIT_MS, undefined, { ref: false }).then(() => resolve({ problem: 'the time limit is over' }));
  });
  await page.goto(pageUrl(host.port, { open, extension, tests: index }));
  const outcome = await finished;
  if (outcome.code !== 0) {
    mkdirSync(path.dirname(screenshot), { recursive: true });
    await page.screenshot({ path: screenshot }).then(
      () => say(`Screenshot: ${path.relative(root, screenshot)}`),
      () => undefined,
    );
  }
  await browser.close();
  await host.stop();
  return { ...outcome, workbenchLog };
}

async function conclude({ profile, result }, { code, problem, workbenchLog }) {
  const counts = existsSync(result) ? JSON.parse(readFileSync(result, 'utf8')) : undefined;
  if (!counts || process.env.VERBOSE) {
    console.log(`--- the workbench said:\n${workbenchLog.map((line) => line.slice(0, 400)).join('\n')}\n---`);
  }
  await failOnLeftovers(profile.folder);
  await profile.remove();
  if (!counts) throw new Failure(`No test ran: ${problem ?? `VS Code ended with exit code ${code}`}.`);
  if (problem) throw new Failure(`The run broke off: ${problem}.`);
  if (code !== 0 && counts.failed === 0)
    throw new Failure(`All tests passed, yet VS Code ended with exit code ${code}.`);
  return { ...counts, failures: counts.failures.map(withSourcePlaces) };
}

/** Prints a file as it grows. The function it gives back prints the rest and stops. */
function printAsItGrows(file) {
  writeFileSync(file, '');
  let shown = 0;
  const print = () => {
    const bytes = readFileSync(file);
    process.stdout.write(withSourcePlaces(bytes.subarray(shown).toString()));
    shown = bytes.length;
  };
  const timer = setInterval(print, 200);
  const stop = defer(() => clearInterval(timer));
  return async () => {
    await stop();
    print();
  };
}

runMain(import.meta.url, async (args) => {
  const suites = Object.keys(SUITES);
  const unknown = args.filter((arg) => !suites.some((suite) => arg === `--${suite}`));
  if (unknown.length > 0) throw new Failure(`Not known: ${unknown.join(' ')}. There are --${suites.join(', --')}.`);
  await build();
  await build('--tests');
  const all = [];
  for (const suite of suites.filter((name) => args.length === 0 || args.includes(`--${name}`))) {
    all.push(await step(`Host tests, ${suite}`, () => runHostTests({ suite })));
  }
  console.log(closingLine(sum(all)));
  return all.every(isGood) ? 0 : 1;
});
