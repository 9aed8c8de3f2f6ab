/** How variables are written: `${kind}` or `${kind:argument}`, in any string of an entry. */
import type { SourceKind } from './serverSpec';

export interface Variable {
  /** What stands between the braces. */
  readonly name: string;
  readonly kind: string;
  /** Behind the first colon; undefined where there is none. */
  readonly argument: string | undefined;
}

const PATTERN = /\$\{([^}]*)\}/g;

/** Replaces each variable once: what comes in its place is never looked at again. */
export function replaceVariables(text: string, replace: (variable: Variable, written: string) => string): string {
  return text.replace(PATTERN, (written, name: string) => replace(parseVariable(name), written));
}

export function variablesIn(text: string): readonly Variable[] {
  return [...text.matchAll(PATTERN)].map(([, name = '']) => parseVariable(name));
}

function parseVariable(name: string): Variable {
  const colon = name.indexOf(':');
  return colon < 0
    ? { name, kind: name, argument: undefined }
    : { name, kind: name.slice(0, colon), argument: name.slice(colon + 1) };
}

/** Those without an argument. */
export const PLAIN_VARIABLES: readonly string[] = [
  'workspaceFolder',
  'workspaceFolderBasename',
  'userHome',
  'pathSeparator',
  '/',
];

/**
 * The environment variable behind `${NAME}` or `${NAME:-default}`, in the files where their products read it so: Claude
 * Code's and the portable `.mcp.json` (code.claude.com/docs/en/mcp, "Environment variable expansion in .mcp.json"), and
 * Copilot's (changelog of Copilot CLI 0.0.340). Elsewhere it is more likely a mistake.
 */
export function shellVariable(
  { name }: Variable,
  source: SourceKind,
): { readonly name: string; readonly fallback: string | undefined } | undefined {
  if (!['mcp-json', 'claude-code', 'copilot'].includes(source)) return undefined;
  const match = /^([A-Za-z_]\w*)(?::-(.*))?$/s.exec(name);
  if (!match?.[1] || PLAIN_VARIABLES.includes(match[1])) return undefined;
  return { name: match[1], fallback: match[2] };
}
