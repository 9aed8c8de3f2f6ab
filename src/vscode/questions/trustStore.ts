import * as l10n from '@vscode/l10n';
import type * as vscode from 'vscode';
import { Emitter } from '../../base/emitter';
import type { TrustedServers } from '../../policy/gates';
import type { Dialogs } from '../dialogs';
import type { Grant } from './grants';
import { markupFree } from '../markup';
import { shortText } from '../shortText';
import { readRecords } from '../storedRecords';

const STORE_KEY = 'trustedServers';

export const TRUST_BUTTONS = { trust: l10n.t('Trust'), cancel: l10n.t('Cancel') } as const;

interface TrustedServer {
  readonly server: string;
  readonly definition: string;
}

/** Servers whose word about their tools counts: kept on this machine for this person, by what would run. */
export class TrustStore implements TrustedServers {
  readonly #changed = new Emitter<void>();
  readonly onDidChange = this.#changed.event;

  constructor(
    private readonly state: vscode.Memento,
    private readonly dialogs: Dialogs,
  ) {}

  has(definition: string): boolean {
    return this.#servers.some((known) => known.definition === definition);
  }

  async add(server: string, definition: string): Promise<void> {
    if (!this.has(definition)) await this.#save([...this.#servers, { server, definition }]);
  }

  async remove(definition: string): Promise<void> {
    await this.#save(this.#servers.filter((known) => known.definition !== definition));
  }

  /** Says what trust means, and asks. False: the person thought better of it. */
  async offer(server: string, definition: string, signal: AbortSignal): Promise<boolean> {
    const question = {
      message: l10n.t('Trust the MCP server "{0}"?', shortText(server, 100)),
      detail: [
        l10n.t(
          'What it says of its own tools then counts: those that it marks as read-only run without a question, and those that it marks as closed do not count as reaching out of your computer.',
        ),
        l10n.t(
          'It still needs your consent to start, and your yes for everything else. Trust ends when its definition changes.',
        ),
      ].join('\n\n'),
      buttons: [TRUST_BUTTONS.trust, TRUST_BUTTONS.cancel],
      closing: TRUST_BUTTONS.cancel,
    };
    if ((await this.dialogs.ask(question, signal)) !== TRUST_BUTTONS.trust) return false;
    await this.add(server, definition);
    return true;
  }

  get grants(): readonly Grant[] {
    return this.#servers.map(({ server, definition }) => ({
      heading: l10n.t('Trusted MCP servers'),
      label: l10n.t('Trust in {0}', markupFree(server)),
      description: l10n.t('What it marks as read-only is not asked'),
      revoke: () => this.remove(definition),
    }));
  }

  get #servers(): readonly TrustedServer[] {
    return readRecords(this.state, STORE_KEY, isTrustedServer);
  }

  async #save(servers: readonly TrustedServer[]): Promise<void> {
    await this.state.update(STORE_KEY, servers);
    this.#changed.fire();
  }
}

function isTrustedServer(value: unknown): value is TrustedServer {
  if (typeof value !== 'object' || value === null) return false;
  const { server, definition } = value as Readonly<Record<string, unknown>>;
  return typeof server === 'string' && typeof definition === 'string';
}
