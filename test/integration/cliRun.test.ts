/** `dist/cli.js run` against the simulator and real MCP servers: what docs/cli.md promises, seen from outside. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { startSimulator, type Simulator } from '../simulator/server';
import { fault } from '../simulator/faults';
import type { ChatRequest } from '../simulator/chatRequest';
import {
  ofType,
  fake,
  filesystem,
  openBench,
  memory,
  runCli,
  theOnly,
  type CliResult,
  type Workspace,
} from '../support/cli';

let simulator: Simulator;
let workspace: Workspace;

/** To be called in every `describe`: what it opens is not for the tests of other files. */
function inEachTest(): void {
  beforeEach(async () => {
    ({ simulator, workspace } = await openBench({ filesystem, memory }));
  });

  afterEach(async () => {
    await simulator.close();
    await workspace.remove();
  });
}

function run(...args: string[]): Promise<CliResult> {
  return runCli(['run', '--json', '--url', simulator.url, '--workspace', workspace.folder, ...args], {
    cwd: workspace.folder,
  });
}

/** The order that every run keeps, however it ends. */
function assertWellFormed(result: CliResult): void {
  const lines = result.stdout.split('\n').slice(0, -1);
  assert.equal(lines.length, result.events.length, 'stdout is NDJSON and nothing else');
  assert.equal(result.events.at(-1)?.type, 'run_end');
  assert.equal(ofType(result, 'run_end').length, 1);
  const starts = ofType(result, 'run_start');
  assert.ok(starts.length <= 1);
  if (starts[0]) assert.equal(result.events[0], starts[0]);
  const times = result.events.map(({ at }) => at);
  assert.deepEqual(
    times,
    [...times].sort((a, b) => a - b),
  );
}

function assertEnd(result: CliResult, code: number, status: string, errorCode: string | null): void {
  assertWellFormed(result);
  const end = theOnly(result, 'run_end');
  assert.deepEqual([end['status'], end['code'], result.code], [status, errorCode, code], result.stdout + result.stderr);
  assert.deepEqual(
    ofType(result, 'error').map((event) => event['code']),
    errorCode === null ? [] : [errorCode],
  );
}

