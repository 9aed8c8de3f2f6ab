import assert from 'node:assert/strict';
import { front } from './harness-front.mjs';
import { openWorkbench } from './harness.mjs';

describe('A person uses a local model in the chat', () => {
  /** @type {import('./harness-workbench.mjs').Workbench} */
  let workbench;
  /** @type {import('playwright-core').Page} */
  let page;
  before(async () => {
    workbench = await openWorkbench();
    ({ page } = workbench);
    await workbench.waitForStatusBar(front.statusBar);
  });
  after(() => workbench?.close());

  const response = (text) => page.locator('.interactive-response', { hasText: text }).last();
  const input = () => page.locator('.interactive-session .chat-input-container .monaco-editor').last();
  /** @param {string} text */
  const send = async (text) => {
    await input().click();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type(text);
    // The name of the participant stays there for the next message.
    const lastWord = input().locator('.view-lines', { hasText: text.split(' ').at(-1) });
    await lastWord.waitFor();
    for (let tries = 1; ; tries++) {
      // The list of suggestions would take the Enter, and may still come after the Escape.
      await page.keyboard.press('Escape');
      await page.keyboard.press('Enter');
      try {
        return await lastWord.waitFor({ state: 'detached', timeout: 5_000 });
      } catch (error) {
        if (tries === 12) throw error;
      }
    }
  };

  it('opens the chat and finds @lmstudio among the participants', async () => {
    await workbench.runCommand('Chat: Open Chat');
    const suggested = page.locator('.suggest-widget .monaco-list-row', { hasText: 'lmstudio' }).first();
    for (let tries = 1; ; tries++) {
      await input().click();
      await page.keyboard.press('ControlOrMeta+A');
      await page.keyboard.type('@lm');
      try {
        await suggested.waitFor({ timeout: 5_000 });
        break;
      } catch (error) {
        // A chat that is still being drawn forgets what is typed, or knows no participants yet.
        if (tries === 12) throw error;
      }
    }
    await workbench.screenshot('chat suggests the participant');
    await page.keyboard.press('Escape');
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.press('Backspace');
  });

  it('lists the models with their states, and has buttons for them', async () => {
    await send('@lmstudio /models');
    await response('Sample: coder 14B').waitFor();
    await page
      .locator('.interactive-response .monaco-button', { hasText: 'Choose the Model for Tasks' })
      .first()
      .waitFor();
    await workbench.screenshot('chat models');
  });

  it('tells the health', async () => {
    await send('@lmstudio /doctor');
    await response('LM Studio answers at').waitFor();
    await workbench.screenshot('chat doctor');
  });

  it('runs a task under the same consent, shows each call, and ends with a ledger', async () => {
    await send('@lmstudio List the files in the notes folder. #filesystem');
    await workbench.acceptDialog(/^Start$/);
    assert.match(await workbench.acceptDialog('Allow for this task'), /of MCP server "filesystem"/);
    await response(/\d rounds? · \d tool calls?/).waitFor();
    await workbench.screenshot('chat task');
  });

  it('offers the models in the pickers', async () => {
    await workbench.runCommand('Chat: Manage Language Models');
    await page.locator('.editor-instance', { hasText: 'Demo planner' }).first().waitFor();
    await workbench.screenshot('chat manage models');
  });
});
