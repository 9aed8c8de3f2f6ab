/** Consent to start what a file names, remembered by what exactly would be started, with the difference where it changed. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../base/json';

interface LaunchOrigin {
  readonly name: string;
  /** The file that names it. */
  readonly file: string;
}

/** A process as a configuration file describes it. Values of `env` count for the fingerprint but are never shown. */
export interface ProcessLaunch extends LaunchOrigin {
  readonly kind: 'process';
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | null>>;
  /** A file of more variables; `envFileText` is what stands in it, undefined where it cannot be read or nobody has looked. */
  readonly envFile: string | undefined;
  readonly envFileText?: string | undefined;
  readonly cwd: string | undefined;
}

/** A server at an address. Values of `headers` count for the fingerprint but are never shown. */
export interface AddressLaunch extends LaunchOrigin {
  readonly kind: 'address';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of a client that was registered for signing in. */
  readonly clientId?: string | undefined;
}

export type Launch = ProcessLaunch | AddressLaunch;

/** Any change of what would run, or of what would be sent where, and of the origin is another fingerprint. */
export function fingerprint(launch: Launch): string {
  const { name, file } = launch;
  const what =
    launch.kind === 'process'
      ? {
          ...{ command: launch.command, args: launch.args, env: launch.env, cwd: launch.cwd ?? null },
          ...{ envFile: launch.envFile ?? null, envFileText: launch.envFileText ?? null },
        }
      : { url: launch.url, headers: launch.headers, clientId: launch.clientId ?? null };
  return hashOf(canonicalJson({ name, file, ...what }));
}

/**
 * What a person is shown of a launch, line by line, and what is kept of it to say later what has changed: each line
 * under its name. Of secret values there is only a mark by which a change can be told, never the value.
 */
export type LaunchFacts = readonly LaunchFact[];

export interface LaunchFact {
  /** Stays the same when the value changes. */
  readonly name: string;
  /** In words for people. */
  readonly value: string;
  /** Tells two secret values apart that look alike in `value`. */
  readonly mark?: string | undefined;
}

/** `hide` takes out what must not be shown or kept, such as a password among the arguments. */
export function launchFacts(launch: Launch, hide: (text: string) => string): LaunchFacts {
  const shown = launch.kind === 'process' ? processFacts(launch) : addressFacts(launch);
  return shown.map((fact) => ({ ...fact, value: hide(fact.value) }));
}

function processFacts({ command, args, env, envFile, envFileText, cwd }: ProcessLaunch): LaunchFacts {
  const variables = Object.entries(env).map(([name, value]) => ({
    name: `Environment variable ${name}`,
    value: value === null ? 'removed' : 'set',
    mark: markOf(value),
  }));
  return [
    { name: 'Command', value: command },
    ...args.map((arg, index) => ({ name: `Argument ${String(index + 1)}`, value: arg })),
    ...variables,
    ...(envFile === undefined ? [] : [{ name: 'Environment file', value: envFile, mark: markOf(envFileText ?? null) }]),
    { name: 'Working directory', value: cwd ?? 'the workspace folder' },
  ];
}

function addressFacts({ url, headers, clientId }: AddressLaunch): LaunchFacts {
  return [
    { name: 'Address', value: url },
    ...Object.entries(headers).map(([name, value]) => ({ name: `Header ${name}`, value: 'sent', mark: markOf(value) })),
    ...(clientId === undefined ? [] : [{ name: 'Signs in as client', value: clientId }]),
  ];
}

/** Short on purpose: it tells a change, and gives nothing away of a value that could be guessed. */
function markOf(value: string | null): string {
  return hashOf(JSON.stringify(value)).slice(0, 6);
}

/** `was` or `is` is undefined where the line is new, or gone. */
export interface FactChange {
  readonly name: string;
  readonly was: string | undefined;
  readonly is: string | undefined;
}

export function changesOf(before: LaunchFacts, after: LaunchFacts): readonly FactChange[] {
  const old = new Map(before.map((fact) => [fact.name, fact]));
  const now = new Map(after.map((fact) => [fact.name, fact]));
  const names = [...new Set([...now.keys(), ...old.keys()])];
  return names.flatMap((name) => {
    const [was, is] = [old.get(name), now.get(name)];
    if (was?.value === is?.value && was?.mark === is?.mark) return [];
    const isSecretChange = was?.value === is?.value;
    return [{ name, was: was?.value, is: isSecretChange ? `${is?.value ?? ''}, with other content` : is?.value }];
  });
}

/** A consent that was given. */
export interface ConsentRecord {
  readonly fingerprint: string;
  readonly name: string;
  readonly file: string;
  readonly facts: LaunchFacts;
}

/** Where consent is kept: never in a place that a repository can write. */
export interface ConsentStore {
  readonly records: readonly ConsentRecord[];
  add(record: ConsentRecord): Promise<void>;
}

/** So many definitions of one entry are remembered, so that who goes back and forth between branches is not asked again. */
const MAX_OF_ENTRY = 10;
const MAX_RECORDS = 500;

/** With the new record last; the oldest go where there are too many. */
export function withRecord(records: readonly ConsentRecord[], record: ConsentRecord): readonly ConsentRecord[] {
  const others = records.filter((known) => known.fingerprint !== record.fingerprint);
  const ofEntry = others.filter((known) => isSameEntry(known, record));
  const tooOld = new Set(ofEntry.slice(0, Math.max(0, ofEntry.length + 1 - MAX_OF_ENTRY)));
  return [...others.filter((known) => !tooOld.has(known)), record].slice(-MAX_RECORDS);
}

/** What the person last agreed to under this name of this file. */
export function lastOf(records: readonly ConsentRecord[], entry: LaunchOrigin): ConsentRecord | undefined {
  return records.findLast((record) => isSameEntry(record, entry));
}

function isSameEntry(one: LaunchOrigin, other: LaunchOrigin): boolean {
  return one.name === other.name && one.file === other.file;
}

/** What the question is about. `before`: what the person agreed to last under this name; undefined: nothing yet. */
export interface ConsentCase<T> {
  readonly launch: T;
  readonly facts: LaunchFacts;
  readonly before: LaunchFacts | undefined;
  /** It was agreed to meanwhile. */
  readonly isSettled: () => boolean;
}

/** Shows exactly what would be started; true: the person agrees. */
export type AskConsent<T> = (consent: ConsentCase<T>, signal: AbortSignal) => Promise<boolean>;

export interface ConsentNeeds<T> {
  readonly store: ConsentStore;
  readonly ask: AskConsent<T>;
  /** As of `launchFacts`. */
  readonly hide: (launch: T) => (text: string) => string;
}

/** Splits launches into those that the person agrees to, asking for unknown ones one after the other, and the others. */
export async function askForConsent<T extends Launch>(
  launches: readonly T[],
  { store, ask, hide }: ConsentNeeds<T>,
  signal: AbortSignal,
): Promise<{ readonly agreed: readonly T[]; readonly refused: readonly T[] }> {
  const agreed: T[] = [];
  const refused: T[] = [];
  for (const launch of launches) {
    const print = fingerprint(launch);
    const isSettled = (): boolean => store.records.some((record) => record.fingerprint === print);
    if (isSettled()) {
      agreed.push(launch);
      continue;
    }
    const { name, file } = launch;
    const facts = launchFacts(launch, hide(launch));
    const before = lastOf(store.records, launch)?.facts;
    if (await ask({ launch, facts, before, isSettled }, signal)) {
      if (!isSettled()) await store.add({ fingerprint: print, name, file, facts });
      agreed.push(launch);
    } else {
      refused.push(launch);
    }
  }
  return { agreed, refused };
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
