/**
 * How far out in the network an address is. What a server names (where its authorisation server is, say) may never lead
 * further in than the server itself is: else a server of the internet could have this machine ask its own services, or
 * those of its network, on the server's behalf.
 *
 * It is the name that is judged, just before it is used: a name server that gives another address in between is not
 * stopped by this.
 */
import * as l10n from '@vscode/l10n';
import { lookup as lookUpAddresses } from 'node:dns/promises';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { BridgeError } from '../base/errors';

/** From the inside out. */
const RINGS = ['loopback', 'link-local', 'private', 'public'] as const;

export type Ring = (typeof RINGS)[number];

/** All addresses of a host name; rejects where it has none. */
export type Lookup = (host: string) => Promise<readonly string[]>;

const SUBNETS: Readonly<Record<Exclude<Ring, 'public'>, readonly (readonly [string, number])[]>> = {
  loopback: [
    ['127.0.0.0', 8],
    ['0.0.0.0', 8],
    ['::', 127],
  ],
  'link-local': [
    ['169.254.0.0', 16],
    ['fe80::', 10],
  ],
  private: [
    ['10.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
    ['100.64.0.0', 10],
    ['fc00::', 7],
  ],
};

const INNER = RINGS.flatMap((ring) => {
  if (ring === 'public') return [];
  const list = new BlockList();
  for (const [address, prefix] of SUBNETS[ring]) list.addSubnet(address, prefix, isIPv6(address) ? 'ipv6' : 'ipv4');
  return [{ ring, list }];
});

export const systemLookup: Lookup = async (host) =>
  (await lookUpAddresses(host, { all: true })).map(({ address }) => address);

/** Of an IP address. */
export function ringOfAddress(address: string): Ring {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  return INNER.find(({ list }) => list.check(address, family))?.ring ?? 'public';
}

/** Whether a URL is on this machine by its looks; nothing is looked up. */
export function isLoopbackUrl(url: URL): boolean {
  const host = hostOf(url);
  return isIP(host) ? ringOfAddress(host) === 'loopback' : host === 'localhost' || host.endsWith('.localhost');
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

async function ringOf(url: URL, lookup: Lookup): Promise<Ring> {
  if (isLoopbackUrl(url)) return 'loopback';
  const host = hostOf(url);
  if (isIP(host)) return ringOfAddress(host);
  // A name without an address cannot be reached in any ring: the request itself will say so.
  const addresses = await lookup(host).catch(() => []);
  return RINGS.find((ring) => addresses.some((address) => ringOfAddress(address) === ring)) ?? 'public';
}

/**
 * Lets `target` pass where the server at `server` may send this machine: never further in, and over plain http only on
 * this machine, or to the private network of a server that is spoken to in plain http itself.
 *
 * @throws BridgeError `auth-required`
 */
export async function assertWithinReach(server: URL, target: URL, lookup: Lookup): Promise<void> {
  if (target.origin === server.origin && target.origin !== 'null') return;
  const [from, to] = await Promise.all([ringOf(server, lookup), ringOf(target, lookup)]);
  const isPlain = target.protocol === 'http:';
  const mayBePlain = to === 'loopback' || (to === 'private' && server.protocol === 'http:');
  if (!isPlain && target.protocol !== 'https:') throw refusal(target, l10n.t('is no web address'));
  if (RINGS.indexOf(to) < RINGS.indexOf(from))
    throw refusal(target, l10n.t('is a {0} address, and the server is not', to));
  if (isPlain && !mayBePlain) throw refusal(target, l10n.t('is not encrypted'));
}

function refusal(target: URL, why: string): BridgeError {
  return new BridgeError(
    'auth-required',
    l10n.t('the server sends the sign-in to {0}//{1}, which {2}.', target.protocol, target.host, why),
    {
      hint: l10n.t('Do not sign in; ask whoever runs the server.'),
    },
  );
}
