/**
 * What a server inherits without asking: the MCP SDK's own lists (client/stdio). Anything else, API keys above all,
 * reaches a server only when its entry declares it.
 */
const INHERITED_POSIX = ['HOME', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'USER'];
const INHERITED_WINDOWS = [
  'APPDATA',
  'HOMEDRIVE',
  'HOMEPATH',
  'LOCALAPPDATA',
  'PATH',
  'PROCESSOR_ARCHITECTURE',
  'SYSTEMDRIVE',
  'SYSTEMROOT',
  'TEMP',
  'USERNAME',
  'USERPROFILE',
  'PROGRAMFILES',
];

type Variables = Readonly<Record<string, string | undefined>>;

/** The environment of a server process: the minimal set, then what its entry declares; null removes a variable. */
export function buildEnvironment(
  declared: Readonly<Record<string, string | null>>,
  parent: Variables = process.env,
  platform: NodeJS.Platform = process.platform,
): Record<string, string> {
  const isWindows = platform === 'win32';
  const result = new Map<string, string>();
  for (const name of isWindows ? INHERITED_WINDOWS : INHERITED_POSIX) {
    const value = parent[name];
    // A value that starts with "()" is an exported shell function.
    if (value !== undefined && !value.startsWith('()')) result.set(name, value);
  }
  for (const [name, value] of Object.entries(declared)) {
    // Windows takes "Path" and "PATH" for one variable, and an environment with both keeps either.
    if (isWindows) for (const key of result.keys()) if (key.toUpperCase() === name.toUpperCase()) result.delete(key);
    if (value === null) result.delete(name);
    else result.set(name, value);
  }
  return Object.fromEntries(result);
}

/** The declared values that look like credentials by their names: never to be shown, not even in a server's own words. */
export function secretsOf(declared: Readonly<Record<string, string | null>>): readonly string[] {
  return Object.entries(declared).flatMap(([name, value]) => (value !== null && looksSecret(name) ? [value] : []));
}

/** Whether a variable holds a credential, by its name. */
export function looksSecret(name: string): boolean {
  return /key|token|secret|passw|auth|credential/i.test(name);
}
