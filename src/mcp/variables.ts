import * as l10n from '@vscode/l10n';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, resolve, sep } from 'node:path';
import { ConfigurationError, errorMessage } from '../base/errors';
import { parseEnvFile } from './envFile';
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
import { replaceVariables, shellVariable, type Variable, variablesIn } from './variableNames';

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
  requireUsable(transport, spec);
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

/** The system would take such a text only up to the character, and run something else than was agreed to. */
function requireUsable(transport: ReturnType<typeof expandTransport>, spec: ServerSpec): void {
  if (transport.kind === 'http') {
    if (/^https?:\/\//i.test(transport.url) && URL.canParse(transport.url)) return;
    const hint = l10n.t('It must begin with http:// or https://.');
    const written = spec.transport.kind === 'http' ? spec.transport.url : '';
    throw new ConfigurationError('mcp-config', l10n.t('{0} has no address in "{1}".', named(spec), written), { hint });
  }
  const { command, args, env, cwd, envFile } = transport;
  const texts = [command, ...args, ...Object.entries(env).flat(), cwd, envFile];
  if (!texts.some((text) => text?.includes('\0'))) return;
  throw new ConfigurationError('mcp-config', l10n.t('{0} has a text with the character 0 in it.', named(spec)), {
    hint: l10n.t('Take \\u0000 out of the entry.'),
  });
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
    return { ...stdio, env: { ...parseEnvFile(await readFile(envFile, 'utf8')), ...stdio.env } };
  } catch (error) {
    const message = l10n.t(
      '{0} has the "envFile" {1}, which cannot be read: {2}.',
      named(spec),
      envFile,
      errorMessage(error),
    );
    throw new ConfigurationError('mcp-config', message, {
      hint: l10n.t('Make the file, or correct the path.'),
      cause: error,
    });
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
  const ids = variablesOf(transport).flatMap(({ kind, argument }) => (kind === 'input' && argument ? [argument] : []));
  return [...new Set(ids)];
}

/** Values of variables such as `${env:API_KEY}`, wherever in the entry they are named. */
function namedSecrets({ transport, source }: ServerSpec, { env }: VariableContext): readonly string[] {
  const names = variablesOf(transport).flatMap((variable) => {
    const { kind, argument } = variable;
    return kind === 'env' && argument ? [argument] : (shellVariable(variable, source.kind)?.name ?? []);
  });
  return names.filter(looksSecret).flatMap((name) => env[name] || []);
}

function variablesOf(transport: TransportSpec): readonly Variable[] {
  const texts =
    transport.kind === 'http'
      ? [transport.url, ...Object.values(transport.headers), ...Object.values(transport.oauth ?? {})]
      : [transport.command, ...transport.args, ...Object.values(transport.env), transport.envFile, transport.cwd];
  return texts.flatMap((text) => (typeof text === 'string' ? variablesIn(text) : []));
}

function named({ name, origin }: { readonly name: string; readonly origin: Origin }): string {
  return l10n.t('MCP server "{0}" ({1})', name, formatOrigin(origin));
}

function expand(value: string, spec: ServerSpec, context: VariableContext, readInput: ReadInput): string {
  return replaceVariables(value, (variable, written) => {
    const found = lookUp(variable, spec, context, readInput);
    if (found.ok) return found.value;
    const message = l10n.t('{0} uses {1}, {2}.', named(spec), written, found.problem);
    throw new ConfigurationError('mcp-config', message, { hint: found.hint });
  });
}

type LookUp =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly problem: string; readonly hint: string };

function lookUp(variable: Variable, spec: ServerSpec, context: VariableContext, readInput: ReadInput): LookUp {
  const { name, kind, argument } = variable;
  if (kind === 'workspaceFolder') return lookUpWorkspace(argument, spec, context);
  if (kind === 'input' && argument) return lookUpInput(argument, spec, readInput);
  if (kind === 'env' && argument) return lookUpEnvironment(argument, context);
  if (kind === 'command') {
    const hint = l10n.t('Write the value into the entry, or use ${env:NAME} or ${input:id}.');
    return { ok: false, problem: l10n.t('which would run a command of the editor: that is not supported'), hint };
  }
  if (name === 'userHome') return { ok: true, value: context.userHome };
  if (name === 'pathSeparator' || name === '/') return { ok: true, value: context.pathSeparator };
  if (name === 'workspaceFolderBasename') {
    const folder = lookUpWorkspace(undefined, spec, context);
    return folder.ok ? { ok: true, value: basename(folder.value) } : folder;
  }
  const shell = shellVariable(variable, spec.source.kind);
  if (shell) return lookUpEnvironment(shell.name, context, shell.fallback);
  return {
    ok: false,
    problem: l10n.t('which is not a known variable'),
    hint: l10n.t(
      'Known are ${workspaceFolder}, ${workspaceFolder:name}, ${userHome}, ${env:NAME}, ${input:id} and ${pathSeparator}.',
    ),
  };
}

/** With a fallback, an empty variable counts as one that is not set: so do shells. */
function lookUpEnvironment(name: string, { env }: VariableContext, fallback?: string): LookUp {
  const value = fallback === undefined ? env[name] : env[name] || fallback;
  if (value !== undefined) return { ok: true, value };
  return {
    ok: false,
    problem: l10n.t('but the environment variable "{0}" is not set', name),
    hint: l10n.t('Set {0} before you start, or write its value into the entry.', name),
  };
}

function lookUpInput(id: string, { inputs }: ServerSpec, readInput: ReadInput): LookUp {
  const value = readInput(id);
  if (value !== undefined) return { ok: true, value };
  return inputs.some((input) => input.id === id)
    ? {
        ok: false,
        problem: l10n.t('and no value was given for it'),
        hint: l10n.t('Start the server again, and answer the question.'),
      }
    : {
        ok: false,
        problem: l10n.t('which its file does not declare'),
        hint: l10n.t('Add an entry with "id": "{0}" to "inputs" of the file.', id),
      };
}

function lookUpWorkspace(name: string | undefined, { source }: ServerSpec, { workspaces }: VariableContext): LookUp {
  const value =
    name === undefined ? (source.folder ?? workspaces[0]) : workspaces.find((folder) => basename(folder) === name);
  if (value !== undefined) return { ok: true, value };
  return {
    ok: false,
    problem:
      name === undefined ? l10n.t('but no folder is open') : l10n.t('but no workspace folder is called "{0}"', name),
    hint: l10n.t('Open the folder, or write a path into the entry.'),
  };
}
