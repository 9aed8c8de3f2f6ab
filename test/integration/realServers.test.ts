/** Whole tasks with the official servers: `dist/cli.js`, the simulator, and what the task has changed in the end. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import type { JsonObject } from '../../src/base/json';
import type { ChatRequest } from '../simulator/chatRequest';
import { type Simulator, startSimulator } from '../simulator/server';
import type { Turn } from '../simulator/turn';
import {
  type CliResult,
  everything,
  filesystem,
  makeWorkspace,
  memory,
  ofType,
  runCli,
  theOnly,
  type Workspace,
} from '../support/cli';
import { installPythonServers, python, pythonServer } from '../support/python';

const git = promisify(execFile);

describe('a whole task', () => {
  let simulator: Simulator;
  let workspace: Workspace;

  beforeEach(async () => {
    simulator = await startSimulator();
    workspace = await makeWorkspace();
  });

  afterEach(async () => {
    await simulator.close();
    await workspace.remove();
  });

  /** Runs it with this server alone. No call may fail unless the test says so. */
  async function run(name: string, server: unknown, failures = 0): Promise<CliResult> {
    await workspace.write('.mcp.json', JSON.stringify({ mcpServers: { [name]: server } }));
    const args = ['--json', '--url', simulator.url, '--workspace', workspace.folder, '--mcp', name, '--approve', 'all'];
    const result = await runCli(['run', ...args, '--task', `Use ${name}`], { cwd: workspace.folder });
    assert.equal(result.code, 0, result.stdout + result.stderr);
    const failed = ofType(result, 'tool_result').filter(({ isError }) => isError === true);
    assert.equal(failed.length, failures, JSON.stringify(failed));
    return result;
  }

  const call = (match: string, args: JsonObject): Turn => ({ toolCalls: [{ match, arguments: args }] });
  /** The model answers with what the last tool has told it. */
  const tell = ({ messages }: ChatRequest): Turn => ({ text: String(messages.at(-1)?.content) });
  const script = (...turns: (Turn | ((request: ChatRequest) => Turn))[]): void => {
    simulator.setScript((request, index) => {
      const turn = turns[index] ?? tell;
      return typeof turn === 'function' ? turn(request) : turn;
    });
  };
  const endText = (result: CliResult): string => String(theOnly(result, 'run_end')['text']);

  it('reads a file, writes another one, and cannot leave the folder', async () => {
    const orders = await readFile(workspace.path('data', 'orders.csv'), 'utf8');
    script(
      call('read_text_file', { path: workspace.path('data', 'orders.csv') }),
      ({ messages }) =>
        call('write_file', { path: workspace.path('copy.csv'), content: String(messages.at(-1)?.content) }),
      call('read_text_file', { path: '/etc/hostname' }),
    );
    const result = await run('filesystem', filesystem, 1);
    assert.equal(await readFile(workspace.path('copy.csv'), 'utf8'), orders);
    assert.match(endText(result), /Access denied/);
  });

  it('remembers what it was told, on the disk', async () => {
    const ada = { name: 'Ada', entityType: 'person', observations: ['counts'] };
    script(
      call('create_entities', { entities: [ada, { name: 'Engine', entityType: 'machine', observations: [] }] }),
      call('create_relations', { relations: [{ from: 'Ada', to: 'Engine', relationType: 'programs' }] }),
      call('search_nodes', { query: 'Ada' }),
    );
    const result = await run('memory', memory);
    assert.match(endText(result), /counts/);
    const kept = (await readFile(workspace.path('memory.jsonl'), 'utf8')).trim().split('\n');
    assert.equal(kept.length, 3);
    assert.ok(kept.some((line) => line.includes('"relationType":"programs"')));
  });

  it('uses tools of every kind: sums, structure, pictures, and progress', async () => {
    script(
      call('get_sum', { a: 19, b: 23 }),
      call('get_structured_content', { location: 'Chicago' }),
      call('get_tiny_image', {}),
      call('long_running_operation', { duration: 1, steps: 4 }),
    );
    const result = await run('everything', everything);
    const texts = ofType(result, 'tool_result').map(({ text }) => String(text));
    assert.match(texts[0] ?? '', /42/);
    assert.match(texts[1] ?? '', /"temperature"/);
    assert.match(texts[2] ?? '', /\[image 1: image\/png/);
    assert.match(endText(result), /completed.*4/);
  });

  describe('with a server in Python', () => {
    before(async function () {
      // The first time on a machine the packages come from PyPI.
      this.timeout(300_000);
      const missing = await installPythonServers();
      if (missing === undefined) return;
      console.log(`      skipped: ${missing}`);
      this.skip();
    });

    it('puts a row into a database', async () => {
      const db = workspace.path('shop.db');
      script(
        call('create_table', { query: 'CREATE TABLE items (name TEXT, price INTEGER)' }),
        call('write_query', { query: "INSERT INTO items VALUES ('lamp', 40), ('chair', 120)" }),
        call('read_query', { query: 'SELECT name FROM items WHERE price > 100' }),
      );
      const result = await run('sqlite', pythonServer('sqlite', '--db-path', '${workspaceFolder}/shop.db'));
      assert.equal(endText(result), "[{'name': 'chair'}]");
      const rows = 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute("SELECT * FROM items").fetchall())';
      assert.equal(await python(rows, db), "[('lamp', 40), ('chair', 120)]");
    });

    it('makes a commit', async () => {
      const at = { cwd: workspace.folder };
      await git('git', ['init', '--quiet'], at);
      await git('git', ['config', 'user.name', 'A Model'], at);
      await git('git', ['config', 'user.email', 'model@example.invalid'], at);
      const repo = { repo_path: workspace.folder };
      script(
        call('git_status', repo),
        call('git_add', { ...repo, files: ['README.md'] }),
        call('git_commit', { ...repo, message: 'docs: the first page' }),
        call('git_log', repo),
      );
      const result = await run('git', pythonServer('git', '--repository', '${workspaceFolder}'));
      assert.match(endText(result), /docs: the first page/);
      const { stdout } = await git('git', ['show', '--stat', '--format=%an: %s'], at);
      assert.match(stdout, /^A Model: docs: the first page\n\n README\.md/);
    });

    it('reads a page of the web', async () => {
      const asked: string[] = [];
      const page = createServer((request, response) => {
        asked.push(request.url ?? '');
        response.setHeader('content-type', 'text/html');
        response.end(
          '<html><body><article><h1>Lamps</h1><p>The lamp costs <b>40</b> crowns.</p></article></body></html>',
        );
      }).listen(0, '127.0.0.1');
      await once(page, 'listening');
      try {
        const url = `http://127.0.0.1:${String((page.address() as AddressInfo).port)}/lamps`;
        script(call('fetch', { url, raw: true }));
        const result = await run('fetch', pythonServer('fetch', '--ignore-robots-txt', '--allow-private-ips'));
        assert.deepEqual(asked, ['/lamps']);
        assert.match(endText(result), /The lamp costs <b>40<\/b> crowns\./);
      } finally {
        page.close();
      }
    });

    it('knows the time elsewhere', async () => {
      script(
        call('get_current_time', { timezone: 'UTC' }),
        call('convert_time', { source_timezone: 'UTC', time: '12:00', target_timezone: 'Asia/Tokyo' }),
      );
      const result = await run('time', pythonServer('time', '--local-timezone', 'UTC'));
      assert.match(endText(result), /T21:00:00\+09:00/);
    });
  });
});
