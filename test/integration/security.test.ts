/** What must hold in all rooms together, seen from outside: `dist/cli.js`, real servers, and what they let out. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Simulator, startSimulator } from '../simulator/server';
import type { Turn } from '../simulator/turn';
import {
  type CliResult,
  fake,
  filesystem,
  makeWorkspace,
  ofType,
  type RunningCli,
  startCli,
  type Workspace,
} from '../support/cli';
import { eventually } from '../support/mcp/harness';

/** Each is planted in one place, and may come out nowhere but where it belongs. */
const PLANTED = {
  token: 'canary-of-the-model-server',
  value: 'canary-in-the-file',
  variable: 'canary-of-the-environment',
  header: 'canary-in-a-header',
};

describe('security', () => {
  let simulator: Simulator;
  let workspace: Workspace;
  const servers: Server[] = [];

  beforeEach(async () => {
    simulator = await startSimulator({ token: PLANTED.token });
    workspace = await makeWorkspace();
  });

  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
    await simulator.close();
    await workspace.remove();
  });

  const call = (match: string, args = {}): Turn => ({ toolCalls: [{ match, arguments: args }] });

  async function start(entries: Readonly<Record<string, unknown>>, ...more: string[]): Promise<RunningCli> {
    await workspace.write('.mcp.json', JSON.stringify({ mcpServers: entries }));
    const place = ['--url', simulator.url, '--workspace', workspace.folder, '--journal', workspace.path('journals')];
    const args = ['run', '--json', ...place, '--approve', 'all', '--all-mcps', '--task', 'Look', ...more];
    const env = { LM_API_TOKEN: PLANTED.token, MY_KEY: PLANTED.variable, HOME: workspace.folder };
    return startCli(args, { cwd: workspace.folder, env });
  }

  const run = async (entries: Readonly<Record<string, unknown>>): Promise<CliResult> => (await start(entries)).done;

  async function listen(server: Server): Promise<string> {
    servers.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  }

  /** Everything that the run has said, and everything that it has written down. */
  async function assertNothingLeaked({ stdout, stderr }: CliResult): Promise<void> {
    const journals = await readdir(workspace.path('journals'), { recursive: true, withFileTypes: true });
    const files = journals.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    assert.ok(files.length > 0, 'there is a journal');
    const written = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    const texts = { stdout, stderr, journal: written.join('\n') };
    for (const [where, text] of Object.entries(texts)) {
      for (const [what, planted] of Object.entries(PLANTED)) {
        assert.ok(!text.includes(planted), `the ${what} is in ${where}: ${text}`);
      }
    }
  }

  describe('of planted secrets', () => {
    const leaky = (env: Readonly<Record<string, string>> = {}) => fake('leaky', { API_KEY: PLANTED.value, ...env });

    it('lets none out of a server that tells them to its model, its log and its last words', async () => {
      simulator.setScript([call('fails'), call('dies'), { text: 'Done.' }]);
      const result = await run({ leaky: leaky(), second: leaky({ API_KEY: '${MY_KEY}', DIE: '1' }) });
      const texts = ofType(result, 'tool_result').map(({ text }) => String(text));
      assert.equal(texts[0], 'Wrong key: [redacted]');
      assert.match(texts[1] ?? '', /exit code 3/);
      assert.equal(ofType(result, 'warning').filter(({ code }) => code === 'server-skipped').length, 1);
      await assertNothingLeaked(result);
    });

    it('shows none to other programs on the same machine', async function () {
      if (process.platform !== 'linux') return this.skip();
      const notes = workspace.path('notes.txt');
      simulator.setScript([call('waits'), { text: 'Done.' }]);
      const running = await start({ leaky: leaky({ WAIT: '1', NOTE_FILE: notes }) });
      await eventually('the call', async () =>
        (await readFile(notes, 'utf8').catch(() => '')).includes('waiting') ? true : undefined,
      );
      const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
      const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
      assert.ok(lines.some((line) => line.includes('leaky.mjs')));
      for (const planted of Object.values(PLANTED)) assert.ok(!lines.some((line) => line.includes(planted)), planted);
      running.child.kill('SIGINT');
      await assertNothingLeaked(await running.done);
    });

    it('sends none of a server at an address to where it is sent on', async () => {
      const seen: IncomingHttpHeaders[] = [];
      const elsewhere = await listen(
        createServer((request, response) => {
          seen.push(request.headers);
          response.writeHead(404).end();
        }),
      );
      const asked: IncomingHttpHeaders[] = [];
      for (const status of [301, 302, 303, 307, 308]) {
        const first = await listen(
          createServer((request, response) => {
            asked.push(request.headers);
            response.writeHead(status, { location: `${elsewhere}/mcp` }).end();
          }),
        );
        simulator.setScript([{ text: 'Done.' }]);
        const headers = { Authorization: `Bearer ${PLANTED.header}`, 'X-Api-Key': PLANTED.header };
        const result = await run({ remote: { type: 'http', url: `${first}/mcp`, headers } });
        assert.equal(ofType(result, 'warning').filter(({ code }) => code === 'server-skipped').length, 1);
        await assertNothingLeaked(result);
      }
      assert.ok(asked.every((headers) => headers['x-api-key'] === PLANTED.header));
      assert.ok(asked.length >= 5);
      for (const headers of seen) assert.doesNotMatch(JSON.stringify(headers), /canary/);
    });

    it('shows none of a header that the server sends back', async () => {
      const url = await listen(
        createServer((request, response) => {
          response.writeHead(400, { 'content-type': 'text/plain' });
          response.end(`Bad key ${String(request.headers['x-api-key'])}`);
        }),
      );
      simulator.setScript([{ text: 'Done.' }]);
      const headers = { 'X-Api-Key': PLANTED.header };
      await assertNothingLeaked(await run({ remote: { type: 'http', url: `${url}/mcp`, headers } }));
    });
  });

  it('keeps a link in the folder from leading out of it', async () => {
    const outside = await makeWorkspace();
    try {
      await writeFile(outside.path('secret.txt'), 'outside');
      await symlink(outside.folder, workspace.path('inside'));
      simulator.setScript([
        call('read_text_file', { path: workspace.path('inside', 'secret.txt') }),
        call('write_file', { path: workspace.path('inside', 'new.txt'), content: 'x' }),
        { text: 'Done.' },
      ]);
      const result = await run({ filesystem });
      const results = ofType(result, 'tool_result');
      assert.deepEqual(
        results.map(({ isError }) => isError),
        [true, true],
      );
      assert.doesNotMatch(JSON.stringify(results), /"outside"/);
      assert.ok(!(await readdir(outside.folder)).includes('new.txt'));
    } finally {
      await outside.remove();
    }
  });
});