describe('a run', () => {
  inEachTest();

  it('says before a load what LM Studio may push out of memory for it, and loads one copy', async () => {
    const result = await run('--task', 'Go.', '--model', 'openai/gpt-oss-20b');
    assertEnd(result, 0, 'completed', null);
    const warning = theOnly(result, 'warning');
    assert.equal(warning['code'], 'model-evicted');
    assert.match(String(warning['message']), /Loading GPT-OSS 20B can push .*: Qwen3 8B\./);
    assert.equal(simulator.models.instancesOf('openai/gpt-oss-20b').length, 1);
    assert.deepEqual(ofType(await run('--task', 'Go.'), 'warning'), []);
  });

  it('without servers answers without tools', async () => {
    const result = await run('--task', 'What is six times seven?');
    assertEnd(result, 0, 'completed', null);
    const start = theOnly(result, 'run_start');
    assert.equal(start['model'], 'qwen/qwen3-8b');
    assert.deepEqual(start['servers'], []);
    assert.equal(start['toolCount'], 0);
    assert.equal(start['contextLength'], 32_768);
    assert.equal(start['contextSource'], 'loaded-instance');
    assert.equal(theOnly(result, 'run_end')['text'], 'Forty-two.');
    assert.equal(
      ofType(result, 'text_delta')
        .map(({ text }) => text)
        .join(''),
      'Forty-two.',
    );
    const request = simulator.requests.find(({ path }) => path === '/v1/chat/completions')?.body as unknown as
      ChatRequest | undefined;
    assert.equal(request && 'tools' in request, false);
  });

  it("with one server gives the tool's result to the model", async () => {
    simulator.setScript([
      {
        reasoning: 'I should read it.',
        toolCalls: [{ match: /read_text_file$/, arguments: { path: workspace.path('notes/launch-plan.md') } }],
      },
      { text: 'Done.' },
    ]);
    const result = await run('--mcp', 'filesystem', '--task', 'Read the launch plan.');
    assertEnd(result, 0, 'completed', null);
    assert.deepEqual(theOnly(result, 'run_start')['servers'], ['filesystem']);
    const call = theOnly(result, 'tool_call');
    assert.equal(call['server'], 'filesystem');
    assert.equal(call['tool'], 'read_text_file');
    assert.deepEqual(call['arguments'], { path: workspace.path('notes/launch-plan.md') });
    assert.equal(call['recovered'], false);
    const answered = theOnly(result, 'tool_result');
    assert.equal(answered['id'], call['id']);
    assert.equal(answered['isError'], false);
    const plan = await readFile(workspace.path('notes/launch-plan.md'), 'utf8');
    assert.equal(String(answered['text']).trim(), plan.trim());
    assert.equal(ofType(result, 'approval').length, 0, 'a read-only tool needs no approval');
    const second = simulator.requests.filter(({ path }) => path === '/v1/chat/completions')[1]
      ?.body as unknown as ChatRequest;
    const last = second.messages.at(-1);
    assert.ok(last?.role === 'tool');
    assert.equal(last.content, answered['text']);
    assert.equal(
      ofType(result, 'reasoning_delta')
        .map(({ text }) => text)
        .join(''),
      'I should read it.',
    );
    const total = theOnly(result, 'run_end')['usage'] as { promptTokens: number };
    assert.equal(
      total.promptTokens,
      ofType(result, 'usage').reduce((sum, event) => sum + Number(event['promptTokens']), 0),
    );
  });

  it('with two servers names both and calls each', async () => {
    simulator.setScript([
      {
        toolCalls: [
          { match: /list_directory$/, arguments: { path: workspace.folder } },
          { match: /read_graph$/, arguments: {} },
        ],
      },
      { text: 'Both answered.' },
    ]);
    const result = await run('--mcp', 'filesystem', '--mcp', 'memory', '--task', 'Use both.');
    assertEnd(result, 0, 'completed', null);
    assert.deepEqual(theOnly(result, 'run_start')['servers'], ['filesystem', 'memory']);
    assert.deepEqual(
      ofType(result, 'tool_call').map(({ server }) => server),
      ['filesystem', 'memory'],
    );
    assert.deepEqual(
      ofType(result, 'tool_result').map(({ isError }) => isError),
      [false, false],
    );
  });

  it('with --all-mcps skips a server that cannot start and goes on', async () => {
    await workspace.write(
      '.mcp.json',
      JSON.stringify({ mcpServers: { broken: { command: 'no-such-command-anywhere' }, memory } }),
    );
    const result = await run('--all-mcps', '--task', 'Go on.');
    assertEnd(result, 0, 'completed', null);
    assert.deepEqual(theOnly(result, 'run_start')['servers'], ['memory']);
    const warning = theOnly(result, 'warning');
    assert.equal(warning['code'], 'server-skipped');
    assert.match(String(warning['message']), /broken.*no-such-command-anywhere/s);
    assert.equal(result.events[1], warning, 'a warning from before the start follows it');
  });

  it('ends when a named server cannot start', async () => {
    await workspace.write(
      '.mcp.json',
      JSON.stringify({ mcpServers: { broken: { command: 'no-such-command-anywhere' } } }),
    );
    const result = await run('--mcp', 'broken', '--task', 'Try.');
    assertEnd(result, 1, 'failed', 'mcp-start-failed');
    assert.match(String(theOnly(result, 'error')['message']), /broken/);
    assert.equal(
      simulator.requests.some(({ path }) => path === '/v1/chat/completions'),
      false,
    );
  });

  it('names the models there are when the wanted one is unknown', async () => {
    const result = await run('--model', 'no/such-model', '--task', 'Hello.');
    assertEnd(result, 1, 'failed', 'model-not-found');
    const available = theOnly(result, 'error')['availableModels'] as string[];
    assert.ok(available.includes('qwen/qwen3-8b'));
    assert.equal(
      available.some((id) => id.startsWith('text-embedding')),
      false,
    );
    assert.equal(
      simulator.requests.some(({ path }) => path === '/v1/chat/completions'),
      false,
    );
  });

  it('loads a model that is not loaded by asking for it', async () => {
    const coder = 'qwen/qwen3-coder-30b';
    assert.deepEqual(simulator.models.instancesOf(coder), []);
    const result = await run('--model', coder, '--task', 'Hello.');
    assertEnd(result, 0, 'completed', null);
    assert.equal(theOnly(result, 'run_start')['contextSource'], 'model-maximum');
    assert.equal(theOnly(result, 'run_end')['text'], 'Forty-two.');
    assert.deepEqual(
      simulator.models.instancesOf(coder).map(({ id }) => id),
      [coder],
    );
    const paths = simulator.requests.filter(({ method }) => method === 'POST').map(({ path }) => path);
    assert.deepEqual(paths, ['/v1/chat/completions'], 'no load beside the request');
  });

  it('reports a write that the default rule refuses, to the reader and to the model', async () => {
    const target = workspace.path('new.txt');
    simulator.setScript([
      { toolCalls: [{ match: /write_file$/, arguments: { path: target, content: 'x' } }] },
      { text: 'I was not allowed to.' },
    ]);
    const result = await run('--mcp', 'filesystem', '--task', 'Write a file.');
    assertEnd(result, 0, 'completed', null);
    const call = theOnly(result, 'tool_call');
    const approval = theOnly(result, 'approval');
    assert.deepEqual([approval['id'], approval['decision']], [call['id'], 'denied']);
    const refused = theOnly(result, 'tool_result');
    assert.deepEqual([refused['id'], refused['isError'], refused['code']], [call['id'], true, 'approval-denied']);
    assert.equal(existsSync(target), false);
    const second = simulator.requests.filter(({ path }) => path === '/v1/chat/completions')[1]
      ?.body as unknown as ChatRequest;
    assert.match(String(second.messages.at(-1)?.content), /refused/i);
  });

  it('lets everything run with --approve all and nothing with --approve none', async () => {
    const target = workspace.path('new.txt');
    const script = () => [
      { toolCalls: [{ match: /write_file$/, arguments: { path: target, content: 'written' } }] },
      { text: 'Done.' },
    ];
    simulator.setScript(script());
    const none = await run('--mcp', 'filesystem', '--approve', 'none', '--task', 'Write.');
    assert.equal(theOnly(none, 'tool_result')['code'], 'approval-denied');
    simulator.setScript([
      { toolCalls: [{ match: /list_directory$/, arguments: { path: workspace.folder } }] },
      { text: 'Done.' },
    ]);
    const read = await run('--mcp', 'filesystem', '--approve', 'none', '--task', 'Read.');
    assert.equal(theOnly(read, 'tool_result')['code'], 'approval-denied');
    simulator.setScript(script());
    const all = await run('--mcp', 'filesystem', '--approve', 'all', '--task', 'Write.');
    assertEnd(all, 0, 'completed', null);
    assert.equal(ofType(all, 'approval').length, 0);
    assert.equal(await readFile(target, 'utf8'), 'written');
  });

  it('answers calls that cannot run with a result, and goes on', async () => {
    simulator.setScript([
      { toolCalls: [{ name: 'no_such_tool', arguments: {} }] },
      { toolCalls: [{ match: /read_text_file$/, arguments: '{"path": "/cut/of' }] },
      { toolCalls: [{ match: /read_text_file$/, arguments: { wrong: 1 } }] },
      { toolCalls: [{ match: /read_text_file$/, arguments: { path: workspace.path('missing.txt') } }] },
      { text: 'Enough.' },
    ]);
    const result = await run('--mcp', 'filesystem', '--task', 'Try.');
    assertEnd(result, 0, 'completed', null);
    assert.deepEqual(
      ofType(result, 'tool_result').map(({ code }) => code),
      ['tool-not-found', 'tool-arguments', 'tool-arguments', 'tool-failed'],
    );
    const calls = ofType(result, 'tool_call');
    assert.deepEqual([calls[0]?.['server'], calls[0]?.['tool']], [null, 'no_such_tool']);
    assert.deepEqual([calls[1]?.['arguments'], calls[1]?.['rawArguments']], [{}, '{"path": "/cut/of']);
    assert.match(String(ofType(result, 'tool_result')[2]?.['text']), /path/);
  });

  it('reads the task from a file', async () => {
    const file = await workspace.write('task.md', 'Do the thing.\n');
    const result = await run('--task-file', file);
    assertEnd(result, 0, 'completed', null);
    assert.equal(theOnly(result, 'run_start')['task'], 'Do the thing.');
  });
});

