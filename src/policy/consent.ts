/** Consent to start the processes that a workspace's files name, remembered by what exactly would be started. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../base/json';

/** A process as a configuration file describes it. Values of `env` count for the fingerprint but are never shown. */
export interface Launch {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | null>>;
  readonly cwd: string | undefined;
  /** The file that names it. */
  readonly file: string;
}

/** Where consent is kept: never in a place that a repository can write. */
export interface ConsentStore {
  has(fingerprint: string): boolean;
  add(fingerprint: string): Promise<void>;
}

/** Shows exactly what would be started; true: the person agrees. */
export type AskConsent = (launch: Launch, signal: AbortSignal) => Promise<boolean>;

/** Any change of command, arguments, environment, folder or origin is another fingerprint. */
export function fingerprint(launch: Launch): string {
  const { name, command, args, env, cwd, file } = launch;
  return createHash('sha256')
    .update(canonicalJson({ name, command, args, env, cwd: cwd ?? null, file }))
    .digest('hex');
}

/** Splits launches into those that the person agrees to, asking for unknown ones one after the other, and the others. */
export async function askForConsent<T extends Launch>(
  launches: readonly T[],
  store: ConsentStore,
  ask: AskConsent,
  signal: AbortSignal,
): Promise<{ readonly agreed: readonly T[]; readonly refused: readonly T[] }> {
  const agreed: T[] = [];
  const refused: T[] = [];
  for (const launch of launches) {
    const print = fingerprint(launch);
    if (store.has(print)) {
      agreed.push(launch);
    } else if (await ask(launch, signal)) {
      await store.add(print);
      agreed.push(launch);
    } else {
      refused.push(launch);
    }
  }
  return { agreed, refused };
}
