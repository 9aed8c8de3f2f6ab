import { homedir } from 'node:os';
import { basename, resolve, sep } from 'node:path';
import { ConfigurationError } from '../base/errors';
import { formatOrigin, type Origin, type ResolvedServer, type ResolvedStdio, type ServerSpec } from './serverSpec';

/** What variables stand for. */
export interface VariableContext {
  /** Absolute paths; the first one is `${workspaceFolder}`. */
  readonly workspaces: readonly string[];
  readonly userHome: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pathSeparator: string;
}

export function createVariableContext(workspaces: readonly string[]): VariableContext {
  return { workspaces, userHome: homedir(), env: process.env, pathSeparator: sep };
}

/**
 * Resolves the variables of an entry, value by value on the parsed entry, and only once: what a variable yields is
 * never looked at again. `cwd` becomes absolute, relative to the first workspace folder (without one: the home folder).
 *
 * @throws ConfigurationError `mcp-config` that names the variable, the entry and its place, where one has no value.
 */
export function resolveServer(spec: ServerSpec, context: VariableContext): ResolvedServer<ResolvedStdio> {
  const expandHere = (value: string): string => expand(value, context, spec);
  const { command, args, env, cwd } = spec.transport;
  return {
    name: spec.name,
    origin: spec.origin,
    transport: {
      kind: 'stdio',
      command: expandHere(command),
      args: args.map(expandHere),
      env: Object.fromEntries(
        Object.entries(env).map(([key, value]) => [key, value === null ? null : expandHere(value)]),
      ),
      cwd: resolve(context.workspaces[0] ?? context.userHome, cwd === undefined ? '' : expandHere(cwd)),
    },
  };
}

function expand(value: string, context: VariableContext, entry: { name: string; origin: Origin }): string {
  return value.replace(/\$\{([^}]*)\}/g, (_written, variable: string) => {
    const found = lookUp(variable, context);
    if (found.ok) return found.value;
    throw new ConfigurationError(
      'mcp-config',
      `MCP server "${entry.name}" (${formatOrigin(entry.origin)}) uses \${${variable}}, ${found.problem}.`,
      { hint: found.hint },
    );
  });
}

type LookUp =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly problem: string; readonly hint: string };

function lookUp(variable: string, context: VariableContext): LookUp {
  const colon = variable.indexOf(':');
  const kind = colon < 0 ? variable : variable.slice(0, colon);
  const argument = colon < 0 ? undefined : variable.slice(colon + 1);
  if (kind === 'workspaceFolder') return lookUpWorkspace(argument, context);
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
    hint: 'Known are ${workspaceFolder}, ${workspaceFolder:name}, ${userHome}, ${env:NAME} and ${pathSeparator}.',
  };
}

function lookUpWorkspace(name: string | undefined, { workspaces }: VariableContext): LookUp {
  const value = name === undefined ? workspaces[0] : workspaces.find((folder) => basename(folder) === name);
  if (value !== undefined) return { ok: true, value };
  return {
    ok: false,
    problem: name === undefined ? 'but no folder is open' : `but no workspace folder is called "${name}"`,
    hint: 'Open the folder, or write a path into the entry.',
  };
}
