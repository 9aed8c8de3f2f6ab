/** A home folder with the files of an LM Studio (reference 1.3), to be found by whoever takes it for the user's. */
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LMS_PROGRAM } from './stub';

const PROGRAM_URL = pathToFileURL(LMS_PROGRAM).href;

/** Where LM Studio keeps its files: named by the pointer file, or in one of its two usual places. */
export type HomeLayout = 'pointer' | 'cache' | 'default';

export interface FakeHomeOptions {
  /** Default `default`: `~/.lmstudio`. */
  readonly layout?: HomeLayout;
  /** Of the REST server as it was last set, which is no proof that it runs. Without: it was never started. */
  readonly port?: number;
  /** Instead of a configuration: this text, well-formed or not. */
  readonly serverConfigText?: string;
  /** The servers of `mcp.json`; without, there is no such file. */
  readonly mcpServers?: Readonly<Record<string, unknown>>;
  /** `bin/lms`, the stand-in. Default true. An object: with this environment, whatever it inherits. */
  readonly lms?: boolean | Readonly<Record<string, string>>;
}

export interface FakeHome {
  /** What stands for the user's home folder. */
  readonly home: string;
  /** LM Studio's own folder. */
  readonly lmStudioHome: string;
  /** `bin/lms`, also where there is none. On Windows it is started by node, elsewhere by itself. */
  readonly lmsPath: string;
  /** For the environment of a process that shall live in it. */
  readonly env: Readonly<Record<'HOME' | 'USERPROFILE', string>>;
  remove(): Promise<void>;
}

export async function makeFakeHome(options: FakeHomeOptions = {}): Promise<FakeHome> {
  const { layout = 'default', lms = true } = options;
  const home = await realpath(await mkdtemp(join(tmpdir(), 'lmstudio-home-')));
  const folders = { pointer: ['elsewhere', 'LM Studio'], cache: ['.cache', 'lm-studio'], default: ['.lmstudio'] };
  const lmStudioHome = join(home, ...folders[layout]);
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  };
  await mkdir(join(lmStudioHome, 'models'), { recursive: true });
  // Reference 1.3 SRC: its content is trimmed.
  if (layout === 'pointer') await write(join(home, '.lmstudio-home-pointer'), `${lmStudioHome}\n`);
  const config = options.port === undefined ? undefined : serverConfig(options.port);
  const text = options.serverConfigText ?? config;
  if (text !== undefined) await write(join(lmStudioHome, '.internal', 'http-server-config.json'), text);
  if (options.mcpServers !== undefined) {
    await write(join(lmStudioHome, 'mcp.json'), JSON.stringify({ mcpServers: options.mcpServers }, null, 2));
  }
  const lmsPath = join(lmStudioHome, 'bin', process.platform === 'win32' ? 'lms.mjs' : 'lms');
  if (lms !== false) await putLms(lmsPath, lms === true ? undefined : lms);
  return {
    home,
    lmStudioHome,
    lmsPath,
    env: { HOME: home, USERPROFILE: home },
    remove: () => rm(home, { recursive: true, force: true }),
  };
}

function serverConfig(port: number): string {
  return JSON.stringify({ port, networkInterface: '127.0.0.1', cors: false, justInTimeModelLoading: true }, null, 2);
}

/** A script where it needs an environment; else a link where the system runs scripts by their first line; on Windows, where links need rights, a module that leads there. */
export async function putLms(path: string, env?: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  if (env) {
    const lines = [`Object.assign(process.env, ${JSON.stringify(env)});`, `import(${JSON.stringify(PROGRAM_URL)});`];
    await writeFile(path, [`#!${process.execPath}`, ...lines, ''].join('\n'), { mode: 0o755 });
  } else if (process.platform === 'win32') await writeFile(path, `import ${JSON.stringify(PROGRAM_URL)};\n`);
  else await symlink(LMS_PROGRAM, path);
}
