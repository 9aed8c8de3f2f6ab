/** Steps from one control to the next before somebody would give up: no dialog and no toast has that many. */
const MANY = 25;

/**
 * A person without a pointer. Everything here is done by keys, and only what has the focus is ever acted on.
 * Methods wait for what they name and throw when it does not come.
 */
export class Keyboard {
  /** @param {import('./harness-workbench.mjs').Workbench} workbench */
  constructor(workbench) {
    this.workbench = workbench;
    this.page = workbench.page;
  }

  /** @param {string} key as playwright names it, e.g. `Shift+Tab` @param {number} [times] */
  async press(key, times = 1) {
    for (let i = 0; i < times; i++) await this.page.keyboard.press(key);
  }

  /** Runs a command from the palette by its full title, and answers what it asks. @see Workbench.runCommand */
  async run(title, ...answers) {
    await this.workbench.runCommand(title);
    for (const answer of answers) await this.answer(answer);
  }

  /** Answers one quick pick or input box. @param {string | { check: string[] } | { type: string }} answer */
  async answer(answer) {
    if (typeof answer === 'string') return this.choose(answer);
    if ('type' in answer) return this.type(answer.type);
    return this.tick(answer.check);
  }

  /** Walks to the row that shows the text in the quick pick that is open, and accepts it. @param {string} text */
  async choose(text) {
    await this.workbench.waitForQuickPickRow(text);
    await this.#walkToRow(text);
    await this.press('Enter');
  }

  /** Ticks rows of the quick pick that is open, and accepts. @param {string[]} rows */
  async tick(rows) {
    for (const text of rows) {
      await this.workbench.waitForQuickPickRow(text);
      await this.#walkToRow(text);
      await this.press('Space');
    }
    await this.press('Enter');
  }

  /** Types into the input box that is open, and accepts. @param {string} text */
  async type(text) {
    await this.workbench.waitForInput();
    await this.page.keyboard.insertText(text);
    await this.press('Enter');
  }

  /** Waits for the modal dialog, chooses one of its buttons, and gives back what it said. @param {string | RegExp} button */
  async answerDialog(button) {
    const said = await this.workbench.waitForDialog();
    await this.#tabTo('.monaco-dialog-box', button);
    await this.press('Enter');
    await this.workbench.waitUntilDialogIsAnother(said);
    return said;
  }

  /**
   * Opens the list of notifications and chooses a button of the one with the text. A toast is gone after some seconds; there it stays.
   * @param {string | RegExp} text @param {string | RegExp} button
   */
  async answerNotification(text, button) {
    await this.run('Notifications: Show Notifications');
    await this.page.locator('.notifications-center .notification-list-item', { hasText: text }).first().waitFor();
    await this.#tabTo('.notifications-center', button);
    await this.press('Enter');
  }

  /** Opens a view of ours, and gives its rows the focus as soon as it has some. @param {string} view its title */
  async focusView(view) {
    const command = `LM Studio: Focus on ${view} View`;
    await this.run(command);
    await this.workbench.waitForRow('', view);
    // The rows of a view that this has opened come later, and what had the focus until then is gone.
    const rows = this.page.locator(`.sidebar .pane:has(.pane-header[aria-label^="${view}"]) .monaco-list:focus`);
    if ((await rows.count()) === 0) await this.run(command);
    await rows.waitFor();
  }

  /** Waits until a view has the focus: a command that gives it one would else close the palette of the next. @param {string} view */
  async waitForFocusIn(view) {
    const pane = this.page.locator(`.sidebar .pane:has(.pane-header[aria-label^="${view}"])`);
    await pane.locator(':focus').first().waitFor({ state: 'attached' });
  }

  /** Makes the side bar wider, from a view in it that has the focus. */
  async widenSideBar() {
    for (let i = 0; i < 3; i++) await this.run('Increase Current View Size');
  }

  /**
   * Walks down a tree that has the focus until the row with the text is the one that arrow keys have reached.
   * @param {string | RegExp} text of the row's aria-label
   * @returns {Promise<string>} that label
   */
  async walkTreeTo(text) {
    await this.press('Home');
    let label = await this.#nextRow('');
    for (let i = 0; i < MANY; i++) {
      if (matches(label, text)) return label;
      await this.press('ArrowDown');
      label = await this.#nextRow(label);
    }
    throw new Error(`Arrow keys reach no row ${String(text)}; the last one is "${label}".`);
  }

  /** What a screen reader says of the row that the arrow keys have reached, once it is another one than that. */
  async #nextRow(before) {
    const row = (/** @type {string} */ known) => {
      const list = document.activeElement?.closest('.monaco-list');
      const id = list?.getAttribute('aria-activedescendant');
      const label = (id ? document.getElementById(id) : undefined)?.getAttribute('aria-label') ?? '';
      return label === known ? undefined : label;
    };
    return (await this.page.waitForFunction(row, before)).jsonValue();
  }

  /** Gives the status bar the focus and walks to the item with the text. @returns {Promise<string>} what a screen reader says of it */
  async walkStatusBarTo(text) {
    await this.run('View: Focus Status Bar');
    await this.#waitForFocusWithin('.part.statusbar');
    for (let i = 0; i < MANY; i++) {
      const [label, shown] = await this.page.evaluate(() => {
        const { activeElement } = document;
        const item = activeElement?.closest('.statusbar-item');
        return [
          activeElement?.getAttribute('aria-label') ?? item?.getAttribute('aria-label') ?? '',
          item?.innerText ?? '',
        ];
      });
      if (matches(shown, text)) return label;
      await this.press('ArrowRight');
    }
    throw new Error(`Arrow keys reach no item ${String(text)} of the status bar.`);
  }

  async #walkToRow(text) {
    for (let i = 0; i < 2 * MANY; i++) {
      if ((await this.#focusedQuickPickRow())?.includes(text)) return;
      await this.press('ArrowDown');
    }
    throw new Error(`Arrow keys reach no row "${text}".`);
  }

  /** The row that Enter would take. */
  async #focusedQuickPickRow() {
    return this.page.evaluate(() =>
      document.querySelector('.quick-input-list .monaco-list-row.focused')?.innerText.replaceAll('\u00a0', ' '),
    );
  }

  /** Waits until something in there has the focus: keys that come before go elsewhere. */
  async #waitForFocusWithin(place) {
    await this.page.locator(`${place}:focus-within`).first().waitFor();
  }

  /** Tabs on until the button that has the focus says this. */
  async #tabTo(place, button) {
    await this.#waitForFocusWithin(place);
    for (let i = 0; i < MANY; i++) {
      const focused = await this.page.evaluate((selector) => {
        const { activeElement } = document;
        return activeElement?.closest(selector) && activeElement.matches('.monaco-button')
          ? activeElement.innerText.trim()
          : undefined;
      }, place);
      if (focused !== undefined && matches(focused, button)) return;
      await this.press('Tab');
    }
    throw new Error(`The Tab key reaches no button ${String(button)} in ${place}.`);
  }
}

/** @param {string} text @param {string | RegExp} wanted */
function matches(text, wanted) {
  return typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text);
}
