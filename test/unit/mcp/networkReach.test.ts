import assert from 'node:assert/strict';
import { isBridgeError } from '../../../src/base/errors';
import { assertWithinReach, isLoopbackUrl, ringOfAddress } from '../../../src/mcp/networkReach';

describe('the reach of a server', () => {
  const names: Record<string, string[]> = {
    'public.example': ['93.184.216.34'],
    'other.example': ['2606:2800:220:1:248:1893:25c8:1946'],
    'sneaky.example': ['93.184.216.34', '10.0.0.7'],
    'rebound.example': ['127.0.0.1'],
    'nas.example': ['192.168.1.5'],
  };
  const lookup = (host: string): Promise<readonly string[]> => {
    const found = names[host];
    return found ? Promise.resolve(found) : Promise.reject(new Error('ENOTFOUND'));
  };
  const may = (from: string, to: string): Promise<boolean> =>
    assertWithinReach(new URL(from), new URL(to), lookup).then(
      () => true,
      (error: unknown) => {
        assert.ok(isBridgeError(error, 'auth-required'), String(error));
        return false;
      },
    );

  it('knows the rings of addresses, however they are written', () => {
    for (const [address, ring] of [
      ['127.0.0.1', 'loopback'],
      ['127.9.9.9', 'loopback'],
      ['0.0.0.0', 'loopback'],
      ['::1', 'loopback'],
      ['::ffff:127.0.0.1', 'loopback'],
      ['169.254.169.254', 'link-local'],
      ['fe80::1', 'link-local'],
      ['10.1.2.3', 'private'],
      ['172.31.0.1', 'private'],
      ['172.32.0.1', 'public'],
      ['192.168.0.1', 'private'],
      ['100.100.1.1', 'private'],
      ['fd00::1', 'private'],
      ['::ffff:10.0.0.1', 'private'],
      ['8.8.8.8', 'public'],
      ['2606:4700::1', 'public'],
    ] as const) {
      assert.equal(ringOfAddress(address), ring, address);
    }
    for (const url of [
      'http://localhost:1',
      'http://a.localhost',
      'http://[::1]:2',
      'http://127.1',
      'http://2130706433',
    ]) {
      assert.ok(isLoopbackUrl(new URL(url)), url);
    }
    assert.ok(!isLoopbackUrl(new URL('http://localhost.example')));
  });

  it('lets a server of the internet lead to the internet only', async () => {
    const from = 'https://public.example/mcp';
    assert.equal(await may(from, 'https://other.example/'), true);
    for (const host of [
      '127.0.0.1',
      'localhost',
      '[::1]',
      '10.0.0.1',
      '169.254.169.254',
      '192.168.1.1',
      '2130706433',
    ]) {
      assert.equal(await may(from, `https://${host}/`), false, host);
    }
    for (const host of ['sneaky.example', 'rebound.example', 'nas.example']) {
      assert.equal(await may(from, `https://${host}/`), false, host);
    }
  });

  it('lets a server lead further out, but not further in', async () => {
    assert.equal(await may('http://127.0.0.1:3000/mcp', 'https://public.example/'), true);
    assert.equal(await may('http://127.0.0.1:3000/mcp', 'http://127.0.0.1:4000/'), true);
    assert.equal(await may('http://192.168.1.5/mcp', 'http://192.168.1.6/'), true);
    assert.equal(await may('http://192.168.1.5/mcp', 'http://127.0.0.1/'), false);
  });

  it('wants encryption wherever others could listen, and web addresses', async () => {
    assert.equal(await may('https://public.example/mcp', 'http://other.example/'), false);
    assert.equal(await may('http://127.0.0.1/mcp', 'http://public.example/'), false);
    assert.equal(await may('https://nas.example/mcp', 'http://192.168.1.6/'), false);
    for (const url of ['file:///etc/passwd', 'data:text/plain,x', 'ftp://public.example/']) {
      assert.equal(await may('http://127.0.0.1/mcp', url), false, url);
    }
  });

  it('has nothing against the server itself', async () => {
    assert.equal(await may('http://public.example/mcp', 'http://public.example/.well-known/x'), true);
  });
});
