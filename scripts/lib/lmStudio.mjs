import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/**
 * The server roots at which LM Studio is to be expected, most likely first. Its config file says where it listened last,
 * not that it runs.
 * @returns {string[]}
 */
export function usualAddresses() {
  // 127.0.0.1, because `localhost` may mean ::1 to Node, where LM Studio does not listen.
  return [...new Set([configuredPort(), 1234].filter(Boolean).map((port) => `http://127.0.0.1:${port}`))];
}

/** Whether LM Studio itself answers there: any other server on the port answers something else. @param {string} url */
export async function isLmStudio(url) {
  try {
    const response = await fetch(new URL('/lmstudio-greeting', url), { signal: AbortSignal.timeout(2000) });
    return (await response.json())?.lmstudio === true;
  } catch {
    return false;
  }
}

function configuredPort() {
  try {
    const file = path.join(lmStudioHome(), '.internal', 'http-server-config.json');
    const { port } = JSON.parse(readFileSync(file, 'utf8'));
    return Number.isInteger(port) ? port : undefined;
  } catch {
    return undefined;
  }
}

/** LM Studio's own rule, the same on every system. */
function lmStudioHome() {
  const home = realpathSync(homedir());
  const pointer = path.join(home, '.lmstudio-home-pointer');
  if (existsSync(pointer)) return readFileSync(pointer, 'utf8').trim();
  const old = path.join(home, '.cache', 'lm-studio');
  return existsSync(old) ? old : path.join(home, '.lmstudio');
}
