// A real workbench with the packaged extension in it, for UI tests. Started by scripts/test-ui.mjs, which hands in the
// browser, the package and the simulator through the environment; mocha loads this file first, for the hooks at its end.
import { ensureBrowser, launchBrowser } from '../../scripts/browser.mjs';
import { cleanUp } from '../../scripts/lib/cleanup.mjs';
import { failOnLeftovers } from '../../scripts/lib/leftovers.mjs';
import { copySampleWorkspace } from '../../scripts/lib/workspace.mjs';
import { createProfile, installVsix, pageUrl, startHost } from '../../scripts/vscode-host.mjs';
import { THEME_SETTINGS, THEMES } from './harness-themes.mjs';
import { LONG, Workbench } from './harness-workbench.mjs';

/** @type {Set<Workbench>} */
const open = new Set();

/** The simulator's address, for tests that talk to it. */
export const simulatorUrl = process.env.LMSTUDIO_BRIDGE_TEST_URL;

/**
 * Opens a workbench with a fresh profile on a fresh copy of the sample workspace. Close it with `close()`.
 * @param {object} [options]
 * @param {boolean} [options.trusted] false: workspace trust is a question, and the folder is not trusted
 * @param {object} [options.settings] user settings besides the server's address
 * @param {import('./harness-themes.mjs').Theme} [options.theme] default: VS Code's own default
 * @param {Record<string, string>} [options.env] for the extension host
 * @param {(folder: string) => unknown} [options.prepare] changes the copy of the workspace before it is opened
 */
export async function openWorkbench({ trusted = true, settings = {}, theme, env = {}, prepare } = {}) {
  const profile = createProfile({
    trust: !trusted,
    settings: {
      'lmstudioBridge.server.url': simulatorUrl,
      // The question is a dialog that covers everything; a test that is about it can turn it on again.
      'security.workspace.trust.startupPrompt': 'never',
      // Native-looking dialogs in the page, which a test can click on.
      'window.dialogStyle': 'custom',
      ...(theme === undefined ? {} : THEME_SETTINGS),
      ...settings,
    },
  });
  copySampleWorkspace(profile.workspace);
  await prepare?.(profile.workspace);
  await installVsix(profile, process.env.LMSTUDIO_BRIDGE_TEST_VSIX);
  // Without the smoke-test driver: it would suppress notifications.
  const host = await startHost(profile, { env });
  const browser = await launchBrowser(await ensureBrowser(), profile.browser);
  browser.setDefaultTimeout(LONG);
  /** @type {Set<Workbench>} */
  const windows = new Set();
  const close = async () => {
    for (const window of windows) open.delete(window);
    await browser.close();
    await host.stop();
    await failOnLeftovers(profile.folder);
    await profile.remove();
  };
  const openWindow = async () => {
    const page = await browser.newPage();
    const window = new Workbench(page, profile, { close, another: openWindow });
    windows.add(window);
    open.add(window);
    if (theme !== undefined) await page.emulateMedia(THEMES[theme].media);
    await page.goto(pageUrl(host.port, { open: profile.workspace }));
    await page.locator('.monaco-workbench').waitFor();
    return window;
  };
  return openWindow();
}

export const mochaHooks = {
  async afterEach() {
    if (this.currentTest?.state !== 'failed') return;
    for (const workbench of open) await workbench.screenshot(`failed ${this.currentTest.title}`).catch(() => undefined);
  },
  async afterAll() {
    await cleanUp();
  },
};
