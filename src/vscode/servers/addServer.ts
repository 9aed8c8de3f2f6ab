/** Adds an MCP server to a file that a person chooses. Nothing is downloaded or started by it: that is for the first start, with consent. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { ConfigurationError } from '../../base/errors';
import { parseCommandLine } from '../../mcp/commandLine';
import {
  namedOf,
  nameProblem,
  packageProblem,
  type ServerDraft,
  suggestName,
  suggestNameOfUrl,
  toEntry,
  urlProblem,
} from '../../mcp/newServer';
import type { Origin } from '../../mcp/serverSpec';
import type { Choice, Dialogs } from '../dialogs';
import { HelpfulError } from '../failures';
import { openOrigin } from '../openDocument';

const TITLE = l10n.t('Add MCP Server');

interface KindChoice extends Choice {
  readonly kind: 'command' | 'url' | 'npm' | 'pypi';
}

const KINDS: readonly KindChoice[] = [
  {
    kind: 'command',
    icon: 'terminal',
    label: l10n.t('Command'),
    description: l10n.t('A program on this computer, with its arguments'),
  },
  {
    kind: 'url',
    icon: 'globe',
    label: l10n.t('Address'),
    description: l10n.t('A server that is reached over HTTP'),
  },
  {
    kind: 'npm',
    icon: 'package',
    label: l10n.t('npm Package'),
    description: l10n.t('Run with npx, which downloads it at the first start'),
  },
  {
    kind: 'pypi',
    icon: 'package',
    label: l10n.t('PyPI Package'),
    description: l10n.t('Run with uvx, which downloads it at the first start'),
  },
];

/** What is known of the new server, and the name that fits it. */
interface Described {
  readonly draft: ServerDraft;
  readonly suggested: string;
}

/** A file that can take the server. */
export interface ServerFile extends Choice {
  readonly file: string;
  readonly topKey: 'mcpServers' | 'servers';
  /** Whoever reads it asks for `${input:…}`. */
  readonly hasInputs: boolean;
}

export interface AddServerNeeds {
  readonly dialogs: Dialogs;
  /** Names of the servers that there are. */
  readonly taken: readonly string[];
  readonly files: readonly ServerFile[];
}

/** The name of the new server; undefined where the person closed a question. @throws HelpfulError where the file cannot take it */
export async function addServer({ dialogs, taken, files }: AddServerNeeds): Promise<string | undefined> {
  const kind = await dialogs.pickOne(KINDS, { title: TITLE, placeholder: l10n.t('What kind of server is it?') });
  const described = kind && (await describe(kind.kind, dialogs));
  if (!described) return undefined;
  const name = await dialogs.input({
    title: TITLE,
    prompt: l10n.t('What should the server be called?'),
    value: freeName(described.suggested, taken),
    validate: (text) => nameProblem(text, taken),
  });
  if (name === undefined || nameProblem(name, taken) !== undefined) return undefined;
  const added = toEntry(described.draft, name);
  const needsInputs = added.inputs.length > 0;
  const fitting = files.filter(({ hasInputs }) => hasInputs || !needsInputs);
  if (fitting.length === 0) throw noFile(needsInputs);
  const placeholder = needsInputs
    ? l10n.t('Where to write it? Only a file that can ask for its secrets fits')
    : l10n.t('Where to write it?');
  const target = await dialogs.pickOne(fitting, { title: TITLE, placeholder });
  if (!target) return undefined;
  await openOrigin(await write(target, added));
  return name;
}

function freeName(suggested: string, taken: readonly string[]): string {
  const stem = suggested === '' ? 'server' : suggested;
  for (let count = 1; ; count++) {
    const name = count === 1 ? stem : `${stem}-${count}`;
    if (!taken.includes(name)) return name;
  }
}

function noFile(needsInputs: boolean): ConfigurationError {
  return new ConfigurationError('usage', l10n.t('There is no file that could take the server.'), {
    hint: needsInputs
      ? l10n.t('It needs secrets, which only .vscode/mcp.json of a folder can ask for: open a folder.')
      : l10n.t('Open a folder.'),
  });
}

