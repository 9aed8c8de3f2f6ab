import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
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

  const config = (folder: string, text: string) => write(join(folder, '.internal', 'http-server-config.json'), text);

  it('falls back to the default address where there is nothing', async () => {
    assert.equal(await discoverServerUrl(home), DEFAULT_SERVER_URL);
    assert.equal(await discoverServerUrl(join(home, 'missing')), DEFAULT_SERVER_URL);
    assert.equal(await lmStudioHome(home), join(home, '.lmstudio'));
  });

  it('takes the port from the configuration in the usual place', async () => {
    await config('.lmstudio', '{"port":4321,"networkInterface":"0.0.0.0"}');
    assert.equal(await discoverServerUrl(home), 'http://127.0.0.1:4321');
  });

  it('prefers the old place where it exists', async () => {
    await config('.lmstudio', '{"port":4321}');
    await config(join('.cache', 'lm-studio'), '{"port":5555}');
    assert.equal(await discoverServerUrl(home), 'http://127.0.0.1:5555');
  });

  it('follows the pointer before everything else', async () => {
    await config(join('.cache', 'lm-studio'), '{"port":5555}');
    await config('elsewhere', '{"port":6666}');
    await write('.lmstudio-home-pointer', `${join(home, 'elsewhere')}\n`);
    assert.equal(await discoverServerUrl(home), 'http://127.0.0.1:6666');
    await write('.lmstudio-home-pointer', ' \n');
    assert.equal(await discoverServerUrl(home), 'http://127.0.0.1:5555', 'an empty pointer points nowhere');
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
      assert.equal(await discoverServerUrl(home), DEFAULT_SERVER_URL, text);
    }
  });
});
