import { readFile, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isJsonObject, parseJson } from '../../base/json';
import { DEFAULT_SERVER_URL } from './serverUrl';

/**
 * Where this machine's LM Studio listens: the port that its own configuration names, else the default. The file only
 * says where the server was last, not that it runs (reference 1.3).
 */
export async function discoverServerUrl(home = homedir()): Promise<string> {
  const text = await readText(join(await lmStudioHome(home), '.internal', 'http-server-config.json'));
  const config = text === undefined ? undefined : parseJson(text);
  const port = config?.ok && isJsonObject(config.value) ? config.value['port'] : undefined;
  const isPort = typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536;
  return isPort ? `http://127.0.0.1:${String(port)}` : DEFAULT_SERVER_URL;
}

/** LM Studio's own folder: what the pointer file names, else the old place if it exists, else the new one (reference 1.3). */
export async function lmStudioHome(home = homedir()): Promise<string> {
  const base = await realpath(home).catch(() => home);
  const pointed = (await readText(join(base, '.lmstudio-home-pointer')))?.trim();
  if (pointed) return pointed;
  const old = join(base, '.cache', 'lm-studio');
  return (await exists(old)) ? old : join(base, '.lmstudio');
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
