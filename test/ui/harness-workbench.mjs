import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inRepo } from '../../scripts/lib/paths.mjs';
import { THEMES } from './harness-themes.mjs';

/** After this one does it again; only for what may be done twice. */
const SHORT = 5_000;
/** Only keeps a hang from lasting: a machine that does other things as well may need half of it. */
export const LONG = 60_000;
let screenshots = 0;

/**
 * The workbench page as a person sees it. Every selector of VS Code's own stands in this file.
 * Methods wait for what they name (up to a minute) and throw when it does not come.
 */
export class Workbench {
  /**
   * @param {import('playwright-core').Page} page
   * @param {{ workspace: string, userData: string, home: string }} profile
   * @param {{ close: () => Promise<void>, another: () => Promise<Workbench> }} actions
   */
  constructor(page, profile, { close, another }) {
    this.page = page;
    this.profile = profile;
    /** The workspace folder on this machine. */
    this.folder = profile.workspace;
    this.close = close;
    /** Opens one more window of the same VS Code on the same folder; it closes with this one. */
    this.openWindow = another;
  }

  /**
   * Runs a command from the palette by its full title, and answers what it asks.
   * @param {string} title
   * @param {...(string | { check: string[] } | { type: string })} answers in the order of the questions:
   *   the row to choose, the rows to tick, or the text to type
   */
  async runCommand(title, ...answers) {
    await this.openPalette(title);
    await this.page.keyboard.press('Enter');
    await this.waitUntilPaletteIsGone();
    for (const answer of answers) await this.answer(answer);
  }

  /**
   * Opens the command palette with a text in it, until Enter would run a command that shows the text.
   * Whatever takes the focus closes the palette again, for example a view that the command before has opened and that is
   * only drawn now; and the workbench swallows the first keys while it starts. A person then presses F1 once more, which
   * changes nothing where the palette is open.
   * @param {string} text
   */
  async openPalette(text) {
    for (let tries = 1; ; tries++) {
      await this.page.keyboard.press('F1');
      try {
        // Not the input of a question that is about to close.
        await this.page.waitForFunction(isPaletteOpen, undefined, { timeout: SHORT });
        await this.#input.fill(`>${text}`, { timeout: SHORT });
        return await this.#focusedRowOf(text).waitFor({ timeout: SHORT });
      } catch (error) {
        if (tries === 12) throw error;
      }
    }
  }

  /** Waits until the open quick pick shows a row with the text. @param {string} text */
  async waitForQuickPickRow(text) {
    await this.#rowOf(text).waitFor();
  }

  /** Waits until an input box without a list is open. */
  async waitForInput() {
    await this.page.locator('.quick-input-list').waitFor({ state: 'hidden' });
    await this.#input.waitFor();
  }

  /** Answers one quick pick or input box. @param {string | { check: string[] } | { type: string }} answer */
  async answer(answer) {
    if (typeof answer === 'string') return this.pick(answer);
    if ('type' in answer) return this.typeInInput(answer.type);
    for (const text of answer.check) await this.#rowOf(text).click();
    await this.page.keyboard.press('Enter');
  }

  /** Chooses the row that shows the text in the quick pick that is open. @param {string} text */
  async pick(text) {
    await this.#rowOf(text).click();
  }