async function describe(kind: KindChoice['kind'], dialogs: Dialogs): Promise<Described | undefined> {
  if (kind === 'url') return describeUrl(dialogs);
  if (kind === 'command') return describeCommand(dialogs);
  const registry = kind;
  const name = await askFor(dialogs, {
    prompt: registry === 'npm' ? l10n.t('The name of the npm package') : l10n.t('The name of the Python package'),
    placeholder: registry === 'npm' ? '@modelcontextprotocol/server-filesystem' : 'mcp-server-git',
    validate: (text) => packageProblem(text.trim(), registry),
  });
  if (name === undefined) return undefined;
  const args = await dialogs.input({
    title: TITLE,
    prompt: l10n.t('Arguments for the server, if it needs any'),
    placeholder: '${workspaceFolder}',
    validate: lineProblem,
  });
  const parsed = args === undefined ? undefined : parseCommandLine(args);
  if (!parsed?.ok) return undefined;
  const env = await askForVariables(dialogs);
  if (!env) return undefined;
  const [command, before] = registry === 'npm' ? ['npx', ['-y', name]] : ['uvx', [name]];
  const draft: ServerDraft = {
    ...{ kind: 'stdio', command },
    args: [...before, ...assignments(parsed.env), ...parsed.argv],
    env,
  };
  return { draft, suggested: suggestName(name) };
}

/** Behind a command, what looks like a variable is an argument. */
function assignments(env: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}

async function describeCommand(dialogs: Dialogs): Promise<Described | undefined> {
  const line = await askFor(dialogs, {
    prompt: l10n.t('The command that starts the server, as you would type it. No shell runs it.'),
    placeholder: 'node "${workspaceFolder}/server.mjs" --verbose',
    validate: (text) => lineProblem(text) ?? commandProblem(text),
  });
  const parsed = line === undefined ? undefined : parseCommandLine(line);
  if (!parsed?.ok) return undefined;
  const [command = '', ...args] = parsed.argv;
  const env = await askForVariables(dialogs);
  if (!env) return undefined;
  const draft: ServerDraft = { kind: 'stdio', command, args, env: { ...parsed.env, ...env } };
  return { draft, suggested: namedOf(parsed.argv) };
}

async function describeUrl(dialogs: Dialogs): Promise<Described | undefined> {
  const url = await askFor(dialogs, {
    prompt: l10n.t('The address of the server'),
    placeholder: 'https://example.com/mcp',
    validate: (text) => urlProblem(text.trim()),
  });
  if (url === undefined) return undefined;
  const choices = [
    {
      label: l10n.t('No Token'),
      description: l10n.t('Open, or it lets you sign in when it is started'),
      wantsToken: false,
    },
    {
      label: l10n.t('A Token'),
      description: l10n.t('You are asked for it at the first start; it is not written into the file'),
      wantsToken: true,
    },
  ];
  const chosen = await dialogs.pickOne(choices, { title: TITLE, placeholder: l10n.t('Does it want a token?') });
  if (!chosen) return undefined;
  const protocol = /\/sse\/?$/.test(new URL(url).pathname) ? 'sse' : 'http';
  return { draft: { kind: 'http', url, protocol, wantsToken: chosen.wantsToken }, suggested: suggestNameOfUrl(url) };
}

/** Names to ask for at the start, and values; undefined where the question was closed. */
async function askForVariables(dialogs: Dialogs): Promise<Record<string, string | null> | undefined> {
  const text = await dialogs.input({
    title: TITLE,
    prompt: l10n.t(
      'Environment variables, if it needs any: NAME is asked for at the first start, NAME=value is written down',
    ),
    placeholder: 'API_KEY REGION=eu',
    validate: (line) => lineProblem(line) ?? variableProblem(line),
  });
  const parsed = text === undefined ? undefined : parseCommandLine(text);
  if (!parsed?.ok || variableProblem(text ?? '') !== undefined) return undefined;
  return Object.fromEntries(
    wordsOf(parsed).map((word) => [nameOf(word), word.includes('=') ? word.slice(word.indexOf('=') + 1) : null]),
  );
}

