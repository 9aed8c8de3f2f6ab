/** The servers beside the main one, as the settings name them, and the names of models on them. Pure. */
import * as l10n from '@vscode/l10n';
import { toBridgeError } from '../../base/errors';
import { isJsonObject } from '../../base/json';
import { visibleText } from '../../base/visibleText';
import { normalizeServerUrl } from '../../llm/lmstudio/serverUrl';

/** Between the name of a server and the key of a model. */
const SEPARATOR = '::';
const MAX_NAME = 40;

export interface NamedServer {
  readonly name: string;
  /** The root, as `normalizeServerUrl` gives it. */
  readonly url: string;
}

export interface ServerList {
  /** The usable ones, in the order of the setting. */
  readonly servers: readonly NamedServer[];
  /** What is wrong with the others, a sentence each. */
  readonly problems: readonly string[];
}

/**
 * Reads the setting `lmstudioBridge.servers`. An entry that cannot be used is left out and told of; the others count.
 * `mainUrl`: as written in the setting of the main server.
 */
export function parseServerList(value: unknown, mainUrl = ''): ServerList {
  if (value === undefined || value === null) return { servers: [], problems: [] };
  if (!Array.isArray(value)) {
    return { servers: [], problems: [l10n.t('It must be a list of entries, each with a "name" and a "url".')] };
  }
  const servers: NamedServer[] = [];
  const problems: string[] = [];
  value.forEach((entry: unknown, index) => {
    const read = readEntry(entry, index + 1, servers, rootOf(mainUrl));
    if (typeof read === 'string') problems.push(read);
    else servers.push(read);
  });
  return { servers, problems };
}

/** The entry, or what is wrong with it. */
function readEntry(
  entry: unknown,
  place: number,
  before: readonly NamedServer[],
  main: string | undefined,
): NamedServer | string {
  const { name: writtenName, url: writtenUrl } = isJsonObject(entry) ? entry : {};
  if (typeof writtenName !== 'string' || typeof writtenUrl !== 'string') {
    return l10n.t('Entry {0} must have a "name" and a "url", both texts.', place);
  }
  const name = writtenName.trim();
  const shown = visibleText(name);
  if (name === '' || name.length > MAX_NAME || shown !== name || name.includes(':')) {
    return l10n.t(
      'The name of entry {0} must have 1 to {1} visible characters and no colon; it is "{2}".',
      place,
      MAX_NAME,
      shown,
    );
  }
  if (before.some((other) => other.name.toLowerCase() === name.toLowerCase())) {
    return l10n.t('Entry {0} has the name "{1}", which another entry has already.', place, name);
  }
  if (writtenUrl.trim() === '') return l10n.t('The "url" of the server "{0}" is empty.', name);
  try {
    const url = normalizeServerUrl(writtenUrl);
    const same = before.find((other) => other.url === url)?.name;
    if (same !== undefined) return l10n.t('The servers "{0}" and "{1}" have the same address.', same, name);
    if (url === main) return l10n.t('The server "{0}" has the address of the main server, {1}.', name, url);
    return { name, url };
  } catch (error) {
    return l10n.t('The "url" of the server "{0}": {1}', name, toBridgeError(error).message);
  }
}

function rootOf(written: string): string | undefined {
  try {
    return written.trim() === '' ? undefined : normalizeServerUrl(written);
  } catch {
    return undefined;
  }
}

/** Where a model is: on the main server without `server`. */
export interface ModelPlace {
  readonly server: string | undefined;
  /** As the server calls it; undefined: whichever the server has. */
  readonly key: string | undefined;
}

/** `gpu::qwen/qwen3-8b` is the model `qwen/qwen3-8b` of the server `gpu`; without a server's name it is the main one's. */
export function placeOfModel(name: string | undefined): ModelPlace {
  const cut = name?.indexOf(SEPARATOR) ?? -1;
  if (name === undefined || cut < 0) return { server: undefined, key: name };
  const key = name.slice(cut + SEPARATOR.length).trim();
  return { server: name.slice(0, cut).trim(), key: key === '' ? undefined : key };
}

/** The name under which settings and tasks know the model. */
export function nameOfModel(server: string | undefined, key: string): string {
  return server === undefined ? key : `${server}${SEPARATOR}${key}`;
}
