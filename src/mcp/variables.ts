import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, resolve, sep } from 'node:path';
import { parseEnv } from 'node:util';
import { ConfigurationError, errorMessage } from '../base/errors';
import { looksSecret, secretsOf } from './environment';
import {
  formatOrigin,
  type InputSpec,
  type Origin,
  type ResolvedHttp,
  type ResolvedServer,
  type ResolvedStdio,
  type ServerSpec,
  type TransportSpec,
} from './serverSpec';

/** Gives the values of `${input:id}`; undefined where the person gives none. Rejects with the signal's reason. */
export type InputSource = (input: InputSpec, spec: ServerSpec, signal: AbortSignal) => Promise<string | undefined>;

/** What variables stand for. */
export interface VariableContext {
  /** Absolute paths; the first one is `${workspaceFolder}` where an entry is in none of them. */
  readonly workspaces: readonly string[];
  readonly userHome: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pathSeparator: string;
  /** Absent: nobody can be asked. */
  readonly inputs?: InputSource | undefined;
}

export function createVariableContext(workspaces: readonly string[], inputs?: InputSource): VariableContext {
  return { workspaces, userHome: homedir(), env: process.env, pathSeparator: sep, inputs };
}

/**
 * Resolves the variables of an entry, value by value on the parsed entry, and only once: what a variable yields is
 * never looked at again. `cwd` becomes absolute, relative to the entry's workspace folder (without one: the first one,
 * or the home folder).
 *
 * @throws ConfigurationError `mcp-config` that names the variable, the entry and its place, where one has no value; the
 * signal's reason
 */
export async function resolveServer(
  spec: ServerSpec,
  context: VariableContext,
  signal: AbortSignal,
): Promise<ResolvedServer<ResolvedStdio | ResolvedHttp>> {
  const inputs = await askForInputs(spec, context, signal);
  const transport = expandTransport(spec, context, (id) => inputs.get(id));
  const { name, origin, startTimeoutMs, callTimeoutMs } = spec;
  const passwords = spec.inputs.filter(({ isPassword }) => isPassword).flatMap(({ id }) => inputs.get(id) ?? []);
  const resolved = transport.kind === 'http' ? transport : await withEnvFile(transport, spec);
  const secrets = [...new Set([...passwords, ...declaredSecrets(resolved), ...namedSecrets(spec, context)])];
  return { name, origin, transport: resolved, secrets, startTimeoutMs, callTimeoutMs };
}

/**
 * What would run, for a person to judge: with variables resolved, but inputs as they are written, since nobody is asked
 * before there is consent. Where a variable has no value nothing can run, and what is written has to do.
 */
export function describeTransport(spec: ServerSpec, context: VariableContext): TransportSpec {
  try {
    return expandTransport(spec, context, (id) => `\${input:${id}}`);
  } catch {
    return spec.transport;
  }
}

/** The secrets of an entry that are known before anybody was asked for an input. */
export function secretsBefore(spec: ServerSpec, context: VariableContext): readonly string[] {
  return [...declaredSecrets(describeTransport(spec, context)), ...namedSecrets(spec, context)];
}

function declaredSecrets(transport: TransportSpec): readonly string[] {
  if (transport.kind === 'stdio') return secretsOf(transport.env);
  return [
    ...secretsOf(transport.headers),
    ...(transport.oauth?.clientSecret === undefined ? [] : [transport.oauth.clientSecret]),
  ];
}

type ReadInput = (id: string) => string | undefined;