function wordsOf(parsed: {
  readonly env: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
}): readonly string[] {
  return [...assignments(parsed.env), ...parsed.argv];
}

function nameOf(word: string): string {
  return word.split('=')[0] ?? '';
}

function variableProblem(line: string): string | undefined {
  const parsed = parseCommandLine(line);
  if (!parsed.ok) return parsed.problem;
  const odd = wordsOf(parsed).find((word) => !/^[A-Za-z_]\w*$/.test(nameOf(word)));
  return odd === undefined
    ? undefined
    : l10n.t('"{0}" is no name of a variable: write NAME or NAME=value.', nameOf(odd));
}

function lineProblem(line: string): string | undefined {
  const parsed = parseCommandLine(line);
  return parsed.ok ? undefined : parsed.problem;
}

function commandProblem(line: string): string | undefined {
  const parsed = parseCommandLine(line);
  return parsed.ok && parsed.argv.length === 0 ? l10n.t('Write a command.') : undefined;
}

/** Trimmed; undefined where it was closed or is not as it must be. */
async function askFor(
  dialogs: Dialogs,
  question: {
    readonly prompt: string;
    readonly placeholder: string;
    readonly validate: (text: string) => string | undefined;
  },
): Promise<string | undefined> {
  const text = await dialogs.input({ title: TITLE, ...question });
  return text === undefined || question.validate(text) !== undefined ? undefined : text.trim();
}

/** Writes the entry, and gives back where it stands. What somebody has open and unsaved is changed there, and left unsaved. */
async function write({ file, topKey }: ServerFile, entry: ReturnType<typeof toEntry>): Promise<Origin> {
  const { addEntry } = await import('../../mcp/configEdit');
  const uri = vscode.Uri.file(file);
  const unsaved = vscode.workspace.textDocuments.find(
    (document) => document.isDirty && document.uri.toString() === uri.toString(),
  );
  const before = unsaved ? unsaved.getText() : await readFile(uri);
  const edit = addEntry(before, topKey, entry);
  if (!edit.ok) throw cannotTake({ file, line: edit.line, column: edit.column }, edit.problem);
  if (unsaved) {
    const change = new vscode.WorkspaceEdit();
    change.replace(
      uri,
      new vscode.Range(unsaved.positionAt(0), unsaved.positionAt(unsaved.getText().length)),
      edit.text,
    );
    if (!(await vscode.workspace.applyEdit(change))) throw cannotChange(file);
  } else {
    await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(edit.text)).then(undefined, (error: unknown) => {
      throw cannotChange(file, error);
    });
  }
  return { file, line: edit.line, column: edit.column };
}

/** Undefined where there is no such file yet. A byte order mark stays. */
async function readFile(uri: vscode.Uri): Promise<string | undefined> {
  try {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await vscode.workspace.fs.readFile(uri));
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return undefined;
    throw cannotChange(uri.fsPath, error);
  }
}

function cannotChange(file: string, cause?: unknown): ConfigurationError {
  const hint = l10n.t('Check that you may read and write it.');
  return new ConfigurationError('mcp-config', l10n.t('Nothing was added: {0} could not be changed.', file), {
    hint,
    cause,
  });
}

function cannotTake(origin: Origin, problem: string): HelpfulError {
  const place = l10n.t('{0}, line {1}', vscode.workspace.asRelativePath(origin.file), origin.line);
  const error = new ConfigurationError('mcp-config', l10n.t('Nothing was added to {0}. {1}', place, problem), {
    hint: l10n.t('Correct the file first.'),
  });
  return new HelpfulError(error, { label: l10n.t('Open File'), run: () => openOrigin(origin) });
}
