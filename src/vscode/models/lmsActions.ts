import * as l10n from '@vscode/l10n';
import type { Clock } from '../../base/clock';
import { ConfigurationError } from '../../base/errors';
import type { LmsCli } from '../../llm/lmstudio/lmsCli';
import type { ProgressSources } from '../../tasks/modelProgress';
import type { ServerConnection } from '../connection';
import type { Dialogs } from '../dialogs';
import { HelpfulError, offer } from '../failures';
import { COMMANDS } from '../ids';
import { withProgress } from '../progress';
import { readLmsEnabled } from '../settings/settings';
import { executeCommand } from '../typed';

export const START_BUTTONS = { start: l10n.t('Start'), cancel: l10n.t('Cancel') } as const;

/**
 * What LM Studio's own program `lms` does for this product. It can start the whole app (reference 1.4), so it runs only
 * when a person gives a command, after a load that a server of this computer has just made, or for the log of a server that
 * was found running. Only for a server on this computer.
 */
export class LmsActions {
  #cli: Promise<LmsCli> | undefined;

  constructor(
    private readonly connection: ServerConnection,
    private readonly dialogs: Dialogs,
    private readonly clock: Clock,
  ) {}

  /** The program's path where it could help with the server at `root`. Runs nothing. */
  async find(root = this.connection.snapshot.root): Promise<string | undefined> {
    const { isLocalRoot } = await import('../../llm/lmstudio/lmsCli');
    return isLocalRoot(root) ? (await this.#open()).find() : undefined;
  }

  /** What tasks may follow the log of the server at `root` with: nothing where that is not allowed, or it is elsewhere. */
  async findLog(root: string): Promise<ProgressSources['log']> {
    if (!readLmsEnabled() || (await this.find(root)) === undefined) return undefined;
    const { port, protocol } = new URL(root);
    return { lms: await this.#open(), port: Number(port) || (protocol === 'https:' ? 443 : 80) };
  }

  /** @throws HelpfulError where the person has not allowed it or the server is elsewhere; else why it is not known */
  async refreshBusyState(): Promise<void> {
    if (!readLmsEnabled()) throw notAllowed();
    await this.#requireLocal();
    const lms = await this.#open();
    const answer = await withProgress(l10n.t('Asking lms what the models do'), (_report, signal) => lms.ps(signal));
    if (answer.kind === 'unknown') throw answer.reason;
    const { catalog } = await this.connection.get();
    await catalog.refreshAnew();
    catalog.applyPs(answer.value);
    const busy = answer.value.filter(({ work }) => work !== undefined && work !== 'idle').length;
    offer(this.dialogs, 'info', l10n.t('Models in memory: {0}, of them busy: {1}.', answer.value.length, busy));
  }

  /** After a load of ours: how long the copy stays, where the person allows to ask. Quiet: what is not known is not shown. */
  async noteTimes(root: string): Promise<void> {
    if (!readLmsEnabled() || root !== this.connection.snapshot.root || (await this.find(root)) === undefined) return;
    const lms = await this.#open();
    const answer = await lms.ps(new AbortController().signal);
    if (answer.kind === 'unknown') return;
    const { catalog } = await this.connection.get();
    catalog.applyPs(answer.value);
  }

  /** Asks first where the setting does not allow it yet. @throws why it did not start */
  async startServer(): Promise<void> {
    await this.#requireLocal();
    const lms = await this.#open();
    const file = await lms.find();
    const message = l10n.t('Start LM Studio\'s server with "lms server start"?');
    const detail = l10n.t('This runs {0}. LM Studio itself is started where it does not run yet.', file ?? 'lms');
    const { start, cancel } = START_BUTTONS;
    if (file !== undefined && !readLmsEnabled()) {
      const buttons = [start, cancel];
      const answer = await this.dialogs.ask(
        { message, detail, buttons, closing: cancel },
        new AbortController().signal,
      );
      if (answer !== start) return;
    }
    await withProgress(l10n.t("Starting LM Studio's server"), (_report, signal) => lms.startServer(signal));
    await this.connection.reconnect();
  }

  async #requireLocal(): Promise<void> {
    const { isLocalRoot } = await import('../../llm/lmstudio/lmsCli');
    const { root } = this.connection.snapshot;
    if (isLocalRoot(root)) return;
    throw new ConfigurationError(
      'usage',
      l10n.t('The server {0} is on another computer, and lms can only speak of this one.', root),
    );
  }

  #open(): Promise<LmsCli> {
    this.#cli ??= import('../../llm/lmstudio/lmsCli').then(({ LmsCli: Cli }) => new Cli({ clock: this.clock }));
    return this.#cli;
  }
}

function notAllowed(): HelpfulError {
  const error = new ConfigurationError('usage', l10n.t('The program lms may not be run: its setting is off.'), {
    hint: l10n.t('It tells which models are busy. It can start LM Studio.'),
  });
  return new HelpfulError(error, { label: l10n.t('Open Settings'), run: () => executeCommand(COMMANDS.openSettings) });
}
