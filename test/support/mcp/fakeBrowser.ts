import { randomBytes } from 'node:crypto';
import { BridgeError } from '../../../src/base/errors';
import type { SignIn, SignInSession } from '../../../src/mcp/clientHost';

export interface FakePerson extends SignIn {
  /** Every page that was opened, in order. */
  readonly pages: readonly URL[];
  /** What is kept, by key. */
  readonly kept: Map<string, string>;
}

export interface FakePersonOptions {
  readonly redirectUrl?: string;
  /** Says no instead of opening the page. */
  readonly refuses?: boolean;
  /** Waited for before each page is opened. */
  readonly before?: (signal: AbortSignal) => Promise<void>;
}

/** A person who agrees to everything, with a browser that follows redirects until it comes back to us. */
export function fakePerson(options: FakePersonOptions = {}): FakePerson {
  const { redirectUrl = 'http://127.0.0.1:49152/callback', refuses = false, before } = options;
  const kept = new Map<string, string>();
  const pages: URL[] = [];
  const begin = (): Promise<SignInSession> => {
    const state = randomBytes(8).toString('hex');
    return Promise.resolve({
      redirectUrl,
      state,
      async authorize(page, signal) {
        pages.push(page);
        await before?.(signal);
        if (refuses) throw new BridgeError('auth-required', 'You did not agree to sign in.');
        const answer = await followUntil(page, redirectUrl, signal);
        const { code, iss, ...rest } = Object.fromEntries(answer.searchParams);
        if (rest['state'] !== state)
          throw new Error(`The answer has the state ${String(rest['state'])}, not ${state}.`);
        if (code === undefined) throw new BridgeError('auth-required', `No code: ${answer.search}`);
        return { code, iss };
      },
      dispose: () => undefined,
    });
  };
  const store = {
    get: (key: string) => Promise.resolve(kept.get(key)),
    set: (key: string, secret: string) => Promise.resolve(void kept.set(key, secret)),
    delete: (key: string) => Promise.resolve(void kept.delete(key)),
  };
  return { store, begin, pages, kept };
}

/** The address that a browser ends at. */
export async function followUntil(page: URL, redirectUrl: string, signal?: AbortSignal): Promise<URL> {
  let url = page;
  for (let hops = 0; hops < 10; hops++) {
    if (url.href.startsWith(redirectUrl)) return url;
    const response = await fetch(url, { redirect: 'manual', ...(signal ? { signal } : {}) });
    await response.body?.cancel();
    const location = response.headers.get('location');
    if (location === null)
      throw new Error(`${url.origin}${url.pathname} answers ${response.status} and leads nowhere.`);
    url = new URL(location, url);
  }
  throw new Error('The browser was sent round in circles.');
}
