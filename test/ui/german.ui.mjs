import { openWorkbench, simulatorUrl } from './harness.mjs';

describe('A person whose VS Code speaks German', () => {
  /** @type {import('./harness-workbench.mjs').Workbench} */
  let workbench;

  before(async () => {
    workbench = await openWorkbench();
    await workbench.waitForStatusBar(/LM Studio/);
    // As with a language pack, which cannot be installed here: VS Code's own texts stay English, extensions are told.
    await workbench.page.addInitScript(() => {
      Object.defineProperty(globalThis, '_VSCODE_NLS_LANGUAGE', { get: () => 'de', set: () => undefined });
    });
    await workbench.page.reload();
    await workbench.waitForStatusBar(/LM Studio/);
    await workbench.openContainer('LM Studio');
  });

  after(() => workbench?.close());

  it('reads German in views and commands', async () => {
    await workbench.waitForRow(/Demo planner/, 'Modelle');
    await workbench.openPalette('LM Studio: Modell für Aufgaben auswählen…');
    await workbench.screenshot('german commands');
    await workbench.cancelInput();
  });

  it('reads German where the code speaks', async () => {
    workbench.changeSettings({ 'lmstudioBridge.server.url': 'ftp://somewhere' });
    await workbench.waitForNotification(/Die Einstellung lmstudioBridge\.server\.url muss die Adresse eines Servers/);
    await workbench.welcomeText('Die Adresse des Servers in den Einstellungen ist nicht gültig.');
    await workbench.screenshot('german notification');
    workbench.changeSettings({ 'lmstudioBridge.server.url': simulatorUrl });
    await workbench.waitForRow(/Demo planner.*geladen, untätig/, 'Modelle');
  });

  it("reads the doctor's report in German", async () => {
    await workbench.runCommand('LM Studio: Diagnose');
    await workbench.waitForEditor('LM-Studio-Diagnose');
    await workbench.waitForEditor('Was als Nächstes zu tun ist');
    await workbench.page.locator('.codelens-decoration', { hasText: 'Bericht kopieren' }).first().waitFor();
    await workbench.screenshot('german doctor');
  });
});
