import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { discoverServerUrl, lmStudioHome } from '../../../../src/llm/lmstudio/discovery';
import { DEFAULT_SERVER_URL } from '../../../../src/llm/lmstudio/serverUrl';

describe('the search for LM Studio on this machine', () => {
  let home: string;

  beforeEach(async () => {
    home = await realpath(await mkdtemp(join(tmpdir(), 'lmstudio-home-')));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  async function write(path: string, text: string): Promise<void> {
    const file = join(home, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }

  /** What is found where LM Studio answers at these addresses only. */
  const found = (answering: readonly string[] = [], where = home) =>
    discoverServerUrl((root) => Promise.resolve(answering.includes(root)), where);
  const config = (folder: string, text: string) => write(join(folder, '.internal', 'http-server-config.json'), text);

  it('falls back to the default address where there is nothing', async () => {
    assert.equal(await found(), DEFAULT_SERVER_URL);
    assert.equal(await found([], join(home, 'missing')), DEFAULT_SERVER_URL);
    assert.equal(await lmStudioHome(home), join(home, '.lmstudio'));
  });

  it('takes the port from the configuration in the usual place', async () => {
    await config('.lmstudio', '{"port":4321,"networkInterface":"0.0.0.0"}');
    assert.equal(await found(), 'http://127.0.0.1:4321');
  });

  it('prefers the old place where it exists', async () => {
    await config('.lmstudio', '{"port":4321}');
    await config(join('.cache', 'lm-studio'), '{"port":5555}');
    assert.equal(await found(), 'http://127.0.0.1:5555');
  });

  it('follows the pointer before everything else', async () => {
    await config(join('.cache', 'lm-studio'), '{"port":5555}');
    await config('elsewhere', '{"port":6666}');
    await write('.lmstudio-home-pointer', `${join(home, 'elsewhere')}\n`);
    assert.equal(await found(), 'http://127.0.0.1:6666');
    await write('.lmstudio-home-pointer', ' \n');
    assert.equal(await found(), 'http://127.0.0.1:5555', 'an empty pointer points nowhere');
  });

  it('does not follow a pointer that names no place', async () => {
    await config('.lmstudio', '{"port":4321}');
    await write('.lmstudio-home-pointer', 'relative/place');
    assert.equal(await found(), 'http://127.0.0.1:4321');
  });

  it('reads files with a byte order mark', async () => {
    await config('elsewhere', '\uFEFF{"port":6666}');
    await write('.lmstudio-home-pointer', `\uFEFF${join(home, 'elsewhere')}\r\n`);
    assert.equal(await found(), 'http://127.0.0.1:6666');
  });

  it('follows a home folder that is a link', async () => {
    await config('.lmstudio', '{"port":4321}');
    await symlink(home, `${home}-link`);
    try {
      assert.equal(await lmStudioHome(`${home}-link`), join(home, '.lmstudio'));
    } finally {
      await rm(`${home}-link`);
    }
  });

  it('takes the default where LM Studio answers there and not at the configured port', async () => {
    await config('.lmstudio', '{"port":4321}');
    assert.equal(await found([DEFAULT_SERVER_URL]), DEFAULT_SERVER_URL);
    assert.equal(await found(['http://127.0.0.1:4321', DEFAULT_SERVER_URL]), 'http://127.0.0.1:4321');
  });

  it('goes to the one address that the server listens on, and to this machine by number', async () => {
    const places: Readonly<Record<string, string>> = {
      '192.168.1.20': 'http://192.168.1.20:4321',
      '::1': 'http://[::1]:4321',
      '0.0.0.0': 'http://127.0.0.1:4321',
      '::': 'http://127.0.0.1:4321',
      localhost: 'http://127.0.0.1:4321',
      'fe80::1%eth0': 'http://127.0.0.1:4321',
      '': 'http://127.0.0.1:4321',
    };
    for (const [networkInterface, root] of Object.entries(places)) {
      await config('.lmstudio', JSON.stringify({ port: 4321, networkInterface }));
      assert.equal(await found(), root, networkInterface);
    }
  });

  it('does not trust a broken file', async () => {
    for (const text of [
      '',
      '{',
      '[]',
      'null',
      '{"port":"4321"}',
      '{"port":0}',
      '{"port":70000}',
      '{"port":1.5}',
      '{"port":null}',
    ]) {
      await config('.lmstudio', text);
      assert.equal(await found(), DEFAULT_SERVER_URL, text);
    }
  });
});
