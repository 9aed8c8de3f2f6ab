// Installs a real VS Code (workbench, server, Node extension host) into .vscode-host/, from the npm registry alone:
// the server out of the package code-server, and the Node that it needs out of the packages that carry node's binary.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withLock } from './lib/lock.mjs';
import { say, step } from './lib/log.mjs';
import { runMain } from './lib/main.mjs';
import { npm, runQuietly } from './lib/processes.mjs';
import { hostFolder, hostNode, hostPackages, hostServer } from './vscode-host.mjs';

/** Does nothing when the same versions are already there. */
export async function installVscodeHost() {
  const packages = hostPackages();
  const stamp = path.join(hostFolder, `.installed-${packages.join('+').replaceAll('/', '-')}`);
  if (existsSync(stamp)) return;
  mkdirSync(hostFolder, { recursive: true });
  await withLock(path.join(hostFolder, '.lock'), async () => {
    if (existsSync(stamp)) return;
    await install(packages);
    writeFileSync(stamp, '');
  });
}

async function install(packages) {
  // Whatever an interrupted or older install left is not worth repairing.
  for (const name of readdirSync(hostFolder)) {
    if (name !== '.lock') rmSync(path.join(hostFolder, name), { recursive: true, force: true });
  }
  // A project of its own: among our devDependencies the node package's `node` would take over every `npm run`.
  writeFileSync(path.join(hostFolder, 'package.json'), '{ "private": true }\n');

  await step('Installing the VS Code host: server and Node', () =>
    npmHere(hostFolder, 'install', '--ignore-scripts', ...packages),
  );

  // Not `npm ci`: the server's shrinkwrap is out of step by one peer dependency, and npm ci refuses it.
  const server = path.dirname(path.dirname(hostServer()));
  await step("Installing the VS Code host: the server's packages", () =>
    npmHere(server, 'install', '--omit=dev', '--ignore-scripts'),
  );

  // Without spdlog no log file is written and output channels stay empty; the watchdog ends orphaned extension hosts.
  // The other native modules come prebuilt or are not needed here.
  await step('Installing the VS Code host: native modules', () =>
    npmHere(server, 'rebuild', '--foreground-scripts', '@vscode/spdlog', '@vscode/native-watchdog'),
  );

  const version = await runQuietly(hostNode(), [hostServer(), '--version'], { what: 'Starting the VS Code host once' });
  say(`VS Code ${version.split('\n')[0]} is ready in ${path.basename(hostFolder)}/`);
}

/** npm inside the host's folder, run by the host's own Node and building against that Node's headers. */
function npmHere(cwd, command, ...args) {
  const [program, npmArgs, options] = npm(command, '--no-audit', '--no-fund', '--loglevel=error', ...args);
  const node = path.dirname(hostNode());
  const env = {
    ...process.env,
    PATH: existsSync(node) ? `${node}${path.delimiter}${process.env.PATH}` : process.env.PATH,
    npm_config_nodedir: path.dirname(node),
  };
  return runQuietly(program, npmArgs, { ...options, cwd, env, what: `npm ${command} for the VS Code host` });
}

runMain(import.meta.url, installVscodeHost);
