/**
 * Reads the text of an `envFile`: NAME=value lines, as dotenv has made them common. Of our own, because `util.parseEnv`
 * came with Node 20.12 and the command line promises Node 20 (and it takes a blank line for a part of the next name).
 * A test holds the two side by side.
 * Nothing is expanded: a `$` is a `$`.
 */
export function parseEnvFile(text: string): Readonly<Record<string, string>> {
  const values = new Map<string, string>();
  const lines = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  const pattern = /^[ \t]*(?:export[ \t]+)?([^\s=#'"]+)[ \t]*=[ \t]*(?:"([^"]*)"|'([^']*)'|`([^`]*)`|([^\n]*))/gm;
  for (const [, name = '', double, single, backtick, bare = ''] of lines.matchAll(pattern)) {
    const quoted = double?.replaceAll('\\n', '\n') ?? single ?? backtick;
    values.set(name, quoted ?? bare.replace(/#.*$/, '').trim());
  }
  return Object.fromEntries(values);
}
