import { findNodeAtLocation, getNodeValue, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Node, ParseError } from 'jsonc-parser';
import * as z from 'zod/v4';
import type { ConfigDiagnostic, ConfigSource, ServerSpec } from './serverSpec';
import { createPositionIndex } from './textPosition';

export interface ConfigFileContent {
  /** In the order of the file. Names are unique. */
  readonly servers: readonly ServerSpec[];
  readonly diagnostics: readonly ConfigDiagnostic[];
}

/** VS Code writes `servers`, everybody else `mcpServers`. */
const TOP_KEYS = ['mcpServers', 'servers'] as const;

/** One missing brace can cause an error per line; the first ones say it all. */
const MAX_SYNTAX_ERRORS = 20;

const text = z.string({ error: 'must be a string' });
const flag = z.boolean({ error: 'must be true or false' });

const entrySchema = z.looseObject({
  type: text.nullish(),
  command: text.min(1, { error: 'must not be empty' }).nullish(),
  args: z
    .array(z.union([z.string(), z.number()], { error: 'must be a string' }), { error: 'must be an array of strings' })
    .nullish(),
  env: z
    .record(z.string(), z.union([z.string(), z.number(), z.null()], { error: 'must be a string, a number or null' }), {
      error: 'must be an object',
    })
    .nullish(),
  cwd: text.nullish(),
  envFile: text.nullish(),
  url: text.nullish(),
  headers: z.record(z.string(), text, { error: 'must be an object' }).nullish(),
  disabled: flag.nullish(),
  enabled: flag.nullish(),
});

type Entry = z.infer<typeof entrySchema>;

/** Collects what is said about one file, with offsets turned into positions. */
interface Report {
  readonly content: string;
  readonly servers: Map<string, ServerSpec>;
  readonly diagnostics: ConfigDiagnostic[];
  readonly syntaxErrors: readonly ParseError[];
  say(severity: ConfigDiagnostic['severity'], offset: number, message: string, server?: string): void;
  readonly source: ConfigSource;
  originAt(offset: number): { file: string; line: number; column: number };
}

/**
 * Reads the text of one mcp.json (JSON with comments and trailing commas). Never throws: what is wrong becomes a
 * diagnostic, and everything else is still read. An entry that holds a syntax error is left out, for half a command
 * line must not be run. `file` is only used to say where things stand.
 */
export function parseConfigFile(fileText: string, source: ConfigSource): ConfigFileContent {
  const content = fileText.startsWith('\uFEFF') ? fileText.slice(1) : fileText;
  const syntaxErrors: ParseError[] = [];
  const report = createReport(content, source, syntaxErrors);
  try {
    const root = parseTree(content, syntaxErrors, { allowTrailingComma: true });
    for (const error of syntaxErrors.slice(0, MAX_SYNTAX_ERRORS)) {
      report.say('error', error.offset, `Syntax error: ${describeSyntaxError(error)}.`);
    }
    if (root) readRoot(root, report);
  } catch (error) {
    // The parser recurses; text that nests thousands of levels deep exhausts the stack.
    if (!(error instanceof RangeError)) throw error;
    report.servers.clear();
    report.say('error', 0, 'The file nests too deeply to be read.');
  }
  return { servers: [...report.servers.values()], diagnostics: report.diagnostics };
}

function createReport(content: string, source: ConfigSource, syntaxErrors: readonly ParseError[]): Report {
  const { file } = source;
  const positionAt = createPositionIndex(content);
  const diagnostics: ConfigDiagnostic[] = [];
  return {
    content,
    source,
    servers: new Map(),
    diagnostics,
    syntaxErrors,
    say(severity, offset, message, server) {
      diagnostics.push({ severity, message, server, file, ...positionAt(offset) });
    },
    originAt: (offset) => ({ file, ...positionAt(offset) }),
  };
}

/** "CommaExpected" as "comma expected". */
function describeSyntaxError(error: ParseError): string {
  return printParseErrorCode(error.error)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
}

function readRoot(root: Node, report: Report): void {
  if (root.type !== 'object') {
    report.say('error', root.offset, 'The file must hold an object with "mcpServers" or "servers".');
    return;
  }
  const tables = (root.children ?? []).filter((property) => TOP_KEYS.some((key) => key === keyOf(property)));
  if (tables.length === 0 && report.syntaxErrors.length === 0) {
    report.say('warning', root.offset, 'The file has neither "mcpServers" nor "servers".');
  }
  for (const table of tables) {
    const value = table.children?.[1];
    if (value?.type === 'object') {
      for (const property of value.children ?? []) readProperty(property, report);
    } else if (value) {
      report.say('error', value.offset, `"${keyOf(table)}" must be an object of servers by name.`);
    }
  }
}

