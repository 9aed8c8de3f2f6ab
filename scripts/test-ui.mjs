// Drives the packaged extension as a person would, in a real workbench page:
//   node scripts/test-ui.mjs [--pictures] [FILE.ui.mjs …]     default: all of test/ui
// --pictures: where all is well, the guide's pictures (PICTURES below) are taken from this run.
import { copyFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ensureBrowser } from './browser.mjs';
import { ensureInstalled } from './ensure-installed.mjs';
import { installVscodeHost } from './install-vscode-host.mjs';
import { closingLine, isGood } from './lib/counts.mjs';
import { step } from './lib/log.mjs';
import { Failure, runMain } from './lib/main.mjs';
import { runMocha, testFiles } from './lib/mocha.mjs';
import { inRepo } from './lib/paths.mjs';
import { startSimulator } from './lib/simulator.mjs';
import { packageVsix } from './package.mjs';

/** The pictures in docs/images, by the screenshot that each is a copy of, without its number. */
const PICTURES = {
  'actions.png': 'newcomer-actions.dark',
  'models.png': 'newcomer-models.light',
  'server-consent.png': 'newcomer-server-consent.light',
  'approval.png': 'newcomer-approval-of-a-change.dark',
  'answers.png': 'newcomer-approval-with-every-answer.light',
  'result.png': 'newcomer-result.light',
  'interrupted.png': 'newcomer-interrupted.dark',
  'first-steps.png': 'newcomer-first-steps.light',
  'history.png': 'newcomer-history.light',
  'document.png': 'newcomer-document.dark',
  'doctor.png': 'newcomer-doctor.light',
};

const SCREENSHOTS = inRepo('artifacts', 'screenshots');

/** @throws Failure where the run made no such screenshot */
function takePictures() {
  const taken = readdirSync(SCREENSHOTS);
  for (const [picture, name] of Object.entries(PICTURES)) {
    const file = taken.find((candidate) => candidate.replace(/^\d+-/, '') === `${name}.png`);
    if (!file) throw new Failure(`This run made no screenshot ${name}.`);
    copyFileSync(path.join(SCREENSHOTS, file), inRepo('docs', 'images', picture));
  }
}

/**
 * @param {{ files?: string[], vsix?: string }} [options] `vsix`: a package that is made already
 * @returns {Promise<import('./lib/counts.mjs').Counts>}
 */
export async function runUiTests({ files = testFiles('test/ui', '.ui.mjs'), vsix } = {}) {
  const packaged = vsix ?? (await packageVsix(inRepo('out', 'ui.vsix')));
  await installVscodeHost();
  const browser = await ensureBrowser();
  const simulator = await startSimulator();
  rmSync(SCREENSHOTS, { recursive: true, force: true });
  const counts = await step('UI tests; screenshots go to artifacts/screenshots/', () =>
    // Not the project's .mocharc: these files are plain JavaScript, and far slower than its time limit. The one here is
    // for a hang: what a test waits for has limits of its own, and a test waits for several things.
    runMocha(files, {
      args: ['--no-config', '--timeout', '300000', '--require', inRepo('test', 'ui', 'harness.mjs')],
      env: {
        LMSTUDIO_BRIDGE_BROWSER: browser,
        LMSTUDIO_BRIDGE_TEST_URL: simulator.url,
        LMSTUDIO_BRIDGE_TEST_VSIX: packaged,
      },
    }),
  );
  await simulator.stop();
  return counts;
}

runMain(import.meta.url, async (args) => {
  await ensureInstalled();
  const files = args.filter((arg) => arg !== '--pictures');
  const counts = await runUiTests(files.length > 0 ? { files } : {});
  if (isGood(counts) && args.includes('--pictures')) takePictures();
  console.log(closingLine(counts));
  return isGood(counts) ? 0 : 1;
});
