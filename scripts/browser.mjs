// Finds a Chromium-family browser to drive the workbench page with, or gets one.
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { defer } from './lib/cleanup.mjs';
import { say, step } from './lib/log.mjs';
import { Failure, runMain } from './lib/main.mjs';
import { inRepo } from './lib/paths.mjs';
import { runQuietly } from './lib/processes.mjs';

const VARIABLE = 'LMSTUDIO_BRIDGE_BROWSER';

const NAMES = [
  'google-chrome',
  'google-chrome-stable',
  'chromium',
  'chromium-browser',
  'chrome',
  'microsoft-edge',
  'microsoft-edge-stable',
  'msedge',
];

/** @returns {Promise<string>} the path of the browser's program */
export async function ensureBrowser() {
  const found = findBrowser() ?? (await playwrightsOwn()) ?? (await fromDebian());
  if (found) return found;
  throw new Failure(
    `No Chrome, Chromium or Edge was found, and none could be downloaded. Install one, or set ${VARIABLE} to its program.`,
  );
}

export function findBrowser() {
  const wish = process.env[VARIABLE];
  if (wish && !isProgram(wish)) throw new Failure(`${VARIABLE} is ${wish}, which is not a program.`);
  return wish || [...onPath(), ...usualPlaces()].find(isProgram);
}

/** @param {string} profile folder for the browser's own files */
export async function launchBrowser(executablePath, profile, options = {}) {
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    // Its first start from a cold disk can take far longer than later ones.
    timeout: 120_000,
    // Playwright's own handlers would end this process before the rest is cleaned up.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    viewport: { width: 1280, height: 800 },
    args: [
      // The page is our own local workbench; as root, and in most containers, there is no sandbox to be had.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-quic',
      '--disable-sync',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
    ],
    ...options,
  });
  defer(() => browser.close());
  return browser;
}

function onPath() {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  return NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name + suffix)));
}

function usualPlaces() {
  const products = ['Google/Chrome', 'Chromium', 'Microsoft/Edge'];
  if (process.platform === 'win32') {
    const { PROGRAMFILES, 'PROGRAMFILES(X86)': x86, LOCALAPPDATA } = process.env;
    const bases = [PROGRAMFILES, x86, LOCALAPPDATA].filter(Boolean);
    return products.flatMap((product) => {
      const program = product.endsWith('Edge') ? 'msedge.exe' : 'chrome.exe';
      return bases.map((base) => path.join(base, product, 'Application', program));
    });
  }
  if (process.platform === 'darwin') {
    return ['Google Chrome', 'Chromium', 'Microsoft Edge'].flatMap((app) =>
      ['/', homedir()].map((base) => path.join(base, 'Applications', `${app}.app`, 'Contents', 'MacOS', app)),
    );
  }
  return [
    '/opt/google/chrome/chrome',
    '/opt/microsoft/msedge/msedge',
    '/usr/lib/chromium/chromium',
    '/snap/bin/chromium',
  ];
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Playwright's Chromium, downloaded when it is not there yet. */
async function playwrightsOwn() {
  const { chromium } = await import('playwright-core');
  try {
    if (!existsSync(chromium.executablePath())) {
      await step('Downloading Chromium through Playwright', () =>
        runQuietly(process.execPath, [inRepo('node_modules', 'playwright-core', 'cli.js'), 'install', 'chromium'], {
          what: "Playwright's download",
          timeout: 10 * 60_000,
        }),
      );
    }
    return chromium.executablePath();
  } catch (error) {
    say(`Playwright's Chromium cannot be had here: ${error.message.split('\n').slice(0, 3).join(' ')}`);
    return undefined;
  }
}

async function fromDebian() {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  if (!/^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release) || process.getuid?.() !== 0) return undefined;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await step('Installing the Debian package chromium', async () => {
      await runQuietly('apt-get', ['update', '-qq'], { env });
      await runQuietly('apt-get', ['install', '-y', '-qq', 'chromium'], { env });
    });
  } catch (error) {
    say(error.message);
  }
  return findBrowser();
}

runMain(import.meta.url, async () => say(`Browser: ${await ensureBrowser()}`));
