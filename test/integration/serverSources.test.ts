/** The command line with servers of the person's own files, and with inputs and files of variables. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { type CliResult, fake, makeWorkspace, ofType, runCli, theOnly, type Workspace } from '../support/cli';
import { type Simulator, startSimulator } from '../simulator/server';

const PASSWORD = 'correct-horse-battery';

describe('sources of MCP servers', () => {
  let workspace: Workspace;
  let home: Workspace;
  let simulator: Simulator;

  beforeEach(async () => {
    [workspace, home] = await Promise.all([makeWorkspace(), makeWorkspace()]);
    simulator = await startSimulator({ script: () => ({ text: 'Done.' }) });
  });

  afterEach(async () => {
    await simulator.close();
    await Promise.all([workspace.remove(), home.remove()]);
  });

  function run(args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}): Promise<CliResult> {
    const own = { HOME: home.folder, USERPROFILE: home.folder, COPILOT_HOME: undefined, CLAUDE_CONFIG_DIR: undefined };
    const all = ['run', '--json', '--url', simulator.url, '--task', 'x', '--approve', 'all', ...args];
    return runCli(all, { cwd: workspace.folder, env: { ...own, ...env } });
  }

  const ledger = (env: Readonly<Record<string, string>> = {}) =>
    fake('ledger', { LEDGER_FILE: workspace.path('ledger.txt'), ...env });
  const servers = (result: CliResult): unknown => theOnly(result, 'run_start')['servers'];

  it('finds a server by its name in the files of other products, and takes none of them for all', async () => {
    await home.write('.lmstudio/mcp.json', JSON.stringify({ mcpServers: { mine: ledger() } }));
    assert.deepEqual(servers(await run(['--mcp', 'mine'])), ['mine']);
    await workspace.write('.cursor/mcp.json', JSON.stringify({ mcpServers: { ours: ledger() } }));
    assert.deepEqual(servers(await run(['--all-mcps'])), ['ours']);
  });

  it('is not held up by a broken file of another product', async () => {
    await home.write('.lmstudio/mcp.json', '{"mcpServers":');
    await home.write('.cursor/mcp.json', JSON.stringify({ mcpServers: { cursors: ledger() } }));
    await workspace.write('.mcp.json', JSON.stringify({ mcpServers: { ours: ledger() } }));
    for (const name of ['ours', 'cursors']) {
      const result = await run(['--mcp', name]);
      assert.deepEqual([result.code, servers(result)], [0, [name]]);
      assert.deepEqual(ofType(result, 'warning'), []);
    }
    const missing = await run(['--mcp', 'nope']);
    assert.deepEqual([missing.code, theOnly(missing, 'error')['code']], [2, 'usage']);
  });

  it('gives inputs from the environment; a password never gets into the journal', async () => {
    const config = {
      inputs: [
        { id: 'word', type: 'promptString', description: 'Pass word', password: true },
        { id: 'level', type: 'pickString', options: ['low', 'high'], default: 'low' },
      ],
      servers: { ledger: { ...ledger({ WORD: '${input:word}', LEVEL: '${input:level}' }), envFile: '.env' } },
    };
    await workspace.write('.vscode/mcp.json', JSON.stringify(config));
    await workspace.write('.env', 'SERVICE_TOKEN=token-of-the-env-file\n');
    const line = `${PASSWORD} and token-of-the-env-file`;
    simulator.setScript([{ toolCalls: [{ match: 'append', arguments: { line } }] }, { text: 'Done.' }]);
    const args = ['--mcp', 'ledger', '--input-env', 'word=WORD_OF_MINE', '--journal', workspace.path('journals')];
    const result = await run(args, { WORD_OF_MINE: PASSWORD });
    assert.equal(result.code, 0, result.stdout);
    assert.equal(await readFile(workspace.path('ledger.txt'), 'utf8'), `${line}\n`);
    const journal = await readFile(
      workspace.path('journals', `${String(theOnly(result, 'run_start')['runId'])}.jsonl`),
      'utf8',
    );
    assert.ok(journal.includes('[redacted]'));
    for (const secret of [PASSWORD, 'token-of-the-env-file']) assert.ok(!journal.includes(secret), secret);
  });

  it('says what to do about an input without a value, before anything is sent', async () => {
    const config = {
      inputs: [{ id: 'word', type: 'promptString', description: 'Pass word', password: true }],
      servers: { ledger: ledger({ WORD: '${input:word}' }) },
    };
    await workspace.write('.vscode/mcp.json', JSON.stringify(config));
    const missing = theOnly(await run(['--mcp', 'ledger']), 'error');
    assert.equal(missing['code'], 'mcp-config');
    assert.match(String(missing['message']), /"ledger" \(.*mcp\.json:1\) needs the input "word" \(Pass word\)/);
    assert.match(String(missing['hint']), /--input-env word=NAME/);
    const unset = await run(['--mcp', 'ledger', '--input-env', 'word=NOT_SET_AT_ALL']);
    assert.deepEqual([unset.code, theOnly(unset, 'error')['code']], [2, 'usage']);
    const wrong = await run(['--mcp', 'ledger', '--input-env', 'word']);
    assert.match(String(theOnly(wrong, 'error')['message']), /takes ID=NAME/);
    assert.equal(simulator.requests.filter(({ path }) => path.endsWith('/chat/completions')).length, 0);
  });
});