function keyOf(property: Node): string {
  return String(property.children?.[0]?.value ?? '');
}

function readProperty(property: Node, report: Report): void {
  const name = keyOf(property);
  const value = property.children?.[1];
  if (!value || holdsSyntaxError(value, report)) {
    report.say('error', property.offset, `Server "${name}" was not read, because of the syntax error in it.`, name);
    return;
  }
  if (name.trim() === '') {
    report.say('error', property.offset, 'A server needs a name.', name);
    return;
  }
  const earlier = report.servers.get(name);
  if (earlier) {
    const where = `line ${earlier.origin.line}`;
    report.say('warning', property.offset, `Server "${name}" is defined twice; the one in ${where} is used.`, name);
    return;
  }
  const parsed = entrySchema.safeParse(getNodeValue(value));
  if (!parsed.success) {
    reportIssues(name, value, parsed.error, report);
    return;
  }
  const spec = toServerSpec(name, parsed.data, property, report);
  if (spec) report.servers.set(name, spec);
}

function holdsSyntaxError(node: Node, { content, syntaxErrors }: Report): boolean {
  const end = node.offset + node.length;
  const last = node.children?.at(-1);
  // The error of an object that is never closed stands where it should have been closed: behind it.
  const isClosed = content[end - 1] === '}' && (last === undefined || last.offset + last.length < end);
  if (node.type === 'object' && !isClosed) return true;
  return syntaxErrors.some((error) => error.offset >= node.offset && error.offset < end);
}

function reportIssues(name: string, value: Node, error: z.ZodError, report: Report): void {
  for (const issue of error.issues) {
    const path = issue.path.filter((segment) => typeof segment !== 'symbol');
    const field = path.map((segment) => (typeof segment === 'number' ? `[${segment}]` : `.${segment}`)).join('');
    const what = path.length === 0 ? 'must be an object' : `${field.slice(1)} ${issue.message}`;
    const offset = (findNodeAtLocation(value, path) ?? value).offset;
    report.say('error', offset, `Server "${name}": ${what}.`, name);
  }
}

function toServerSpec(name: string, entry: Entry, property: Node, report: Report): ServerSpec | undefined {
  const disabled = entry.disabled === true || entry.enabled === false;
  const unsupported = findUnsupported(entry);
  if (unsupported !== undefined) {
    const severity = disabled ? 'info' : 'warning';
    report.say(severity, property.offset, `Server "${name}" cannot be started yet: ${unsupported}.`, name);
    return undefined;
  }
  const type = entry.type ?? 'stdio';
  if (type !== 'stdio') {
    report.say('error', property.offset, `Server "${name}" has the unknown type "${type}".`, name);
    return undefined;
  }
  if (!entry.command) {
    report.say('error', property.offset, `Server "${name}" has no "command".`, name);
    return undefined;
  }
  return {
    name,
    disabled,
    origin: report.originAt(property.offset),
    source: report.source,
    inputs: [],
    transport: {
      kind: 'stdio',
      command: entry.command,
      args: (entry.args ?? []).map(String),
      env: Object.fromEntries(
        Object.entries(entry.env ?? {}).map(([key, value]) => [key, value === null ? null : String(value)]),
      ),
      cwd: entry.cwd ?? undefined,
    },
  };
}

/** Why an entry that is correct cannot be used by this version; undefined where it can. */
function findUnsupported(entry: Entry): string | undefined {
  const isRemote = ['http', 'sse', 'streamable-http', 'streamableHttp', 'ws'].includes(entry.type ?? '');
  if (isRemote || (entry.url && !entry.command)) return 'servers with a "url" are not supported';
  if (entry.envFile) return '"envFile" is not supported; write the variables into "env"';
  const values = [entry.command, entry.cwd, ...(entry.args ?? []), ...Object.values(entry.env ?? {})];
  const input = values.map((value) => /\$\{(input|command):[^}]*\}/.exec(String(value))).find((match) => match);
  return input ? `"${input[0]}" is not supported; use "\${env:NAME}" instead` : undefined;
}