function expandTransport(spec: ServerSpec, context: VariableContext, readInput: ReadInput) {
  const expandHere = (value: string): string => expand(value, spec, context, readInput);
  const { transport } = spec;
  if (transport.kind === 'http') {
    const { oauth } = transport;
    return {
      ...transport,
      url: expandHere(transport.url),
      headers: mapValues(transport.headers, expandHere),
      oauth: oauth && {
        clientId: expandHere(oauth.clientId),
        clientSecret: oauth.clientSecret === undefined ? undefined : expandHere(oauth.clientSecret),
      },
    };
  }
  const { command, args, env, envFile, cwd } = transport;
  const base = spec.source.folder ?? context.workspaces[0] ?? context.userHome;
  return {
    kind: 'stdio' as const,
    command: expandHere(command),
    args: args.map(expandHere),
    env: mapValues(env, (value) => (value === null ? null : expandHere(value))),
    envFile: envFile === undefined ? undefined : resolve(base, expandHere(envFile)),
    cwd: resolve(base, cwd === undefined ? '' : expandHere(cwd)),
  };
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

async function withEnvFile(
  { envFile, ...stdio }: Awaited<ReturnType<typeof expandTransport>> & { kind: 'stdio' },
  spec: ServerSpec,
): Promise<ResolvedStdio> {
  if (envFile === undefined) return stdio;
  try {
    return { ...stdio, env: { ...parseEnv(await readFile(envFile, 'utf8')), ...stdio.env } as ResolvedStdio['env'] };
  } catch (error) {
    const message = `${named(spec)} has the "envFile" ${envFile}, which cannot be read: ${errorMessage(error)}.`;
    throw new ConfigurationError('mcp-config', message, { hint: 'Make the file, or correct the path.', cause: error });
  }
}

async function askForInputs(
  spec: ServerSpec,
  { inputs }: VariableContext,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const values = new Map<string, string>();
  for (const id of inputsOf(spec)) {
    const input = spec.inputs.find((candidate) => candidate.id === id);
    // What is not declared is told of where it is expanded.
    const value = input && (await inputs?.(input, spec, signal));
    if (value !== undefined) values.set(id, value);
  }
  return values;
}

/** The ids of the inputs that an entry names, each once. */
export function inputsOf({ transport }: ServerSpec): readonly string[] {
  return [...new Set([...JSON.stringify(transport).matchAll(/\$\{input:([^}]*)\}/g)].map(([, id = '']) => id))];
}

/** Values of variables such as `${env:API_KEY}`, wherever in the entry they are named. */
function namedSecrets({ transport }: ServerSpec, { env }: VariableContext): readonly string[] {
  const names = [...JSON.stringify(transport).matchAll(/\$\{env:([^}]*)\}/g)].map(([, name = '']) => name);
  return names.filter(looksSecret).flatMap((name) => env[name] || []);
}

function named({ name, origin }: { readonly name: string; readonly origin: Origin }): string {
  return `MCP server "${name}" (${formatOrigin(origin)})`;
}

function expand(value: string, spec: ServerSpec, context: VariableContext, readInput: ReadInput): string {
  return value.replace(/\$\{([^}]*)\}/g, (_written, variable: string) => {
    const found = lookUp(variable, spec, context, readInput);
    if (found.ok) return found.value;
    throw new ConfigurationError('mcp-config', `${named(spec)} uses \${${variable}}, ${found.problem}.`, {
      hint: found.hint,
    });
  });
}

type LookUp =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly problem: string; readonly hint: string };

function lookUp(variable: string, spec: ServerSpec, context: VariableContext, readInput: ReadInput): LookUp {
  const colon = variable.indexOf(':');
  const kind = colon < 0 ? variable : variable.slice(0, colon);
  const argument = colon < 0 ? undefined : variable.slice(colon + 1);
  if (kind === 'workspaceFolder') return lookUpWorkspace(argument, spec, context);
  if (kind === 'input' && argument) return lookUpInput(argument, spec, readInput);
  if (kind === 'env' && argument) {
    const value = context.env[argument];
    return value === undefined
      ? {
          ok: false,
          problem: `but the environment variable "${argument}" is not set`,
          hint: `Set ${argument} before you start, or write its value into the entry.`,
        }
      : { ok: true, value };
  }
  if (argument === undefined) {
    if (kind === 'userHome') return { ok: true, value: context.userHome };
    if (kind === 'pathSeparator' || kind === '/') return { ok: true, value: context.pathSeparator };
  }
  return {
    ok: false,
    problem: 'which is not a known variable',
    hint: 'Known are ${workspaceFolder}, ${workspaceFolder:name}, ${userHome}, ${env:NAME}, ${input:id} and ${pathSeparator}.',
  };
}

function lookUpInput(id: string, { inputs }: ServerSpec, readInput: ReadInput): LookUp {
  const value = readInput(id);
  if (value !== undefined) return { ok: true, value };
  return inputs.some((input) => input.id === id)
    ? { ok: false, problem: 'and no value was given for it', hint: 'Start the server again, and answer the question.' }
    : {
        ok: false,
        problem: 'which its file does not declare',
        hint: `Add an entry with "id": "${id}" to "inputs" of the file.`,
      };
}

function lookUpWorkspace(name: string | undefined, { source }: ServerSpec, { workspaces }: VariableContext): LookUp {
  const value =
    name === undefined ? (source.folder ?? workspaces[0]) : workspaces.find((folder) => basename(folder) === name);
  if (value !== undefined) return { ok: true, value };
  return {
    ok: false,
    problem: name === undefined ? 'but no folder is open' : `but no workspace folder is called "${name}"`,
    hint: 'Open the folder, or write a path into the entry.',
  };
}