  /** Types into the input box that is open, and accepts. @param {string} text */
  async typeInInput(text) {
    // Not the filter of a quick pick that is about to close.
    await this.waitForInput();
    await this.#input.fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** Waits until an input box asks this. @param {RegExp} prompt */
  async waitForInputPrompt(prompt) {
    await this.page.locator('.quick-input-widget .quick-input-message', { hasText: prompt }).waitFor();
  }

  /** Waits until the open input or quick pick has this title. @param {string | RegExp} title */
  async waitForInputTitle(title) {
    await this.page.locator('.quick-input-widget .quick-input-title', { hasText: title }).waitFor();
  }

  /** Waits until the open input says this about what is typed. @param {string | RegExp} text */
  async waitForInputComplaint(text) {
    await this.page.locator('.quick-input-widget .quick-input-message', { hasText: text }).waitFor();
    await this.page.locator('.quick-input-widget .monaco-inputbox.error').waitFor();
  }

  /** The rows that the open quick pick shows. */
  async quickPickRows() {
    await this.#rows.first().waitFor();
    return texts(await this.#rows.allInnerTexts());
  }

  /** How many there are in the page now. @param {string} selector in CSS */
  countOf(selector) {
    return this.page.locator(selector).count();
  }

  /** Closes the quick pick or input box that is open. */
  async cancelInput() {
    await this.page.keyboard.press('Escape');
    await this.#input.waitFor({ state: 'hidden' });
  }

  /** Opens a view container by its name in the activity bar. @param {string} name */
  async openContainer(name) {
    const item = this.page.locator(`.activitybar .action-item:has(.action-label[aria-label^="${name}"])`).first();
    await item.waitFor();
    // A click on the one that is open already would close it.
    if (!(await item.evaluate((element) => element.classList.contains('checked')))) await item.click();
    await item.and(this.page.locator('.checked')).waitFor();
  }

  /** Waits until the words beside the name of a view say this. @param {string} view @param {string | RegExp} text */
  async waitForViewDescription(view, text) {
    const header = this.page.locator(`.sidebar .pane-header[aria-label^="${view}"]`);
    await header.locator('.description', { hasText: text }).waitFor();
  }

  /** Leaves only the header of a view in the side bar. @param {string} view */
  async collapseView(view) {
    const header = this.page.locator(`.sidebar .pane-header[aria-label^="${view}"]`);
    await header.waitFor();
    if ((await header.getAttribute('aria-expanded')) === 'true') await header.click();
    await header.and(this.page.locator('[aria-expanded="false"]')).waitFor();
  }

  /** Drags the border of the side bar to the right. @param {number} pixels */
  async widenSideBar(pixels) {
    const box = await this.page.locator('.part.sidebar').boundingBox();
    if (!box) throw new Error('The side bar is not open.');
    const [x, y] = [box.x + box.width, box.y + box.height / 2];
    await this.page.mouse.move(x, y);
    await this.page.mouse.down();
    await this.page.mouse.move(x + pixels, y, { steps: 4 });
    await this.page.mouse.up();
  }

  /** The visible rows of a view in the side bar, or of all of them. @param {string} [view] @returns {Promise<string[]>} */
  async treeRows(view) {
    const rows = this.#treeRow(view);
    await rows.first().waitFor();
    return texts(await rows.allInnerTexts());
  }

  /**
   * Waits until the visible rows of a view are these and no others, in this order.
   * @param {string[]} rows how each begins @param {string} view
   */
  async waitForRows(rows, view) {
    const are = ([selector, wanted]) => {
      const shown = [...document.querySelectorAll(selector)].map((row) =>
        row.innerText
          .replaceAll('\u00a0', ' ')
          .trim()
          .replace(/\s*\n\s*/g, ' '),
      );
      return shown.length === wanted.length && wanted.every((text, at) => shown[at].startsWith(text));
    };
    await this.page.waitForFunction(are, [rowsIn(view), rows]);
  }

  /** @param {string | RegExp} text @param {string} [view] */
  async waitForRow(text, view) {
    const row = this.#treeRow(view).filter({ hasText: text }).first();
    await row.waitFor();
    return row;
  }

  /** Waits until no row shows the text. @param {string | RegExp} text @param {string} [view] */
  async waitForNoRow(text, view) {
    await this.#treeRow(view).filter({ hasText: text }).first().waitFor({ state: 'detached' });
  }

  /** Opens or closes a row. A click on a row with a box only selects it. @param {import('playwright-core').Locator} row */
  async toggleRow(row) {
    await row.locator('.monaco-tl-twistie').click();
  }

  /** Waits for a status bar item with the text. @param {string | RegExp} text @returns {Promise<string>} its whole text */
  async waitForStatusBar(text) {
    const item = this.page.locator('.statusbar-item', { hasText: text }).first();
    // It comes with the extension, after all that the workbench itself starts.
    await item.waitFor({ timeout: 2 * LONG });
    return clean(await item.innerText());
  }

  /**
   * Rests the mouse on the item of the status bar with the text until its tooltip shows the other text.
   * @param {string | RegExp} text @param {string | RegExp} shown
   */
  async hoverStatusBar(text, shown) {
    const hover = this.page.locator('.monaco-hover, .workbench-hover', { hasText: shown }).first();
    for (let tries = 1; ; tries++) {
      await this.page.locator('.statusbar-item', { hasText: text }).first().hover();
      try {
        await hover.waitFor({ timeout: SHORT });
        return hover;
      } catch (error) {
        // An item that is drawn anew just then forgets the mouse, until that comes again.
        if (tries === 12) throw error;
        await this.page.mouse.move(0, 0);
      }
    }
  }

  /** @param {string | RegExp} text */
  async clickStatusBar(text) {
    await this.page.locator('.statusbar-item', { hasText: text }).first().click();
  }

  /**
   * The lines of an output channel that are visible, once they hold the text.
   * @param {string} channel @param {string | RegExp} text
   */
  async outputText(channel, text) {
    const lines = this.page.locator('.part.panel .view-lines', { hasText: text });
    // Shown by the extension itself, as a rule. VS Code loses OutputChannel.show() now and then when it comes soon
    // after activation; then the channel is opened as a person would.
    await lines.waitFor({ timeout: SHORT }).catch(async () => {
      await this.runCommand('Output: Show Output Channels...', channel);
      await lines.waitFor();
    });
    return clean(await lines.innerText());
  }

  /** Waits until the panel shows this output channel. @param {string} channel */
  async waitForOutput(channel) {
    const chosen = (/** @type {string} */ name) =>
      [...document.querySelectorAll('.part.panel select')].some((list) => list.selectedOptions[0]?.text === name);
    await this.page.waitForFunction(chosen, channel);
  }

  /** Opens the Problems panel, waits for a row of it, and gives the rows the focus. @param {string | RegExp} text */
  async waitForProblem(text) {
    const focus = 'Problems: Focus on Problems View';
    await this.runCommand(focus);
    const row = this.#problem(text);
    await row.waitFor();
    // A panel that was still empty has given the focus to its message.
    await this.runCommand(focus);
    await this.page.locator('.markers-panel .monaco-list:focus').waitFor();
    return row;
  }

  /** Waits until the Problems panel has no such row. @param {string | RegExp} text */
  async waitForNoProblem(text) {
    await this.#problem(text).waitFor({ state: 'detached' });
  }

  /** Waits until the editor has the focus, and knows of a quick fix at its cursor. */
  async waitForLightBulb() {
    await this.page.locator('.editor-instance .monaco-editor.focused').waitFor();
    await this.page
      .locator('.editor-instance [class*="codicon-gutter-lightbulb"], .editor-instance .lightBulbWidget')
      .first()
      .waitFor();
  }

  /** Waits until the menu of quick fixes at the cursor offers this. @param {string} title */
  async waitForQuickFix(title) {
    await this.page.locator('.action-widget .monaco-list-row', { hasText: title }).first().waitFor();
  }

  /** Waits until the editor that is open shows the text. @param {string | RegExp} text */
  async waitForEditor(text) {
    await this.page.locator('.editor-instance .view-lines', { hasText: text }).waitFor();
  }

  /** Waits until the editor that is open does not show the text any more. @param {string | RegExp} text */
  async waitForEditorWithout(text) {
    await this.page.locator('.editor-instance .view-lines', { hasText: text }).waitFor({ state: 'detached' });
  }

  /** Waits until the settings editor shows the setting. @param {string} name as it is shown there */
  async waitForSetting(name) {
    await this.page.locator('.settings-editor .setting-item-contents', { hasText: name }).first().waitFor();
  }

  /** Waits until a step of the walkthrough that is open is ticked off. @param {string} step */
  async waitForDoneStep(step) {
    const button = this.page.locator('.gettingStartedContainer .getting-started-step', { hasText: step });
    await button.and(this.page.locator('[aria-checked="true"], :has([aria-checked="true"])')).first().waitFor();
  }

  /** Waits until the cursor stands in this line of the editor. @param {number} line */
  async waitForCursor(line) {
    await this.page.locator('.statusbar-item', { hasText: new RegExp(`^\\s*Ln ${line}, `) }).waitFor();
  }

  /** Waits for a notification with the text. @param {string | RegExp} text @returns {Promise<string>} its whole text */
  async waitForNotification(text) {
    const toast = this.#notification(text);
    await toast.waitFor();
    return clean(await toast.innerText());
  }

  /** The texts of the notifications that are shown now and match. @param {RegExp} text */
  async notificationTexts(text) {
    return texts(await this.page.locator('.notification-toast', { hasText: text }).allInnerTexts());
  }

  /** Waits until no notification shows the text. @param {string | RegExp} text */
  async waitForNoNotification(text) {
    await this.#notification(text).waitFor({ state: 'detached' });
  }

  /** Clicks a button of the notification that shows the text. @param {string | RegExp} text @param {string} button */
  async clickNotification(text, button) {
    const onToast = this.#notification(text).locator('.monaco-button', { hasText: button });
    const isShown = await onToast.waitFor({ timeout: SHORT }).then(
      () => true,
      () => false,
    );
    if (isShown) return onToast.click();
    // A toast goes after ten seconds, of which a picture can take some; in the list it stays.
    await this.runCommand('Notifications: Show Notifications');
    const listed = this.page.locator('.notifications-center .notification-list-item', { hasText: text }).first();
    return listed.locator('.monaco-button', { hasText: button }).click();
  }

  /** Waits until a modal dialog is open that says this. @param {string | RegExp} [text] @returns {Promise<string>} its whole text */
  async waitForDialog(text = '') {
    const dialog = this.page.locator('.monaco-dialog-box', { hasText: text });
    await dialog.waitFor();
    return clean(await dialog.innerText());
  }

  /** Waits until a context menu is open that offers this. @param {string} text */
  async waitForMenu(text) {
    await this.page.locator('.monaco-menu .action-item', { hasText: text }).first().waitFor();
  }

  /** What a view without rows says instead, once it says something. @param {string | RegExp} [text] */
  async welcomeText(text = '') {
    const welcome = this.page.locator('.sidebar .welcome-view-content:visible', { hasText: text }).first();
    await welcome.waitFor();
    return clean(await welcome.innerText());
  }

  /** Waits for a modal dialog, clicks its button, and gives back what it said. @param {string} button */
  async acceptDialog(button) {
    const said = await this.waitForDialog();
    await this.page.locator('.monaco-dialog-box .monaco-button', { hasText: button }).first().click();
    await this.waitUntilDialogIsAnother(said);
    return said;
  }

  /** Waits until the modal dialog that said this is gone. The next one may stand there at once. @param {string} said */
  async waitUntilDialogIsAnother(said) {
    const isGone = (/** @type {string} */ before) =>
      document.querySelector('.monaco-dialog-box')?.innerText.replaceAll('\u00a0', ' ').trim() !== before;
    await this.page.waitForFunction(isGone, said);
  }

  /**
   * Changes settings in their files, each in one write over what is there: a file that is empty for a moment would say that
   * settings are gone, and of a file that takes another's place the watcher does not always hear. The others stay: without
   * some of them VS Code wants a reload.
   * @param {object} changes by the name of the setting
   */
  changeSettings(changes) {
    for (const place of ['User', 'Machine']) {
      const file = path.join(this.profile.userData, place, 'settings.json');
      const before = readFileSync(file, 'utf8');
      const after = JSON.stringify({ ...JSON.parse(before), ...changes });
      // What is left of a longer text becomes white space.
      writeFileSync(file, after.padEnd(before.length), { flag: 'r+' });
    }
  }

  /** Reloads the window by its own command, and waits until it is there again. */
  async reload() {
    await this.openPalette('Developer: Reload Window');
    const loaded = this.page.waitForEvent('load');
    await this.page.keyboard.press('Enter');
    await loaded;
    await this.page.locator('.monaco-workbench').waitFor();
  }

  /** Saves artifacts/screenshots/NN-name.png. @param {string} name */
  async screenshot(name) {
    await this.#save(nextName(name));
  }

  /** Saves artifacts/screenshots/NN-name.THEME.png for every theme, and leaves the window in the last one. @param {string} name */
  async screenshots(name) {
    const file = nextName(name);
    for (const theme of Object.keys(THEMES)) {
      await this.useTheme(theme);
      await this.#save(`${file}.${theme}`);
    }
  }

  /** Changes the theme of the window, which the system has to be asked for. @param {import('./harness-themes.mjs').Theme} theme */
  async useTheme(theme) {
    const { css, media } = THEMES[theme];
    await this.page.emulateMedia(media);
    await this.page.locator(`.monaco-workbench.${css}`).waitFor();
  }

  async #save(name) {
    const file = inRepo('artifacts', 'screenshots', `${name}.png`);
    mkdirSync(path.dirname(file), { recursive: true });
    await this.page.screenshot({ path: file });
  }

  get #input() {
    return this.page.locator('.quick-input-widget input.input');
  }