describe('a run that meets a limit', () => {
  inEachTest();

  const listAgain = () => ({ toolCalls: [{ match: /list_directory$/, arguments: { path: workspace.folder } }] });

  it('of rounds stops there', async () => {
    simulator.setScript((_request, index) => ({
      toolCalls: [{ match: /list_directory$/, arguments: { path: workspace.path(index % 2 ? 'notes' : 'data') } }],
    }));
    const result = await run('--mcp', 'filesystem', '--max-rounds', '3', '--task', 'Go on.');
    assertEnd(result, 3, 'limit', 'limit-rounds');
    assert.equal(theOnly(result, 'error')['message'], 'The task was stopped: it used up its 3 rounds.');
    assert.equal(theOnly(result, 'run_end')['rounds'], 3);
  });

  it('of tokens stops there', async () => {
    simulator.setScript(listAgain);
    const result = await run('--mcp', 'filesystem', '--max-tokens', '10', '--task', 'Go on.');
    assertEnd(result, 3, 'limit', 'limit-tokens');
    assert.equal(theOnly(result, 'error')['message'], 'The task was stopped: it used up its 10 tokens.');
    assert.equal(theOnly(result, 'run_end')['rounds'], 1);
  });

  it('of time stops in the middle of the prefill, and the request with it', async () => {
    simulator.setScript([{ holdHeaders: new Promise(() => undefined), text: 'never' }]);
    const result = await run('--timeout', '2', '--task', 'Wait.');
    assertEnd(result, 3, 'limit', 'limit-time');
    // A machine that is busy enough gets no further than to the list of models; guards.test.ts stops the clock for it.
    for (const asked of simulator.requests.filter(({ path }) => path === '/v1/chat/completions')) {
      const { finished } = await simulator.waitForRequest((request) => request === asked && request.aborted);
      assert.equal(finished, false);
    }
  });

  it('of time counts the start of the servers too', async () => {
    await workspace.write('.mcp.json', JSON.stringify({ mcpServers: { slow: fake('hangInInitialize') } }));
    const result = await run('--mcp', 'slow', '--timeout', '1', '--task', 'Wait.');
    assertEnd(result, 3, 'limit', 'limit-time');
  });

  it('of patience stops a model that repeats itself', async () => {
    simulator.setScript(listAgain);
    const result = await run('--mcp', 'filesystem', '--task', 'Go on.');
    assertEnd(result, 3, 'limit', 'loop-detected');
  });
});

