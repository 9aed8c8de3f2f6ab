/** Finding the server: LM Studio's own files in fake homes, addresses as people paste them, and tokens that are refused. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isBridgeError } from '../../src/base/errors';
import { discoverServerUrl } from '../../src/llm/lmstudio/discovery';
import { DEFAULT_SERVER_URL, normalizeServerUrl } from '../../src/llm/lmstudio/serverUrl';
import { probeServer } from '../../src/tasks/doctorProbe';
import { gate } from '../simulator/gate';
import { type Simulator, startSimulator } from '../simulator/server';
import { modelServer, serve, unusedRoot } from '../support/lmstudio';
import { ManualClock } from '../support/manualClock';

const TOKEN = 'sk-lm-AbCd1234:ABCDEFGHIJKLMNOPQRST';
const signal = new AbortController().signal;
const RUNGS = ['/api/v1/models', '/api/v0/models', '/v1/models'];
/** Whoever runs this may have an LM Studio of their own at the usual address. */
const greets = async (root: string): Promise<boolean> =>
  root !== DEFAULT_SERVER_URL &&
  (await modelServer(root)
    .greet(signal)
    .catch(() => false));

describe('finding the server', () => {
  let simulator: Simulator;
  let home: string;

  beforeEach(async () => {
    simulator = await startSimulator();
    home = await mkdtemp(join(tmpdir(), 'lmstudio-home-'));
  });
  afterEach(async () => {
    await simulator.close();
    await rm(home, { recursive: true, force: true });
  });

  async function write(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), text);
  }

  it('finds a running LM Studio under every rule for its home', async () => {
    const config = JSON.stringify({ port: simulator.port, networkInterface: '127.0.0.1', cors: false });
    for (const folder of ['.lmstudio', join('.cache', 'lm-studio'), 'elsewhere']) {
      await write(join(folder, '.internal', 'http-server-config.json'), config);
      if (folder === 'elsewhere') await write('.lmstudio-home-pointer', join(home, folder));
      assert.equal(await discoverServerUrl(greets, home), simulator.url, folder);
      await rm(home, { recursive: true });
    }
  });

  it('keeps to the configured port where nothing runs, and where something else does', async () => {
    const other = await serve((_, response) => response.end('<html>'));
    for (const root of [await unusedRoot(), other.root]) {
      await write(join('.lmstudio', '.internal', 'http-server-config.json'), `{"port":${new URL(root).port}}`);
      assert.equal(await discoverServerUrl(greets, home), root);
    }
    await other.close();
  });

  it('needs no greeting of a busy one that has told its models', async () => {
    const clock = new ManualClock();
    const greeted = gate();
    const busy = await serve((request, response) => {
      if (request.url === RUNGS[0]) response.end('{"models":[]}');
      else greeted.open();
    });
    const probing = probeServer(modelServer(busy.root, undefined, clock), clock, signal);
    await greeted.promise;
    clock.advance(2_000);
    const probe = await probing;
    await busy.close();
    assert.ok(probe.ok && probe.isLmStudio);
  });

  it('reaches it by whatever people paste', async () => {
    const { port } = simulator;
    for (const text of ['localhost', 'LOCALHOST', '0.0.0.0', 'http://localhost', 'http://127.0.0.1', '127.0.0.1']) {
      for (const path of ['', '/', '/v1', '/v1/', '/api/v1', '/api/v0', '/v1/chat/completions']) {
        const root = normalizeServerUrl(`${text}:${port}${path}`);
        assert.equal(root, simulator.url, `${text} ${path}`);
        assert.equal((await modelServer(root).listModels(signal)).models.length, 6);
      }
    }
  });
});

describe('a refused token', () => {
  for (const status of [401, 403]) {
    for (const [index, rung] of RUNGS.entries()) {
      it(`with ${String(status)} at ${rung} is that, and no reason to try an older list`, async () => {
        const server = await serve((request, response) => {
          const isHere = request.url === rung;
          response.writeHead(isHere ? status : 200);
          response.end(
            isHere
              ? '{"error":{"message":"An LM Studio API token is required"}}'
              : '{"error":"Unexpected endpoint or method."}',
          );
        });
        const client = modelServer(server.root, TOKEN);
        await assert.rejects(client.listModels(signal), (error) => isBridgeError(error, 'auth-required'));
        assert.deepEqual(
          server.requests.map(({ url }) => url),
          RUNGS.slice(0, index + 1),
        );
        await server.close();
      });
    }
  }

  it('is told also at the rung that answered before', async () => {
    let isOpen = true;
    const server = await serve((request, response) => {
      if (!isOpen) response.writeHead(401).end('{"error":"An LM Studio API token is required"}');
      else response.end(request.url === RUNGS[1] ? '{"data":[]}' : '{"error":"Unexpected endpoint or method."}');
    });
    const client = modelServer(server.root);
    assert.equal((await client.listModels(signal)).path, RUNGS[1]);
    isOpen = false;
    await assert.rejects(client.listModels(signal), (error) => isBridgeError(error, 'auth-required'));
    assert.equal(server.requests.length, 3);
    await server.close();
  });
});
