import assert from 'node:assert/strict';
import { front } from './harness-front.mjs';
import { openWorkbench } from './harness.mjs';

describe('A newcomer looks around', () => {
  /** @type {import('./harness-workbench.mjs').Workbench} */
  let workbench;

  before(async () => {
    workbench = await openWorkbench();
    await workbench.waitForStatusBar(front.statusBar);
  });

  after(() => workbench?.close());

  it('is led through the first steps, of which those that are done are ticked off', async () => {
    await workbench.runCommand('LM Studio: First Steps');
    const { page } = workbench;
    await page.getByText('First Steps with LM Studio').first().waitFor();
    for (const title of ['Find or Install LM Studio', 'Start Its Server']) {
      const step = page.locator('.getting-started-step', { hasText: title }).first();
      await step.locator('.codicon.complete').first().waitFor();
    }
    await page.locator('.getting-started-step', { hasText: 'Run Your First Task' }).first().click();
    await page.getByRole('button', { name: 'Run Task' }).first().waitFor();
    // With room for the picture beside the steps.
    await page.keyboard.press('ControlOrMeta+B');
    await page.locator('.getting-started-media iframe, .getting-started-media svg').first().waitFor();
    await workbench.screenshot('first steps');
    await page.keyboard.press('ControlOrMeta+B');
  });

  it('asks the doctor, and reads what to do next above the facts', async () => {
    await workbench.runCommand('LM Studio: Doctor');
    await workbench.waitForEditor('What to do next');
    await workbench.page.locator('.codelens-decoration', { hasText: 'Copy Report' }).first().waitFor();
    await workbench.screenshot('doctor');
  });

  it('sees in the status bar how things stand, and finds what can be done in groups', async () => {
    const { page } = workbench;
    const hover = await workbench.hoverStatusBar(front.statusBar, 'Answers in');
    assert.deepEqual(await hover.locator('a').allInnerTexts(), ['Select Model…', 'Doctor', 'All Actions…']);
    await workbench.screenshot('status bar tooltip');
    await page.keyboard.press('Escape');
    await workbench.clickStatusBar(front.statusBar);
    await workbench.waitForQuickPickRow('Run Task with One MCP Server');
    await page.locator('.quick-input-list-separator', { hasText: 'Tasks' }).first().waitFor();
    await workbench.screenshot('status bar menu');
    await workbench.cancelInput();
  });
});