describe('a run against a server that is not well', () => {
  inEachTest();

  it('says that nothing answers', async () => {
    const { url } = simulator;
    await simulator.close();
    const result = await runCli(['run', '--json', '--url', url, '--task', 'Hello.']);
    assertEnd(result, 1, 'failed', 'server-unreachable');
    assert.ok(String(theOnly(result, 'error')['message']).includes(url));
    assert.ok(theOnly(result, 'error')['hint']);
  });

  it('says that something else answers', async () => {
    const web = createServer((_request, response) =>
      response.setHeader('content-type', 'text/html').end('<h1>Hello</h1>'),
    );
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    const result = await runCli([
      'run',
      '--json',
      '--url',
      `127.0.0.1:${String((web.address() as AddressInfo).port)}`,
      '--task',
      'Hello.',
    ]);
    web.closeAllConnections();
    web.close();
    assertEnd(result, 1, 'failed', 'wrong-server');
  });

  it('says that something answers that speaks no HTTP', async () => {
    const tcp = createTcpServer((socket) => socket.resume().end('SSH-2.0-OpenSSH_9.2\r\n'));
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
    const result = await runCli([
      'run',
      '--json',
      '--url',
      `127.0.0.1:${String((tcp.address() as AddressInfo).port)}`,
      '--task',
      'Hello.',
    ]);
    tcp.close();
    assertEnd(result, 1, 'failed', 'wrong-server');
  });

  it('asks for the token where one is needed, sends it where it is given, and never shows it', async () => {
    await simulator.close();
    const token = 'sk-lm-abcdefgh:ABCDEFGHIJKLMNOPQRST';
    simulator = await startSimulator({ token, script: [{ text: 'Hello.' }, { text: 'Hello.' }] });
    assertEnd(await run('--task', 'Hello.'), 1, 'failed', 'auth-required');
    const options = { cwd: workspace.folder, env: { MY_TOKEN: token, WRONG: 'sk-lm-zzzzzzzz:ZZZZZZZZZZZZZZZZZZZZ' } };
    const args = ['run', '--json', '--url', simulator.url, '--task', 'Hello.'];
    const wrong = await runCli([...args, '--token-env', 'WRONG'], options);
    assertEnd(wrong, 1, 'failed', 'auth-required');
    assert.doesNotMatch(wrong.stdout + wrong.stderr, /zzzz/i);
    const named = await runCli([...args, '--token-env', 'MY_TOKEN'], options);
    assertEnd(named, 0, 'completed', null);
    const fallback = await runCli(args, { ...options, env: { LM_API_TOKEN: token } });
    assertEnd(fallback, 0, 'completed', null);
    assert.doesNotMatch(named.stdout + named.stderr + fallback.stdout, /abcdefgh/i);
  });

  it('sends no Authorization header without a token', async () => {
    await run('--task', 'Hello.');
    assert.ok(simulator.requests.length > 0);
    assert.ok(simulator.requests.every(({ headers }) => headers.authorization === undefined));
  });

  it('explains a prompt that does not fit', async () => {
    const file = await workspace.write('long.txt', 'word '.repeat(40_000));
    const result = await run('--task-file', file);
    assertEnd(result, 1, 'failed', 'context-overflow');
    assert.match(String(theOnly(result, 'error')['hint']), /larger context/);
  });

  for (const [what, turn, code] of [
    [
      'an error frame in mid-stream',
      { text: 'Half an ans', midStreamError: 'The model has crashed without additional information. (Exit code: 11)' },
      'engine-crashed',
    ],
    ['a stream that just ends', { text: 'Half an answer that is long', cutAfter: 2 }, 'stream-interrupted'],
    ['a connection that is reset', { text: 'Half an ans', resetSocket: true }, 'stream-interrupted'],
    ['an unloaded model', { text: 'Half', midStreamError: 'Model unloaded.' }, 'model-unloaded'],
    [
      'a grammar error',
      {
        error: {
          status: 400,
          body: {
            error:
              'Engine protocol predict request returned 400: Failed to initialize samplers: failed to parse grammar',
          },
        },
      },
      'bad-response',
    ],
  ] as const) {
    it(`fails with ${code} after ${what}`, async () => {
      // A model that is lost is asked once more.
      simulator.setScript(() => turn);
      assertEnd(await run('--task', 'Hello.'), 1, 'failed', code);
    });
  }

  it('repeats a request that failed before it said anything', async () => {
    simulator.setScript([{ resetSocket: true }, { text: 'Now.' }]);
    const result = await run('--task', 'Hello.');
    assertEnd(result, 0, 'completed', null);
    const retry = theOnly(result, 'retry');
    assert.deepEqual([retry['code'], retry['attempt']], ['stream-interrupted', 1]);
    assert.equal(theOnly(result, 'run_end')['text'], 'Now.');
  });

  it('warns when another model answers', async () => {
    simulator.setScript([{ text: 'Hello.', model: 'google/gemma-4-e4b' }]);
    const result = await run('--task', 'Hello.');
    assertEnd(result, 0, 'completed', null);
    assert.equal(theOnly(result, 'warning')['code'], 'model-substituted');
  });

  it('warns about answers that are cut off, only reasoned or empty', async () => {
    const done = { text: 'Done.' };
    simulator.setScript([{ text: 'It is', finish: 'length' }, { reasoning: 'Hm.' }, done, { text: '' }, done]);
    const codes = [];
    for (let i = 0; i < 3; i++) codes.push(theOnly(await run('--task', 'Hello.'), 'warning')['code']);
    assert.deepEqual(codes, ['answer-truncated', 'reasoning-only-answer', 'empty-answer']);
  });

  it('gets an answer from a model that only reasoned, by asking again', async () => {
    simulator.setScript([{ reasoning: 'Hm.' }, { text: 'Forty-two.' }]);
    const result = await run('--task', 'Hello.');
    assertEnd(result, 0, 'completed', null);
    assert.equal(theOnly(result, 'run_end')['text'], 'Forty-two.');
  });

  it('is not failed by asking again in vain', async () => {
    simulator.setScript([{ reasoning: 'Hm.' }, fault('E10')]);
    assertEnd(await run('--task', 'Hello.'), 0, 'completed', null);
  });
});

