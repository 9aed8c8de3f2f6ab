/** The command line as data. What it means is written in docs/cli.md; nothing here reads a file or sends anything. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { errorMessage } from '../base/errors';
import { TOOL_CALL_MODES, type ToolCallMode } from '../llm/toolCallMode';
import { APPROVAL_MODES, type ApprovalMode } from '../policy/gates';
import { SUBSTITUTION_MODES, type SubstitutionMode } from '../policy/substitution';
import type { AttachedResource, ServerSelection } from '../tasks/types';
import {
  attachedResource,
  inputEnv,
  journalFolder,
  milliseconds,
  oneOf,
  promptChoice,
  serverSelection,
  taskSource,
  type TaskSource,
  usage,
  wholeNumber,
} from './optionValues';

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
  readonly inputEnv: ReadonlyMap<string, string>;
}

export interface SelftestCommand extends ServerOptions {
  readonly command: 'selftest';
  readonly model: string | undefined;
  readonly timeoutMs: number | undefined;
}

export interface RunCommand extends ServerOptions {
  readonly command: 'run';
  readonly task: TaskSource;
  readonly servers: ServerSelection;
  /** Tools to offer first. */
  readonly tools: readonly string[];
  /** Given to the model with the task. */
  readonly resources: readonly AttachedResource[];
  readonly mcpConfig: readonly string[];
  /** Ids of inputs, and the environment variables that hold their values. */
  readonly inputEnv: ReadonlyMap<string, string>;
  readonly workspaces: readonly string[];
  readonly model: string | undefined;
  readonly maxRounds: number;
  readonly maxTokens: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly approve: ApprovalMode;
  readonly toolCalls: ToolCallMode;
  /** Folder for journals; undefined: none is kept. */
  readonly journal: string | undefined;
  readonly onSubstitution: SubstitutionMode;
  /** Steered by lines on stdin. */
  readonly control: boolean;
}

export interface ResumeCommand extends ServerOptions {
  readonly command: 'resume';
  /** Id of the run, or its beginning. */
  readonly run: string;
  readonly journal: string;
  readonly inputEnv: ReadonlyMap<string, string>;
  /** Undefined: as before. */
  readonly model: string | undefined;
  readonly maxRounds: number | undefined;
  readonly maxTokens: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly approve: ApprovalMode;
  readonly onSubstitution: SubstitutionMode;
  readonly control: boolean;
}

/** What is asked of the journals alone: nothing is sent anywhere. */
export type JournalCommand =
  | { readonly command: 'tasks'; readonly journal: string; readonly json: boolean }
  | { readonly command: 'show' | 'discard'; readonly run: string; readonly journal: string; readonly json: boolean };

export type Command =
  | ModelsCommand
  | DoctorCommand
  | SelftestCommand
  | RunCommand
  | ResumeCommand
  | JournalCommand
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
  'input-env': { type: 'string', multiple: true },
} as const satisfies ParseArgsConfig['options'];

