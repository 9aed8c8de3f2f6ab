import { readFile, realpath, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { isJsonObject, parseJson } from '../../base/json';
import { DEFAULT_SERVER_URL, normalizeServerUrl } from './serverUrl';

/**
 * Where this machine's LM Studio listens: where its own configuration says, else at the default address. The file only
 * says where the server was last, so where it names another address, `isLmStudio` is asked about both (reference 1.3).
 * If none answers it is the configured one that is going to be started.
 *
 * @param isLmStudio whether LM Studio answers at this root; must not reject
 */
export async function discoverServerUrl(
  isLmStudio: (root: string) => Promise<boolean>,
  home = homedir(),
): Promise<string> {
  const configured = await configuredServerUrl(home);
  if (configured === undefined || configured === DEFAULT_SERVER_URL) return DEFAULT_SERVER_URL;
  if (await isLmStudio(configured)) return configured;
  return (await isLmStudio(DEFAULT_SERVER_URL)) ? DEFAULT_SERVER_URL : configured;
}

/** The address in LM Studio's own configuration; undefined where there is none that can be read. */
export async function configuredServerUrl(home = homedir()): Promise<string | undefined> {
  const text = await readText(join(await lmStudioHome(home), '.internal', 'http-server-config.json'));
  const config = text === undefined ? undefined : parseJson(text);
  if (!config?.ok || !isJsonObject(config.value)) return undefined;
  const { port, networkInterface } = config.value;
  const isPort = typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536;
  return isPort ? normalizeServerUrl(`http://${hostOf(networkInterface)}:${String(port)}`) : undefined;
}

/** A server that listens on one address of the machine only does not hear the others. */
function hostOf(networkInterface: unknown): string {
  const address = typeof networkInterface === 'string' ? networkInterface.trim() : '';
  // A zone (`fe80::1%eth0`) has no place in a URL.
  const version = address.includes('%') ? 0 : isIP(address);
  return version === 4 ? address : version === 6 ? `[${address}]` : '127.0.0.1';
}

/** LM Studio's own folder: what the pointer file names, else the old place if it exists, else the new one (reference 1.3). */
export async function lmStudioHome(home = homedir()): Promise<string> {
  const base = await realpath(home).catch(() => home);
  const pointed = await readText(join(base, '.lmstudio-home-pointer'));
  if (pointed !== undefined && isAbsolute(pointed)) return pointed;
  const old = join(base, '.cache', 'lm-studio');
  return (await exists(old)) ? old : join(base, '.lmstudio');
}

/** Without the white space and the byte order mark around it. */
async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