describe('a run with servers in both files of its folder', () => {
  inEachTest();

  beforeEach(async () => {
    const off = { ...filesystem, disabled: true };
    await workspace.write('.mcp.json', `{ // as people write it\n"mcpServers": ${JSON.stringify({ memory, off })},\n}`);
    const servers = { files: filesystem, memory: { command: 'no-such-command-anywhere' } };
    await workspace.write('.vscode/mcp.json', JSON.stringify({ servers }));
  });

  it('uses all that are enabled, and of one name the first definition', async () => {
    simulator.setScript([
      { toolCalls: [{ match: /list_directory$/, arguments: { path: workspace.folder } }, { match: /read_graph$/ }] },
      { text: 'Done.' },
    ]);
    const result = await run('--all-mcps', '--task', 'Look.');
    assertEnd(result, 0, 'completed', null);
    assert.deepEqual(theOnly(result, 'run_start')['servers'], ['memory', 'files']);
    assert.deepEqual(ofType(result, 'warning'), [], 'the second definition of "memory" was not even tried');
    const results = ofType(result, 'tool_result');
    assert.deepEqual(
      results.map(({ isError }) => isError),
      [false, false],
    );
    assert.match(String(results[0]?.['text']), /\[FILE\] \.mcp\.json/);
  });

  it('says that a server is disabled, and which ones there are', async () => {
    const disabled = await run('--mcp', 'off', '--task', 'Look.');
    assert.deepEqual([disabled.code, theOnly(disabled, 'error')['code']], [2, 'usage']);
    assert.match(String(theOnly(disabled, 'error')['message']), /"off" is disabled/);
    const unknown = await run('--mcp', 'other', '--task', 'Look.');
    assert.match(String(theOnly(unknown, 'error')['message']), /"other".*memory, files/);
    assert.equal(simulator.requests.length, 0);
  });
});

