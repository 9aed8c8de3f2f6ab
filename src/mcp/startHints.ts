/** What a person can do about a server that does not start, judged by what it wrote to stderr and by where programs are. */
import * as l10n from '@vscode/l10n';
import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

interface OutputHint {
  readonly pattern: RegExp;
  readonly hint: (match: RegExpMatchArray) => string;
}

/** The first that fits counts: those that say more come first. Taken from what npm, Node.js, uv, pip, Python and Docker write. */
const OUTPUT_HINTS: readonly OutputHint[] = [
  {
    pattern: /npm (?:error|ERR!) (?:code )?E404[\s\S]*?'([^'\s]+?)(?:@[^'@\s]*)?' is not in (?:this|the npm) registry/,
    hint: ([, name = '']) => l10n.t('npm has no package "{0}": check its name in the arguments.', name),
  },
  {
    pattern: /npm (?:error|ERR!) (?:code )?(?:E404|404)\b/,
    hint: () => l10n.t('npm does not have this package: check its name in the arguments.'),
  },
  {
    pattern: /npm (?:error|ERR!) (?:code )?ETARGET|No matching version found for (\S+)/,
    hint: () => l10n.t('npm does not have this version of the package: check what stands after the "@".'),
  },
  {
    pattern: /Because (\S+) was not found in the package registry|No solution found when resolving tool dependencies/,
    hint: ([, name]) =>
      name === undefined
        ? l10n.t('PyPI has no package that fits: check its name and version in the arguments.')
        : l10n.t('PyPI has no package "{0}": check its name and version in the arguments.', name),
  },
  {
    pattern: /No matching distribution found for (\S+)/,
    hint: ([, name = '']) => l10n.t('PyPI has no package "{0}" for this Python: check its name and version.', name),
  },
  {
    pattern: /An executable named `([^`]+)` is not provided by package `([^`]+)`/,
    hint: ([, program = '', name = '']) =>
      l10n.t(
        'The package "{0}" has no program "{1}": use "--from {2}" and the name of its program.',
        name,
        program,
        name,
      ),
  },
  {
    pattern:
      /EBADENGINE|Unsupported engine|SyntaxError: Unexpected (?:token|identifier|reserved)|ERR_UNKNOWN_BUILTIN_MODULE|No such built-in module/,
    hint: () =>
      l10n.t(
        'The server needs a newer Node.js than the one that was found: update it, or give the full path of another.',
      ),
  },
  {
    pattern:
      /npm (?:error|ERR!) (?:code )?(?:ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET)|error sending request for url|dns error/,
    hint: () =>
      l10n.t('The package could not be downloaded: check the network and the proxy, or install it beforehand.'),
  },
  {
    pattern: /EADDRINUSE[\s\S]{0,80}?:(\d{2,5})\b|address already in use[\s\S]{0,40}?(\d{2,5})?/i,
    hint: ([, first, second]) => {
      const port = first ?? second;
      return port === undefined
        ? l10n.t(
            'A port that the server wants is taken: end the program that uses it, or give the server another port.',
          )
        : l10n.t('The port {0} is taken: end the program that uses it, or give the server another port.', port);
    },
  },
  {
    pattern: /Cannot find module '([^']+)'|ERR_MODULE_NOT_FOUND/,
    hint: ([, name]) =>
      name === undefined
        ? l10n.t(
            'Node.js did not find a module: check the path in the arguments, or install the packages of the server.',
          )
        : l10n.t(
            'Node.js did not find "{0}": check the path in the arguments, or install the packages of the server.',
            name,
          ),
  },
  {
    pattern: /ModuleNotFoundError: No module named '?([\w.]+)'?|No module named ([\w.]+)/,
    hint: ([, first, second]) =>
      l10n.t(
        'Python did not find the module "{0}": install it for the Python that the command starts, or start the server with uvx.',
        first ?? second ?? '',
      ),
  },
  {
    pattern: /Cannot connect to the Docker daemon|docker daemon is (?:not )?running/i,
    hint: () => l10n.t('Docker is not running: start it, then try again.'),
  },
  {
    pattern:
      /\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b[^\n]{0,40}?(?:environment variable )?(?:is required|(?:is|was) not set|must be set|not provided|is missing|is not defined)/,
    hint: ([, name = '']) =>
      l10n.t('The server wants the environment variable {0}: add it to "env" of the entry.', name),
  },
  {
    pattern:
      /(?:missing|required|must set|please set|set the)\b[^\n]{0,60}?\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b|KeyError: '([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/i,
    hint: ([, first, second]) =>
      l10n.t('The server wants the environment variable {0}: add it to "env" of the entry.', first ?? second ?? ''),
  },
];

