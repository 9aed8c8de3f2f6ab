/**
 * The menus of rows and their icons, by mouse and by keys. Every selector of theirs stands in this file.
 * Methods wait for what they name and throw when it does not come.
 */
export class Menus {
  /** @param {import('./harness-workbench.mjs').Workbench} workbench */
  constructor(workbench) {
    this.workbench = workbench;
    this.page = workbench.page;
  }

  /** Opens the menu of a row with the right button of the mouse. @param {import('playwright-core').Locator} row */
  async openByMouse(row) {
    await row.click({ button: 'right' });
    return this.groups();
  }

  /** Opens the menu of the row that arrow keys have reached. @param {'Shift+F10' | 'ContextMenu'} key */
  async openByKey(key) {
    await this.page.keyboard.press(key);
    return this.groups();
  }

  /** What the open menu offers, each group by itself. @returns {Promise<string[][]>} */
  async groups() {
    await this.#menu.locator('.action-menu-item').first().waitFor();
    // It fades in.
    await this.#menu.evaluate(() =>
      Promise.all(document.getAnimations().map(({ finished }) => finished)).catch(() => undefined),
    );
    const items = await this.#menu.locator('.action-item').evaluateAll((elements) =>
      elements.map((item) => {
        const isLine = item.querySelector('.action-label.separator') !== null;
        return isLine ? '' : (item.querySelector('.action-label')?.textContent ?? '').trim();
      }),
    );
    return items.reduce(
      (groups, item) => (item === '' ? [...groups, []] : [...groups.slice(0, -1), [...(groups.at(-1) ?? []), item]]),
      [[]],
    );
  }

  /** Chooses from the open menu with the mouse. @param {string} title */
  async click(title) {
    await this.#item(title).click();
    await this.#menu.waitFor({ state: 'detached' });
  }

  /** Walks to the entry of the open menu with the arrow keys, and chooses it. @param {string} title */
  async choose(title) {
    const count = await this.#menu.locator('.action-menu-item').count();
    const chosen = this.#menu.locator('.action-item.focused', { hasText: title });
    for (let i = 0; i <= count && (await chosen.count()) === 0; i++) await this.page.keyboard.press('ArrowDown');
    await chosen.waitFor();
    await this.page.keyboard.press('Enter');
    await this.#menu.waitFor({ state: 'detached' });
  }

  /** Closes the open menu. */
  async close() {
    await this.page.keyboard.press('Escape');
    await this.#menu.waitFor({ state: 'detached' });
  }

  /** The titles of the icons that a row shows under the mouse. @param {import('playwright-core').Locator} row */
  async icons(row) {
    await row.hover();
    const icons = row.locator('.actions .action-label');
    await icons.first().waitFor();
    return icons.evaluateAll((elements) => elements.map((icon) => icon.getAttribute('aria-label') ?? ''));
  }

  /** Clicks an icon of a row. @param {import('playwright-core').Locator} row @param {string} title */
  async clickIcon(row, title) {
    await row.hover();
    await row.locator(`.actions .action-label[aria-label="${title}"]`).click();
  }

  get #menu() {
    return this.page.locator('.context-view .monaco-menu');
  }

  #item(title) {
    return this.#menu.locator('.action-menu-item', { hasText: title }).first();
  }
}