describe('a run with a broken configuration', () => {
  inEachTest();

  it('names file, line and column, and still uses the other servers', async () => {
    await workspace.write(
      '.mcp.json',
      `{\n  // comment\n  "mcpServers": {\n    "memory": ${JSON.stringify(memory)},\n    "bad": { "command": 7 },\n  }\n}`,
    );
    const result = await run('--all-mcps', '--task', 'Go on.');
    assertEnd(result, 0, 'completed', null);
    assert.deepEqual(theOnly(result, 'run_start')['servers'], ['memory']);
    const warning = theOnly(result, 'warning');
    assert.equal(warning['code'], 'mcp-config');
    assert.match(String(warning['message']), /\.mcp\.json:5:\d+: .*bad/);
  });

  it('is a usage error where the named server cannot be read from it', async () => {
    await workspace.write('.mcp.json', '{ "mcpServers": { "memory": { "command": "node" ');
    const result = await run('--mcp', 'other', '--task', 'Go on.');
    assert.equal(result.code, 2);
    assert.deepEqual(
      result.events.map(({ type, code }) => [type, code]),
      [['error', 'mcp-config']],
    );
    assert.match(String(result.events[0]?.['message']), /\.mcp\.json:1:\d+/);
    assert.equal(simulator.requests.length, 0);
  });
});
