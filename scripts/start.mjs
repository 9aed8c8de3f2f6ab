// What `npm start` runs: the product on a throw-away copy of the sample workspace, with LM Studio or the embedded simulator.
//   node scripts/start.mjs [--web | --headless] [--url URL] [--task TEXT]
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { ensureInstalled } from './ensure-installed.mjs';
import { build } from './lib/build.mjs';
import { isLmStudio, usualAddresses } from './lib/lmStudio.mjs';
import { say } from './lib/log.mjs';
import { Failure, runMain } from './lib/main.mjs';
import { inRepo, root } from './lib/paths.mjs';
import { run, startGroup } from './lib/processes.mjs';
import { startSimulator } from './lib/simulator.mjs';
import { copySampleWorkspace } from './lib/workspace.mjs';

/** Needs both servers: the code word stands in one file only, and the memory server writes it down. */
const SAMPLE_TASK =
  'Read notes/launch-plan.md, tell me the code word for the press preview, and remember it in memory.';

async function main(args) {
  const { web, headless, url, task = SAMPLE_TASK } = readOptions(args);
  await ensureInstalled();
  await build();
  const server = await findServer(url);
  if (headless) return runHeadless({ server, task, why: '--headless was given' });
  if (web) return openWeb({ server, task, why: '--web was given' });

  const { findElectron } = await import('./vscode-electron.mjs');
  const electron = await findElectron({ installed: true });
  if (electron.executable) return openDesktop({ server, task, electron });
  // Without a display nobody may be there to open the page; with --web, somebody says so.
  const { hasDisplay } = await import('./vscode-electron.mjs');
  const why = `no desktop VS Code: ${electron.reason}`;
  return hasDisplay() ? openWeb({ server, task, why }) : runHeadless({ server, task, why });
}

function readOptions(args) {
  try {
    const options = {
      web: { type: 'boolean' },
      headless: { type: 'boolean' },
      url: { type: 'string' },
      task: { type: 'string' },
    };
    const { values } = parseArgs({ args, options });
    if (values.web && values.headless) throw new Error('--web and --headless exclude each other');
    return values;
  } catch (error) {
    throw new Failure(`${error.message}\nUsage: npm start -- [--web | --headless] [--url URL] [--task TEXT]`);
  }
}

/** @returns {Promise<string>} the server root to use */
async function findServer(url) {
  if (url) {
    say(`Using the server at ${url}`);
    return url;
  }
  const addresses = usualAddresses();
  for (const address of addresses) {
    if (!(await isLmStudio(address))) continue;
    say(`LM Studio answers on ${address}`);
    return address;
  }
  say(`No LM Studio answered on ${addresses.join(' or ')}; using the embedded simulator with a rule-based demo model`);
  return (await startSimulator()).url;
}

async function runHeadless({ server, task, why }) {
  say(`Running one task in this terminal (${why})`);
  const { createProfile } = await import('./vscode-host.mjs');
  const workspace = copySampleWorkspace(createProfile({ ownHome: false }).workspace);
  say(`Workspace: ${workspace}, a copy that is removed afterwards`);
  say(`Task: ${task}`);
  // The task ends with a write to memory, which --approve read-only would refuse. All is fine here: the workspace is a copy,
  // and its two servers reach nothing outside it.
  say('Every tool call is approved (--approve all): the two servers only reach the copy');
  const options = ['--task', task, '--all-mcps', '--workspace', workspace, '--url', server, '--approve', 'all'];
  return run(process.execPath, [inRepo('dist', 'cli.js'), 'run', ...options], { cwd: workspace, graceMs: 15_000 });
}

async function openDesktop({ server, task, electron }) {
  say(`Opening ${electron.executable} with the extension from this folder; close its window or press Ctrl+C to end`);
  const { createProfile } = await import('./vscode-host.mjs');
  const { electronArgs, electronEnvironment } = await import('./vscode-electron.mjs');
  const profile = createProfile({ ownHome: false, settings: { 'lmstudioBridge.server.url': server } });
  copySampleWorkspace(profile.workspace);
  suggest(task);
  const args = [...electronArgs(profile), `--extensionDevelopmentPath=${root}`, profile.workspace];
  const { exited } = startGroup(electron.executable, args, { stdio: 'ignore', env: electronEnvironment() });
  const { code, error } = await exited;
  if (error) throw new Failure(`VS Code did not start: ${error.message}`);
  return code ?? 1;
}

async function openWeb({ server, task, why }) {
  say(`Opening VS Code as a web page (${why})`);
  const [{ createProfile, installVsix, pageUrl, startHost }, { installVscodeHost }, { packageVsix }, { hasDisplay }] =
    await Promise.all([
      import('./vscode-host.mjs'),
      import('./install-vscode-host.mjs'),
      import('./package.mjs'),
      import('./vscode-electron.mjs'),
    ]);
  await installVscodeHost();
  const profile = createProfile({ ownHome: false, settings: { 'lmstudioBridge.server.url': server } });
  copySampleWorkspace(profile.workspace);
  await installVsix(profile, await packageVsix(inRepo('out', 'start.vsix')));
  const host = await startHost(profile);
  const page = pageUrl(host.port, { open: profile.workspace });
  suggest(task);
  say(`Open ${page}`);
  say('Press Ctrl+C to end');
  if (hasDisplay()) openInBrowser(page);
  const { code } = await host.exited;
  throw new Failure(`The VS Code server ended (exit code ${code}).`);
}

function suggest(task) {
  say(
    `To try: run "LM Studio: Run Task with All Discovered MCP Servers…" from the palette (F1) with the task: ${task}`,
  );
}

function openInBrowser(page) {
  const openers = { darwin: ['open', page], win32: ['explorer', page] };
  const [command, ...args] = openers[process.platform] ?? ['xdg-open', page];
  // Only a convenience: the address stands in the terminal. The browser is the person's own, so it is not ended with us.
  spawn(command, args, { stdio: 'ignore', detached: true })
    .on('error', () => undefined)
    .unref();
}

runMain(import.meta.url, main);
