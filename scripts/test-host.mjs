// Runs mocha inside a real VS Code extension host, with the extension loaded from this repository:
//   node scripts/test-host.mjs [--trusted | --untrusted]
// test/host/*.test.ts run in a trusted workspace, test/host/untrusted/*.test.ts in a folder that nobody trusts.
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

const TIME_LIMIT_MS = 10 * 60_000;

/**
 * One run. dist/ and out/host/ must be built.
 * @param {{ trusted: boolean, extension?: string, tests?: string }} options
 *   `extension`: the folder under test; `tests`: the folder that holds the built index.js
 * @returns {Promise<import('./lib/counts.mjs').Counts>}
 */
export async function runHostTests({ trusted, extension = root, tests = inRepo('out', 'host') }) {
  const folder = trusted ? tests : path.join(tests, 'untrusted');
  if (!existsSync(folder)) throw new Failure(`There are no ${trusted ? '' : 'untrusted '}host tests (${folder}).`);

  const simulator = await startSimulator();
  const settings = { 'lmstudioBridge.server.url': simulator.url, 'security.workspace.trust.startupPrompt': 'never' };
  const profile = createProfile({ trust: !trusted, settings });
  copySampleWorkspace(profile.workspace);
  const setup = await ownSetup({
    trusted,
    workspace: profile.workspace,
    extensions: profile.extensions,
    url: simulator.url,
  });
  const run = {
    profile,
    extension,
    index: path.join(tests, 'index.js'),
    result: path.join(profile.folder, 'result.json'),
    log: path.join(profile.folder, 'mocha.log'),
    screenshot: inRepo('artifacts', `host-failure-${trusted ? 'trusted' : 'untrusted'}.png`),
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
 * `default async ({ trusted, workspace, extensions, url }) => ({ env, stop })`.
 */
async function ownSetup(context) {
  const file = inRepo('test', 'host', 'setup.mjs');
  if (!existsSync(file)) return {};
  const { default: setup } = await import(pathToFileURL(file).href);
  return (await setup(context)) ?? {};
}

async function inElectron({ profile, extension, index, env }, { executable, wrapper }) {
  const [command, ...args] = [
    ...wrapper,
    executable,
    profile.workspace,
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

async function inServerHost({ profile, extension, index, env, screenshot }) {
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
  await page.goto(pageUrl(host.port, { folder: profile.workspace, extension, tests: index }));
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
  return counts;
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
  const only = ['--trusted', '--untrusted'].filter((flag) => args.includes(flag));
  await build();
  await build('--tests');
  const all = [];
  for (const flag of only.length > 0 ? only : ['--trusted', '--untrusted']) {
    all.push(
      await step(`Host tests, ${flag.slice(2)} workspace`, () => runHostTests({ trusted: flag === '--trusted' })),
    );
  }
  console.log(closingLine(sum(all)));
  return all.every(isGood) ? 0 : 1;
});
