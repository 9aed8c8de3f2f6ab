import * as l10n from '@vscode/l10n';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Disposable } from '../../base/disposable';
import { BridgeError } from '../../base/errors';
import { readAnswer, type SignInCode } from './signInAnswer';

const PATH = '/callback';

/** Where a sign-in page sends its answer. */
export interface Callback extends Disposable {
  readonly redirectUrl: string;
  /** Settles with the first answer to this sign-in; rejects with BridgeError `auth-required` where that is a no. */
  readonly answer: Promise<SignInCode>;
}

/**
 * `language`: of the texts that the page shows (BCP 47).
 * Listens on this machine alone, at a free port, for the one answer that has `state` (RFC 8252, 7.3). Whatever else
 * comes is turned away, and does not end the waiting.
 */
export async function listenForAnswer(state: string, language: string): Promise<Callback> {
  let settle: (found: SignInCode | BridgeError) => void = () => undefined;
  const answer = new Promise<SignInCode>((resolve, reject) => {
    settle = (found) => {
      if (found instanceof BridgeError) reject(found);
      else resolve(found);
    };
  });
  // Nobody may be waiting yet.
  answer.catch(() => undefined);
  const server = createServer((request, response) => {
    const found = readRequest(request, state, port);
    reply(response, found, language);
    if (found) settle(found);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    redirectUrl: `http://127.0.0.1:${String(port)}${PATH}`,
    answer,
    dispose() {
      server.close();
      // The page has its text by then, or nobody reads it.
      server.closeIdleConnections();
    },
  };
}

/** A page of another site cannot know the state; with another host name (DNS rebinding) it is not even read. */
function readRequest(request: IncomingMessage, state: string, port: number): SignInCode | BridgeError | undefined {
  const own = `127.0.0.1:${String(port)}`;
  const url = URL.canParse(request.url ?? '', `http://${own}`)
    ? new URL(request.url ?? '', `http://${own}`)
    : undefined;
  if (request.method !== 'GET' || request.headers.host !== own || url?.pathname !== PATH) return undefined;
  return readAnswer(url.searchParams, state);
}

function reply(response: ServerResponse, found: SignInCode | BridgeError | undefined, language: string): void {
  const words = !found
    ? l10n.t('This is not an answer that LM Studio Bridge waits for.')
    : found instanceof BridgeError
      ? l10n.t('The sign-in did not succeed. The editor says why. You can close this page.')
      : l10n.t('You are signed in. You can close this page and go back to the editor.');
  response.writeHead(found ? 200 : 400, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'",
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    connection: 'close',
  });
  const attribute = htmlText(language);
  response.end(
    `<!doctype html><html lang="${attribute}"><title>LM Studio Bridge</title><p>${htmlText(words)}</p></html>\n`,
  );
}

function htmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
