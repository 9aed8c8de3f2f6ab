import * as vscode from 'vscode';
import { BridgeError } from '../../base/errors';
import { EXTENSION_ID } from '../ids';
import type { Callback } from './loopbackCallback';
import { readAnswer, type SignInCode } from './signInAnswer';

const PATH = '/mcp-sign-in';

type Listener = (query: URLSearchParams) => SignInCode | BridgeError | undefined;

/**
 * Answers of sign-in pages by an address of the editor (`vscode://…`), for where the browser is on another machine than
 * this code, and could not reach a port of it.
 */
export class UriCallbacks implements vscode.UriHandler {
  readonly #listeners = new Set<Listener>();

  /** Whatever is for nobody is let go: any page can open such an address. */
  handleUri({ path, query }: vscode.Uri): void {
    if (path !== PATH) return;
    const parameters = new URLSearchParams(query);
    for (const listener of this.#listeners) if (listener(parameters)) return;
  }

  async listen(state: string): Promise<Callback> {
    const own = vscode.Uri.parse(`${vscode.env.uriScheme}://${EXTENSION_ID}${PATH}`);
    const redirect = await vscode.env.asExternalUri(own);
    let listener: Listener = () => undefined;
    const answer = new Promise<SignInCode>((resolve, reject) => {
      listener = (query) => {
        const found = readAnswer(query, state);
        if (found instanceof BridgeError) reject(found);
        else if (found) resolve(found);
        return found;
      };
    });
    answer.catch(() => undefined);
    this.#listeners.add(listener);
    return { redirectUrl: redirect.toString(true), answer, dispose: () => this.#listeners.delete(listener) };
  }
}
