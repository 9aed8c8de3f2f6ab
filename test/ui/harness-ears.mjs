// What a screen reader says of what is ours. Contrast and focus rings are VS Code's own.
import assert from 'node:assert/strict';

/** Letters and digits only: how a text sounds, not how it is set. @param {string} text */
const sound = (text) =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

/**
 * Every row of the view that is drawn has a label that makes sense alone: the row's name and at least a word more,
 * which says what it is or how it is, and no icon's name.
 * @param {import('./harness-workbench.mjs').Workbench} workbench @param {string} view
 * @returns {Promise<string[]>} the labels
 */
export async function assertRowsMakeSense(workbench, view) {
  await workbench.waitForRow('', view);
  const rows = await workbench.page
    .locator(`.sidebar .pane:has(.pane-header[aria-label^="${view}"]) .monaco-list-row`)
    .evaluateAll((elements) =>
      elements.map((row) => ({
        label: row.getAttribute('aria-label') ?? '',
        name: row.querySelector('.label-name')?.textContent ?? '',
      })),
    );
  assert.ok(rows.length > 0, `the view ${view} has rows`);
  for (const { label, name } of rows) {
    assert.notEqual(name, '', `a row of ${view} has a name`);
    assert.ok(sound(label).includes(sound(name)), `"${label}" says which row it is: ${name}`);
    assert.ok(sound(label).length > sound(name).length + 2, `"${label}" says more than the name`);
    assert.ok(!label.includes('$('), `"${label}" is free of icons`);
  }
  return rows.map(({ label }) => label);
}

/** The item of the status bar says in words whose it is and how things stand. @returns {Promise<string>} its label */
export async function assertStatusMakesSense(workbench) {
  const item = workbench.page
    .locator('.statusbar-item [aria-label^="LM Studio"], .statusbar-item[aria-label^="LM Studio"]')
    .first();
  await item.waitFor({ state: 'attached' });
  const label = (await item.getAttribute('aria-label')) ?? '';
  assert.match(label, /^LM Studio: \S.+\. Select for actions\./, label);
  assert.ok(!label.includes('$('), `"${label}" is free of icons`);
  return label;
}

/** Every notification that is shown is announced with all of its text and with who says it. @returns {Promise<string[]>} the labels */
export async function assertNotificationsMakeSense(workbench) {
  const toasts = await workbench.page.locator('.notification-toast').evaluateAll((elements) =>
    elements.map((toast) => ({
      label: toast.querySelector('.monaco-list-row')?.getAttribute('aria-label') ?? '',
      message: toast.querySelector('.notification-list-item-message')?.textContent ?? '',
    })),
  );
  assert.ok(toasts.length > 0, 'there is a notification');
  for (const { label, message } of toasts) {
    assert.ok(sound(message).split(' ').length >= 3, `"${message}" is a sentence`);
    assert.ok(sound(label).includes(sound(message)), `"${label}" says "${message}"`);
    assert.match(label, /LM Studio Bridge/, 'it says who speaks');
  }
  return toasts.map(({ label }) => label);
}
