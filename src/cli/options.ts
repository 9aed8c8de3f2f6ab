/** The command line as data. What it means is written in docs/cli.md; nothing here reads a file or sends anything. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { ConfigurationError, errorMessage } from '../base/errors';
import { APPROVAL_MODES, type ApprovalMode } from '../policy/gates';
import type { ServerSelection } from '../tasks/types';

export interface ServerOptions {
  readonly url: string | undefined;
  readonly tokenEnv: string | undefined;
  readonly json: boolean;
}

export interface ModelsCommand extends ServerOptions {
  readonly command: 'models';
}

export interface DoctorCommand extends ServerOptions {
  readonly command: 'doctor';
  readonly mcpConfig: readonly string[];
}

export interface SelftestCommand extends ServerOptions {
  readonly command: 'selftest';
  readonly model: string | undefined;
  readonly timeoutMs: number | undefined;
}

export interface RunCommand extends ServerOptions {
  readonly command: 'run';
  readonly task: { readonly text: string } | { readonly file: string };
  readonly servers: ServerSelection;
  readonly mcpConfig: readonly string[];
  readonly workspaces: readonly string[];
  readonly model: string | undefined;
  readonly maxRounds: number;
  readonly maxTokens: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly approve: ApprovalMode;
}

export type Command =
  | ModelsCommand
  | DoctorCommand
  | SelftestCommand
  | RunCommand
  | { readonly command: 'help' }
  | { readonly command: 'version' };

const DEFAULT_MAX_ROUNDS = 50;

const COMMON = {
  url: { type: 'string' },
  'token-env': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const satisfies ParseArgsConfig['options'];

const DOCTOR = {
  ...COMMON,
  'mcp-config': { type: 'string', multiple: true },
} as const satisfies ParseArgsConfig['options'];

const SELFTEST = {
  ...COMMON,
  model: { type: 'string' },
  timeout: { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

const RUN = {
  ...DOCTOR,
  task: { type: 'string' },
  'task-file': { type: 'string' },
  mcp: { type: 'string', multiple: true },
  'all-mcps': { type: 'boolean' },
  workspace: { type: 'string', multiple: true },
  model: { type: 'string' },
  'max-rounds': { type: 'string' },
  'max-tokens': { type: 'string' },
  timeout: { type: 'string' },
  approve: { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

/** @throws ConfigurationError `usage`. */
export function parseCommandLine(args: readonly string[]): Command {
  if (args.includes('--help') || args.includes('-h')) return { command: 'help' };
  if (args.includes('--version')) return { command: 'version' };
  const [command, ...rest] = args;
  switch (command) {
    case undefined:
      throw usage('No command was given.');
    case 'models':
      return { command, ...serverOptions(parse(rest, COMMON)) };
    case 'doctor': {
      const values = parse(rest, DOCTOR);
      return { command, ...serverOptions(values), mcpConfig: values['mcp-config'] ?? [] };
    }
    case 'selftest': {
      const values = parse(rest, SELFTEST);
      return {
        command,
        ...serverOptions(values),
        model: values.model || undefined,
        timeoutMs: milliseconds(values.timeout),
      };
    }
    case 'run':
      return runCommand(rest);
    default:
      throw usage(`There is no command "${command}".`);
  }
}

function runCommand(args: readonly string[]): RunCommand {
  const values = parse(args, RUN);
  return {
    command: 'run',
    ...serverOptions(values),
    task: taskSource(values.task, values['task-file']),
    servers: serverSelection(values.mcp ?? [], values['all-mcps'] ?? false),
    mcpConfig: values['mcp-config'] ?? [],
    workspaces: values.workspace ?? [],
    model: values.model === '' ? undefined : values.model,
    maxRounds: wholeNumber('--max-rounds', values['max-rounds']) ?? DEFAULT_MAX_ROUNDS,
    maxTokens: wholeNumber('--max-tokens', values['max-tokens']),
    timeoutMs: milliseconds(values.timeout),
    approve: approvalMode(values.approve ?? 'read-only'),
  };
}

function parse<T extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false, strict: true }).values;
  } catch (error) {
    // Node's text explains how to pass a value that begins with a dash; its first sentence is what people need.
    throw usage(errorMessage(error).split('. ')[0]?.replace(/\.?$/, '.') ?? 'The options are wrong.');
  }
}

function serverOptions(values: { url?: string; 'token-env'?: string; json?: boolean }): ServerOptions {
  return { url: values.url, tokenEnv: values['token-env'], json: values.json ?? false };
}

function taskSource(text: string | undefined, file: string | undefined): RunCommand['task'] {
  if (text !== undefined && file !== undefined) throw usage('Give either --task or --task-file, not both.');
  if (file !== undefined) return { file };
  if (text === undefined) throw usage('Say what to do: --task TEXT or --task-file FILE.');
  if (text.trim() === '') throw usage('The task is empty.');
  return { text };
}

function serverSelection(names: readonly string[], all: boolean): ServerSelection {
  if (names.length > 0 && all) throw usage('Give either --mcp or --all-mcps, not both.');
  if (all) return { kind: 'all' };
  return names.length === 0 ? { kind: 'none' } : { kind: 'named', names: [...new Set(names)] };
}

function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || !Number.isSafeInteger(value))
    throw usage(`${option} takes a whole number from 1, not "${text}".`);
  return value;
}

function milliseconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || !(value > 0)) throw usage(`--timeout takes a number of seconds, not "${text}".`);
  return value * 1000;
}

function approvalMode(text: string): ApprovalMode {
  const mode = APPROVAL_MODES.find((known) => known === text);
  if (!mode) throw usage(`--approve takes ${APPROVAL_MODES.join(', ')}, not "${text}".`);
  return mode;
}

export function usage(message: string): ConfigurationError {
  return new ConfigurationError('usage', message, { hint: 'See lmstudio-bridge --help.' });
}