const SELFTEST = {
  ...COMMON,
  model: { type: 'string' },
  timeout: { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

const JOURNAL = {
  json: { type: 'boolean' },
  journal: { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

const RESUME = {
  ...COMMON,
  'input-env': { type: 'string', multiple: true },
  journal: { type: 'string' },
  model: { type: 'string' },
  'max-rounds': { type: 'string' },
  'max-tokens': { type: 'string' },
  timeout: { type: 'string' },
  approve: { type: 'string' },
  'on-substitution': { type: 'string' },
  control: { type: 'boolean' },
} as const satisfies ParseArgsConfig['options'];

const RUN = {
  ...DOCTOR,
  ...RESUME,
  task: { type: 'string' },
  'task-file': { type: 'string' },
  prompt: { type: 'string' },
  'prompt-arg': { type: 'string', multiple: true },
  resource: { type: 'string', multiple: true },
  mcp: { type: 'string', multiple: true },
  'all-mcps': { type: 'boolean' },
  tool: { type: 'string', multiple: true },
  'tool-calls': { type: 'string' },
  workspace: { type: 'string', multiple: true },
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
      return {
        command,
        ...serverOptions(values),
        mcpConfig: values['mcp-config'] ?? [],
        inputEnv: inputEnv(values['input-env']),
      };
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
    case 'resume':
      return resumeCommand(rest);
    case 'tasks': {
      const values = parse(rest, JOURNAL);
      return { command, journal: journalFolder(values.journal), json: values.json ?? false };
    }
    case 'show':
    case 'discard': {
      const { run, args: options } = runId(command, rest);
      const values = parse(options, JOURNAL);
      return { command, run, journal: journalFolder(values.journal), json: values.json ?? false };
    }
    default:
      throw usage(`There is no command "${command}".`);
  }
}

function runCommand(args: readonly string[]): RunCommand {
  const values = parse(args, RUN);
  const prompt = promptChoice(values.prompt, values['prompt-arg'] ?? []);
  const resources = (values.resource ?? []).map(attachedResource);
  const named = [...(values.mcp ?? []), ...(prompt ? [prompt.server] : []), ...resources.map(({ server }) => server)];
  const isAll = values['all-mcps'] ?? false;
  return {
    command: 'run',
    ...serverOptions(values),
    task: taskSource(values.task, values['task-file'], prompt),
    // The servers of prompts and resources are named by them.
    servers: serverSelection(isAll ? (values.mcp ?? []) : named, isAll),
    resources,
    tools: [...new Set(values.tool ?? [])],
    mcpConfig: values['mcp-config'] ?? [],
    inputEnv: inputEnv(values['input-env']),
    workspaces: values.workspace ?? [],
    model: values.model === '' ? undefined : values.model,
    maxRounds: wholeNumber('--max-rounds', values['max-rounds']) ?? DEFAULT_MAX_ROUNDS,
    maxTokens: wholeNumber('--max-tokens', values['max-tokens']),
    timeoutMs: milliseconds(values.timeout),
    approve: oneOf('--approve', APPROVAL_MODES, values.approve ?? 'read-only'),
    toolCalls: oneOf('--tool-calls', TOOL_CALL_MODES, values['tool-calls'] ?? 'auto'),
    onSubstitution: oneOf('--on-substitution', SUBSTITUTION_MODES, values['on-substitution'] ?? 'warn'),
    control: controlled(values),
    journal: values.journal === undefined ? undefined : journalFolder(values.journal),
  };
}

function resumeCommand(args: readonly string[]): ResumeCommand {
  const { run, args: options } = runId('resume', args);
  const values = parse(options, RESUME);
  return {
    command: 'resume',
    ...serverOptions(values),
    run,
    journal: journalFolder(values.journal),
    inputEnv: inputEnv(values['input-env']),
    model: values.model === '' ? undefined : values.model,
    maxRounds: wholeNumber('--max-rounds', values['max-rounds']),
    maxTokens: wholeNumber('--max-tokens', values['max-tokens']),
    timeoutMs: milliseconds(values.timeout),
    approve: oneOf('--approve', APPROVAL_MODES, values.approve ?? 'read-only'),
    onSubstitution: oneOf('--on-substitution', SUBSTITUTION_MODES, values['on-substitution'] ?? 'warn'),
    control: controlled(values),
  };
}

function controlled({ control = false, json = false }: { control?: boolean; json?: boolean }): boolean {
  if (control && !json) throw usage('--control takes --json: what becomes of a line is told by events.');
  return control;
}

/** The id stands first, as the names of commands do. */
function runId(command: string, [first, ...args]: readonly string[]) {
  if (first === undefined || first === '' || first.startsWith('-')) {
    throw usage(`Say which task: ${command} RUN --journal DIR.`);
  }
  return { run: first, args };
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
