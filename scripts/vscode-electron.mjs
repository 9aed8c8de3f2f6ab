// The desktop VS Code: one that is named, one that is installed, or a downloaded one.
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { say } from './lib/log.mjs';
import { Failure, runMain } from './lib/main.mjs';
import { inRepo } from './lib/paths.mjs';

const VARIABLE = 'VSCODE_EXECUTABLE';
const UPDATES = 'https://update.code.visualstudio.com/api/releases/stable';

/**
 * @param {{ installed?: boolean, virtualDisplay?: boolean }} [options] `installed`: the `code` on PATH will do;
 *   `virtualDisplay`: so will a display that nobody sees
 * @returns {Promise<{ executable: string, wrapper: string[] } | { reason: string }>} `wrapper`: a command to start it under
 */
export async function findElectron({ installed = false, virtualDisplay = false } = {}) {
  const wrapper = display({ virtualDisplay });
  if (!wrapper) return { reason: virtualDisplay ? 'there is no display and no xvfb-run' : 'there is no display' };
  const executable = named() ?? (installed ? codeOnPath() : undefined);
  if (executable) return { executable, wrapper };
  if (!(await canDownload())) return { reason: `${VARIABLE} is not set and VS Code's update server cannot be reached` };
  const { downloadAndUnzipVSCode } = await import('@vscode/test-electron');
  say('Downloading VS Code, or using the copy in .vscode-test/');
  return {
    executable: await downloadAndUnzipVSCode({ version: 'stable', cachePath: inRepo('.vscode-test') }),
    wrapper,
  };
}

/** Whether a window can be seen. */
export function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

/** Arguments for a VS Code with folders of its own, so that it neither sees nor changes the person's. */
export function electronArgs(profile) {
  return [
    `--user-data-dir=${profile.userData}`,
    `--extensions-dir=${profile.extensions}`,
    '--disable-updates',
    '--skip-welcome',
    '--skip-release-notes',
    ...(profile.trust ? [] : ['--disable-workspace-trust']),
    // Chromium's sandbox cannot be had as root, nor in most containers.
    ...(process.platform === 'linux' && process.getuid() === 0 ? ['--no-sandbox'] : []),
  ];
}

/** The environment without what the terminal of another VS Code would hand down. */
export function electronEnvironment() {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(VSCODE_|ELECTRON_RUN_AS_NODE$)/.test(name));
  return Object.fromEntries(inherited);
}

function display({ virtualDisplay }) {
  if (hasDisplay()) return [];
  const xvfb = onPath('xvfb-run');
  return virtualDisplay && xvfb ? [xvfb, '-a'] : undefined;
}

function named() {
  const executable = process.env[VARIABLE];
  if (executable && !existsSync(executable)) throw new Failure(`${VARIABLE} is ${executable}, which does not exist.`);
  return executable;
}

/**
 * The program behind the `code` command. The command itself starts it and lets go of it; started directly, it ends with us.
 * The `code` of a remote session or a snap has no such program, and is not used.
 */
function codeOnPath() {
  const command = onPath('code');
  if (!command) return undefined;
  const bin = path.dirname(realpathSync(command));
  const programs = {
    linux: ['../code'],
    darwin: ['../../../MacOS/Code', '../../../MacOS/Electron'],
    win32: ['../Code.exe'],
  };
  return (programs[process.platform] ?? [])
    .map((program) => path.resolve(bin, program))
    .find((program) => existsSync(program));
}

function onPath(name) {
  const suffixes = process.platform === 'win32' ? ['.cmd', '.exe'] : [''];
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  return folders
    .flatMap((folder) => suffixes.map((suffix) => path.join(folder, name + suffix)))
    .find((file) => existsSync(file));
}

async function canDownload() {
  try {
    return (await fetch(UPDATES, { signal: AbortSignal.timeout(3000) })).ok;
  } catch {
    return false;
  }
}

runMain(import.meta.url, async () => {
  const { executable, reason } = await findElectron({ installed: true, virtualDisplay: true });
  say(executable ? `VS Code: ${executable}` : `No desktop VS Code: ${reason}`);
});
