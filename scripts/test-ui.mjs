// Drives the packaged extension as a person would, in a real workbench page:
//   node scripts/test-ui.mjs [FILE.ui.mjs …]     default: all of test/ui
import { rmSync } from 'node:fs';
import { ensureBrowser } from './browser.mjs';
import { ensureInstalled } from './ensure-installed.mjs';
import { installVscodeHost } from './install-vscode-host.mjs';
import { closingLine, isGood } from './lib/counts.mjs';
import { step } from './lib/log.mjs';
import { runMain } from './lib/main.mjs';
import { runMocha, testFiles } from './lib/mocha.mjs';
import { inRepo } from './lib/paths.mjs';
import { startSimulator } from './lib/simulator.mjs';
import { packageVsix } from './package.mjs';

/**
 * @param {{ files?: string[], vsix?: string }} [options] `vsix`: a package that is made already
 * @returns {Promise<import('./lib/counts.mjs').Counts>}
 */
export async function runUiTests({ files = testFiles('test/ui', '.ui.mjs'), vsix } = {}) {
  const packaged = vsix ?? (await packageVsix(inRepo('out', 'ui.vsix')));
  await installVscodeHost();
  const browser = await ensureBrowser();
  const simulator = await startSimulator();
  rmSync(inRepo('artifacts', 'screenshots'), { recursive: true, force: true });
  const counts = await step('UI tests; screenshots go to artifacts/screenshots/', () =>
    // Not the project's .mocharc: these files are plain JavaScript, and far slower than its time limit.
    runMocha(files, {
      args: ['--no-config', '--timeout', '120000', '--require', inRepo('test', 'ui', 'harness.mjs')],
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
  const counts = await runUiTests(args.length > 0 ? { files: args } : {});
  console.log(closingLine(counts));
  return isGood(counts) ? 0 : 1;
});