/** Undefined where nothing in the text is known. */
export function hintFromOutput(text: string): string | undefined {
  for (const { pattern, hint } of OUTPUT_HINTS) {
    const match = pattern.exec(text);
    if (match) return hint(match);
  }
  return undefined;
}

/** The machine that servers run on. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function thisMachine(): Machine {
  return { platform: process.platform, home: homedir(), env: process.env };
}

/** Where version managers and installers put programs that only a shell's profile puts on the PATH. */
function placesOf({ platform, home, env }: Machine): readonly (readonly [string, string])[] {
  if (platform === 'win32') {
    const local = env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local');
    return [
      ['Node.js', join(env['PROGRAMFILES'] ?? 'C:\\Program Files', 'nodejs')],
      ['npm', join(env['APPDATA'] ?? join(home, 'AppData', 'Roaming'), 'npm')],
      ['Volta', join(local, 'Volta', 'bin')],
      ['uv', join(home, '.local', 'bin')],
    ];
  }
  return [
    ['Volta', join(env['VOLTA_HOME'] ?? join(home, '.volta'), 'bin')],
    ['asdf', join(env['ASDF_DATA_DIR'] ?? join(home, '.asdf'), 'shims')],
    ['mise', join(home, '.local', 'share', 'mise', 'shims')],
    ['fnm', join(env['FNM_DIR'] ?? join(home, '.local', 'share', 'fnm'), 'aliases', 'default', 'bin')],
    [l10n.t('uv or pipx'), join(home, '.local', 'bin')],
    ['Cargo', join(home, '.cargo', 'bin')],
    ['Homebrew', '/opt/homebrew/bin'],
    ['Homebrew', '/home/linuxbrew/.linuxbrew/bin'],
    [l10n.t('the system'), '/usr/local/bin'],
  ];
}

/** The newest of nvm's versions first. */
async function nvmPlaces({ home, env, platform }: Machine): Promise<readonly (readonly [string, string])[]> {
  if (platform === 'win32') return [];
  const versions = join(env['NVM_DIR'] ?? join(home, '.nvm'), 'versions', 'node');
  const names = await readdir(versions).catch(() => []);
  const newestFirst = [...names].sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return newestFirst.map((name) => ['nvm', join(versions, name, 'bin')] as const);
}

/** Where a program is that is not on the PATH: whose place that is, and its full path. */
export async function findElsewhere(
  program: string,
  machine: Machine,
): Promise<{ readonly owner: string; readonly file: string } | undefined> {
  const endings = machine.platform === 'win32' ? ['.cmd', '.exe', '.bat'] : [''];
  for (const [owner, folder] of [...(await nvmPlaces(machine)), ...placesOf(machine)]) {
    for (const ending of endings) {
      const file = join(folder, program + ending);
      const isThere = await stat(file).then(
        (found) => found.isFile(),
        () => false,
      );
      if (isThere) return { owner, file };
    }
  }
  return undefined;
}

/** For a command that was not found. `program`: its name, without ending. */
export async function installHint(program: string, machine: Machine): Promise<string> {
  const elsewhere = await findElsewhere(program, machine);
  if (elsewhere) {
    const folder = dirname(elsewhere.file);
    const end = machine.platform === 'win32' ? ';' : delimiter;
    return l10n.t(
      'It is at {0} ({1}), which is not on the PATH of this program: start the editor from a terminal that finds it, or add {2} to the entry.',
      elsewhere.file,
      elsewhere.owner,
      `"env": {"PATH": "${folder}${end}\${env:PATH}"}`,
    );
  }
  return `${howToInstall(program)}${placeHint(machine)}`;
}

function howToInstall(program: string): string {
  if (['npx', 'npm', 'node'].includes(program)) {
    return l10n.t(
      'Install Node.js, which brings it along; if you have it, start the editor from a shell that finds it, or give its full path.',
    );
  }
  if (['uvx', 'uv'].includes(program)) {
    return l10n.t('Install uv (https://docs.astral.sh/uv/), which brings it along, or give its full path.');
  }
  return l10n.t('Install it, or give its full path in "command".');
}

/** Who looks at a window does not see on which machine its servers run. */
function placeHint({ env }: Machine): string {
  const where =
    env['WSL_DISTRO_NAME'] !== undefined
      ? l10n.t('in WSL ({0}), not in Windows', env['WSL_DISTRO_NAME'])
      : env['CODESPACES'] === 'true' || env['REMOTE_CONTAINERS'] === 'true'
        ? l10n.t('in the container, not on your own computer')
        : env['SSH_CONNECTION'] !== undefined
          ? l10n.t('on the machine that you are connected to, not on your own')
          : undefined;
  return where === undefined ? '' : l10n.t(' Servers run {0}.', where);
}
