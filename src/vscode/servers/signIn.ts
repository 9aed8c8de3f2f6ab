import * as l10n from '@vscode/l10n';
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { deadline, onAbort, raceAbort } from '../../base/abort';
import type { Clock } from '../../base/clock';
import { BridgeError } from '../../base/errors';
import { visibleText } from '../../base/visibleText';
import type { SignIn, SignInSession, SignInTarget } from '../../mcp/clientHost';
import type { Dialogs } from '../dialogs';
import { offer } from '../failures';
import { textLanguage } from '../localization';
import { withProgress } from '../progress';
import type { QuestionDesk } from '../questions/questionDesk';
import { type Callback, listenForAnswer } from './loopbackCallback';
import type { ServerUsers } from './serverUsers';
import type { SignInCode } from './signInAnswer';
import { UriCallbacks } from './uriCallback';

const PREFIX = 'lmstudioBridge.signIn:';

/** Nobody is at a page that long. */
const PATIENCE_MS = 15 * 60_000;

const AGREE = l10n.t('Sign In');

export interface SignInsNeeds {
  readonly secrets: vscode.SecretStorage;
  readonly dialogs: Dialogs;
  readonly desk: Pick<QuestionDesk, 'put'>;
  readonly users: Pick<ServerUsers, 'askerOf'>;
  readonly clock: Clock;
  readonly uris: UriCallbacks;
  /** Opens a page in the person's browser; false where that was refused. */
  readonly openPage: (url: string) => Thenable<boolean>;
  /** Whether that browser is on another machine than this code, so that it cannot reach a port of it. */
  readonly isElsewhere: () => boolean;
}

/** Where there is a browser; a test opens pages in its own way. */
export function openSignIns(
  context: vscode.ExtensionContext,
  needs: Pick<SignInsNeeds, 'dialogs' | 'desk' | 'users' | 'clock'> &
    Partial<Pick<SignInsNeeds, 'openPage' | 'isElsewhere'>>,
): SignIns {
  const uris = new UriCallbacks();
  context.subscriptions.push(vscode.window.registerUriHandler(uris));
  // A text and not a Uri, which would be written out again in another way than the page is signed for.
  const openPage = (url: string): Thenable<boolean> => vscode.env.openExternal(url as unknown as vscode.Uri);
  const { env } = vscode;
  const isElsewhere = (): boolean => env.remoteName !== undefined || env.uiKind === vscode.UIKind.Web;
  return new SignIns({ openPage, isElsewhere, ...needs, secrets: context.secrets, uris });
}

/**
 * Sign-ins of the person at MCP servers. Each is agreed to in a dialog that names the server and the place of the page;
 * tokens are in the editor's secret storage, which no folder can read.
 */
export class SignIns implements SignIn {
  readonly store: SignIn['store'];

  constructor(private readonly needs: SignInsNeeds) {
    const { secrets } = needs;
    this.store = {
      get: async (key) => secrets.get(PREFIX + key),
      set: async (key, secret) => secrets.store(PREFIX + key, secret),
      delete: async (key) => secrets.delete(PREFIX + key),
    };
  }

  /** An address of the editor was opened. */
  handleUri(uri: vscode.Uri): void {
    this.needs.uris.handleUri(uri);
  }

  readonly begin = async (server: SignInTarget): Promise<SignInSession> => {
    const state = randomBytes(24).toString('base64url');
    const { isElsewhere, uris } = this.needs;
    const callback = await (isElsewhere() ? uris.listen(state) : listenForAnswer(state, textLanguage()));
    return {
      redirectUrl: callback.redirectUrl,
      state,
      authorize: (page, signal) => this.#authorize(server, page, callback, signal),
      dispose: () => {
        callback.dispose();
      },
    };
  };

  async #authorize(server: SignInTarget, page: URL, callback: Callback, signal: AbortSignal): Promise<SignInCode> {
    const name = visibleText(server.name);
    const { desk, users } = this.needs;
    const message = l10n.t('Sign in to MCP server "{0}"?', name);
    const refusal = await desk.put<string | undefined>(
      {
        notice: l10n.t('An MCP server waits for you. {0}', message),
        ...users.askerOf(server.name),
        unanswered: () => l10n.t('nobody was there to sign in.'),
        show: (_more, ending) => this.#agree(message, server, page, ending),
      },
      signal,
    );
    if (refusal !== undefined) throw refused(refusal);
    const late = (): BridgeError => refused(l10n.t('nobody signed in within 15 minutes.'));
    const limit = deadline(signal, PATIENCE_MS, this.needs.clock, late);
    try {
      if (!(await this.needs.openPage(page.href))) throw refused(l10n.t('the page to sign in was not opened.'));
      return await this.#waitVisibly(name, callback, limit.signal);
    } finally {
      limit.dispose();
    }
  }

  /** Undefined where the person agrees; else why there is no sign-in. */
  async #agree(message: string, { url }: SignInTarget, page: URL, signal: AbortSignal): Promise<string | undefined> {
    const chosen = await this.needs.dialogs.ask(
      {
        message,
        detail: [
          l10n.t('The server at {0} wants you to sign in at {1}.', url.host, page.host),
          l10n.t(
            "If you agree, your browser opens {0}. The access that you grant there is kept in the editor's secret storage, and used for {1} only.",
            page.origin,
            url.host,
          ),
        ].join('\n\n'),
        // A task asks this by itself, so Enter must open nothing.
        buttons: [l10n.t('Cancel'), AGREE],
        closing: l10n.t('Cancel'),
      },
      signal,
    );
    return chosen === AGREE ? undefined : l10n.t('you did not agree to sign in.');
  }

  #waitVisibly(name: string, { answer }: Callback, signal: AbortSignal): Promise<SignInCode> {
    const title = l10n.t('Waiting until you have signed in to MCP server "{0}" in your browser…', name);
    return withProgress(title, (_report, cancelling) => {
      const cancelled = new Promise<never>((_resolve, reject) => {
        onAbort(cancelling, () => reject(refused(l10n.t('you cancelled the sign-in.'))));
      });
      return raceAbort(Promise.race([answer, cancelled]), signal);
    });
  }

  /** Forgets what is kept for a server of the person's choice. */
  async signOut(): Promise<void> {
    const { secrets, dialogs } = this.needs;
    const keys = (await secrets.keys()).filter((key) => key.startsWith(PREFIX)).sort();
    if (keys.length === 0) {
      offer(dialogs, 'info', l10n.t('You are not signed in to any MCP server.'));
      return;
    }
    const choices = keys.map((key) => {
      const at = key.lastIndexOf(' ');
      return { key, label: visibleText(key.slice(PREFIX.length, at)), description: visibleText(key.slice(at + 1)) };
    });
    const options = {
      title: l10n.t('Sign Out of MCP Server'),
      placeholder: l10n.t('Whose tokens to delete from this machine'),
    };
    const chosen = await dialogs.pickOne(choices, options);
    if (!chosen) return;
    await secrets.delete(chosen.key);
    offer(
      dialogs,
      'info',
      l10n.t('You are signed out of MCP server "{0}". It will ask you to sign in again.', chosen.label),
    );
  }
}

function refused(message: string): BridgeError {
  return new BridgeError('auth-required', message, { hint: l10n.t('Start the server again, and sign in.') });
}
