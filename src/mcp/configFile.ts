import * as l10n from '@vscode/l10n';
import {
  findNodeAtLocation,
  type JSONPath,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import { readEntry } from './configEntry';
import { type ConfigReport, createReport, type Place } from './configReport';
import { readInputs } from './inputSpecs';
import type { ConfigDiagnostic, ConfigSource, InputSpec, ServerSpec } from './serverSpec';

export interface ConfigFileContent {
  /** In the order of the file. Names are unique. */
  readonly servers: readonly ServerSpec[];
  readonly diagnostics: readonly ConfigDiagnostic[];
}

/** Where in a file the servers stand, where it is not a plain mcp.json. */
export interface FileLayout {
  /** In order of precedence; `folder`: the workspace folder that the table is for. */
  readonly tables: readonly { readonly path: JSONPath; readonly folder?: string | undefined }[];
  readonly inputs?: JSONPath | undefined;
  /** Other things stand in it too, so that a file without servers, or with an error elsewhere, is none of our business. */
  readonly isShared?: boolean | undefined;
}

/** VS Code writes `servers`, everybody else `mcpServers`. */
const TOP_KEYS = ['mcpServers', 'servers'];

const PLAIN_LAYOUT: FileLayout = { tables: TOP_KEYS.map((key) => ({ path: [key] })), inputs: ['inputs'] };

/** One missing brace can cause an error per line; the first ones say it all. */
const MAX_SYNTAX_ERRORS = 20;

interface Reading {
  readonly report: ConfigReport;
  readonly servers: Map<string, ServerSpec>;
  readonly syntaxErrors: readonly ParseError[];
  readonly inputs: readonly InputSpec[];
}

/**
 * Reads the text of one configuration file (JSON with comments and trailing commas). Never throws: what is wrong becomes
 * a diagnostic, and everything else is still read. An entry that holds a syntax error is left out, for half a command
 * line must not be run. The file of `source` is only used to say where things stand.
 */
export function parseConfigFile(
  fileText: string,
  source: ConfigSource,
  layout: FileLayout = PLAIN_LAYOUT,
): ConfigFileContent {
  const content = fileText.startsWith('\uFEFF') ? fileText.slice(1) : fileText;
  const syntaxErrors: ParseError[] = [];
  const report = createReport(content, source);
  const servers = new Map<string, ServerSpec>();
  try {
    const root = parseTree(content, syntaxErrors, { allowTrailingComma: true });
    if (layout.isShared && !findTable(root, layout)) return { servers: [], diagnostics: [] };
    for (const error of syntaxErrors.slice(0, MAX_SYNTAX_ERRORS)) {
      report.say('error', error, l10n.t('Syntax error: {0}.', describeSyntaxError(error)));
    }
    const list = root && layout.inputs && findNodeAtLocation(root, layout.inputs);
    if (root) readRoot(root, layout, { report, servers, syntaxErrors, inputs: readInputs(list, report) });
  } catch (error) {
    // The parser recurses; text that nests thousands of levels deep exhausts the stack.
    if (!(error instanceof RangeError)) throw error;
    servers.clear();
    report.say('error', { offset: 0, length: 0 }, l10n.t('The file nests too deeply to be read.'));
  }
  return { servers: [...servers.values()], diagnostics: report.diagnostics };
}

function findTable(root: Node | undefined, { tables }: FileLayout): Node | undefined {
  return tables.map(({ path }) => root && findNodeAtLocation(root, [...path])).find((table) => table);
}

/** "CommaExpected" as "comma expected". */
function describeSyntaxError(error: ParseError): string {
  return printParseErrorCode(error.error)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
}

function readRoot(root: Node, layout: FileLayout, reading: Reading): void {
  const { report, syntaxErrors } = reading;
  if (root.type !== 'object') {
    report.say('error', root, l10n.t('The file must hold an object with "mcpServers" or "servers".'));
    return;
  }
  if (!findTable(root, layout) && syntaxErrors.length === 0) reportNoTable(root, report);
  for (const { path, folder = report.source.folder } of layout.tables) {
    const table = findNodeAtLocation(root, [...path]);
    if (!table) continue;
    const key = String(path.at(-1));
    if (table.type === 'object') {
      const names = new Map<string, Place>();
      for (const property of table.children ?? []) readProperty(property, names, folder, reading);
    } else {
      report.say('error', table, l10n.t('"{0}" must be an object of servers by name.', key));
    }
  }
}

/** Many a page shows an entry without what stands around it. */
function reportNoTable(root: Node, report: ConfigReport): void {
  const looksLikeServer = ({ children: [, value] = [] }: Node): boolean =>
    value?.type === 'object' && ['command', 'url'].some((key) => findNodeAtLocation(value, [key]) !== undefined);
  const properties = root.children ?? [];
  const isWrappable = properties.length > 0 && properties.every(looksLikeServer);
  const message = isWrappable
    ? l10n.t('The servers must stand inside "mcpServers" (in VS Code\'s file, "servers").')
    : l10n.t('The file has neither "mcpServers" nor "servers".');
  report.say('warning', { offset: root.offset, length: 1 }, message, isWrappable ? { code: 'no-servers' } : {});
}

function readProperty(property: Node, names: Map<string, Place>, folder: string | undefined, reading: Reading): void {
  const { report, servers, inputs } = reading;
  const [key, value] = property.children ?? [];
  const place = key ?? property;
  const name = String(key?.value ?? '');
  if (!value || holdsSyntaxError(value, reading)) {
    report.say('error', place, l10n.t('Server "{0}" was not read, because of the syntax error in it.', name), {
      server: name,
    });
    return;
  }
  if (name.trim() === '') {
    report.say('error', place, l10n.t('A server needs a name.'), { server: name });
    return;
  }
  const isRepeated = names.has(name);
  names.set(name, place);
  const earlier = servers.get(name);
  if (earlier) {
    const message = l10n.t('Server "{0}" is defined twice; the one in line {1} is used.', name, earlier.origin.line);
    // In another table of the same file it is a matter of precedence.
    report.say(isRepeated ? 'warning' : 'info', place, message, { server: name, code: 'duplicate-name' });
    return;
  }
  const spec = readEntry(name, property, value, { report, inputs, folder });
  if (spec) servers.set(name, spec);
}

function holdsSyntaxError(node: Node, { report: { content }, syntaxErrors }: Reading): boolean {
  const end = node.offset + node.length;
  const last = node.children?.at(-1);
  // The error of an object that is never closed stands where it should have been closed: behind it.
  const isClosed = content[end - 1] === '}' && (last === undefined || last.offset + last.length < end);
  if (node.type === 'object' && !isClosed) return true;
  return syntaxErrors.some((error) => error.offset >= node.offset && error.offset < end);
}