  get #rows() {
    return this.page.locator('.quick-input-list .monaco-list-row');
  }

  #rowOf(text) {
    return this.#rows.filter({ hasText: text }).first();
  }

  /** The row that Enter would take. */
  #focusedRowOf(text) {
    return this.page.locator('.quick-input-list .monaco-list-row.focused', { hasText: text });
  }

  #treeRow(view) {
    return this.page.locator(rowsIn(view));
  }

  #problem(text) {
    return this.page.locator('.markers-panel .monaco-list-row', { hasText: text }).first();
  }

  #notification(text) {
    return this.page.locator('.notification-toast', { hasText: text }).first();
  }

  /** Else the rows of the palette would pass for those of the command's first question. */
  async waitUntilPaletteIsGone() {
    const isGone = `!(${isPaletteOpen})()`;
    await this.page.waitForFunction(isGone);
  }
}

/** @param {string} [view] */
function rowsIn(view) {
  const pane = view ? `.sidebar .pane:has(.pane-header[aria-label^="${view}"]) ` : '.sidebar ';
  return `${pane}.monaco-list-row`;
}

/** Runs in the page. */
function isPaletteOpen() {
  const input = document.querySelector('.quick-input-widget input.input');
  return (input?.checkVisibility() ?? false) && input.value.startsWith('>');
}

/** The name of the next picture, without its ending. @param {string} name */
function nextName(name) {
  const number = String(++screenshots).padStart(2, '0');
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60);
  return `${number}-${slug}`;
}

/** What the workbench draws, without its non-breaking spaces. @param {string} text */
function clean(text) {
  return text.replaceAll('\u00a0', ' ').trim();
}

/** @param {string[]} all */
function texts(all) {
  return all.map((text) => clean(text).replace(/\s*\n\s*/g, ' '));
}
