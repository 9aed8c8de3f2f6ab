/**
 * Our own programs among the configured servers: other products start them, but started by ourselves they would start
 * themselves again.
 */
import { realpath } from 'node:fs/promises';
import { basename, isAbsolute, join, resolve, sep } from 'node:path';
import type { ServerSpec } from './serverSpec';

/** Of package.json: both the package and its program are called so. */
const NAME = 'lmstudio-bridge';
const PROGRAMS = ['cli.js', 'bridge.js'];

/** `folder`: where our programs are; in the bundle they are all in one. */
export async function isOwnBridge({ transport, source }: ServerSpec, folder = __dirname): Promise<boolean> {
  if (transport.kind === 'http') return false;
  const { command, args, cwd } = transport;
  const [first = ''] = args;
  const words = [command, ...args];
  if (programName(command) === NAME || words.some(isPackage)) return true;
  // A path of ours that is only given to another server to read is no start of us.
  const candidates = [command, first, ...args.filter((word) => PROGRAMS.includes(basename(word)))];
  const base = source.folder ?? '';
  const expand = (word: string): string => word.replaceAll('${workspaceFolder}', base);
  const start = resolve(base, expand(cwd ?? ''));
  const own = await Promise.all(PROGRAMS.map((name) => realOf(join(folder, name))));
  for (const word of new Set(candidates.map(expand))) {
    if (!PROGRAMS.includes(basename(word)) && programName(word) !== NAME) continue;
    const path = await realOf(isAbsolute(word) ? word : resolve(start, word));
    if (own.includes(path) || isInstalled(path)) return true;
  }
  return false;
}

/** The package as npx, bunx and their like are given it, with or without a version. */
function isPackage(word: string): boolean {
  return word === NAME || word.startsWith(`${NAME}@`) || word === `--package=${NAME}`;
}

function programName(command: string): string {
  return basename(command.replaceAll('\\', '/')).replace(/\.(exe|cmd|ps1|bat)$/i, '');
}

/** In the folder of an extension or of a package of ours. */
function isInstalled(path: string): boolean {
  const [program = '', dist, folder = ''] = path.split(sep).reverse();
  const isOurs = folder === NAME || /^lmstudio-bridge\.lmstudio-bridge-\d/.test(folder);
  return PROGRAMS.includes(program) && dist === 'dist' && isOurs;
}

function realOf(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
