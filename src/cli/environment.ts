import type { Readable } from 'node:stream';
import type { Clock } from '../base/clock';
import { ConfigurationError } from '../base/errors';
import { createFetch, type Fetch } from '../base/http';
import { ModelServer } from '../llm/lmstudio/server';
import { DEFAULT_SERVER_URL, normalizeServerUrl } from '../llm/lmstudio/serverUrl';
import type { ServerOptions } from './options';
import type { OutputStream } from './output';

/** The variable that LM Studio's own SDK reads (reference 1.7). */
export const DEFAULT_TOKEN_VARIABLE = 'LM_API_TOKEN';

/** What a command runs in: handed in, so that nothing below reaches for globals. */
export interface CliContext {
  readonly out: OutputStream;
  readonly err: OutputStream;
  /** Opened by whom it concerns: a process that reads no input should not hold it. */
  readonly input: () => Readable;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly clock: Clock;
  readonly version: string;
  /** Fires when the person or the system ends the process. */
  readonly signal: AbortSignal;
}

/** @throws ConfigurationError `usage` for a bad address or an unset token variable. */
export function connectServer(
  options: ServerOptions,
  context: CliContext,
): { readonly server: ModelServer; readonly fetch: Fetch } {
  const fetch = createFetch(context.clock);
  const address = {
    root: normalizeServerUrl(options.url ?? DEFAULT_SERVER_URL),
    token: readToken(options.tokenEnv, context.env),
  };
  return { server: new ModelServer(address, { fetch, clock: context.clock }), fetch };
}

function readToken(variable: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  if (variable === undefined) return env[DEFAULT_TOKEN_VARIABLE] || undefined;
  const token = env[variable];
  if (!token) {
    throw new ConfigurationError('usage', `The environment variable ${variable} is not set.`, {
      hint: 'Set it to the API token, or leave --token-env out.',
    });
  }
  return token;
}
