// Makes node_modules match package-lock.json. Runs before anything is installed: imports nothing but Node and lib/.
import { existsSync, readFileSync } from 'node:fs';
import { step } from './lib/log.mjs';
import { Failure, runMain } from './lib/main.mjs';
import { inRepo, root } from './lib/paths.mjs';
import { npm, run } from './lib/processes.mjs';

/** Mocha and eslint need `require()` of ES modules, which Node 20 has since this version. */
const MINIMUM_NODE = [20, 19];

export async function ensureInstalled() {
  checkNode();
  const reason = whyStale();
  if (!reason) return;
  await step(`Installing the npm packages (${reason})`, async () => {
    const [command, args, options] = npm('ci', '--no-audit', '--no-fund', '--loglevel=error');
    const code = await run(command, args, { ...options, cwd: root });
    if (code !== 0) throw new Failure(`npm ci failed (exit code ${code}); its reason stands above.`);
  });
}

/**
 * npm's own stamp is the lock file that it keeps inside node_modules: written last, so an interrupted install has none,
 * and kept up to date by every `npm install`, so a change made by hand does not cost a needless reinstall.
 */
function whyStale() {
  const stamp = inRepo('node_modules', '.package-lock.json');
  if (!existsSync(stamp)) return 'nothing is installed yet';
  const installed = packagesOf(stamp);
  for (const [folder, { version, optional }] of Object.entries(packagesOf(inRepo('package-lock.json')))) {
    // '' is the project itself; an optional package may belong to another platform.
    if (folder && !optional && installed[folder]?.version !== version) return `${folder} is not at ${version}`;
  }
  return undefined;
}

function packagesOf(lockFile) {
  return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [wantMajor, wantMinor] = MINIMUM_NODE;
  if (major > wantMajor || (major === wantMajor && minor >= wantMinor)) return;
  throw new Failure(
    `Node ${wantMajor}.${wantMinor} or newer is needed, and this is ${process.version}. See https://nodejs.org.`,
  );
}

runMain(import.meta.url, ensureInstalled);
