/** `dist/cli.js` as a process: signals, exit codes, usage errors, streams, and what is left behind (nothing). */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { version } from '../../package.json';
import { gate } from '../simulator/gate';
import { sampleModels } from '../simulator/models';
import { startSimulator, type Simulator } from '../simulator/server';
import { CLI, fake, filesystem, openBench, ofType, runCli, startCli, theOnly, type Workspace } from '../support/cli';
import { linesOf, untilGone } from '../support/mcp/harness';

let simulator: Simulator;
let workspace: Workspace;

/** To be called in every `describe`: what it opens is not for the tests of other files. */
function inEachTest(): void {
  beforeEach(async () => {
    ({ simulator, workspace } = await openBench({ filesystem }));
  });

  afterEach(async () => {
    await simulator.close();
    await workspace.remove();
  });
}

const runArgs = (...args: string[]) => [
  'run',
  '--json',
  '--url',
  simulator.url,
  '--workspace',
  workspace.folder,
  ...args,
];

describe('a signal', () => {
  inEachTest();

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`${signal} in mid-stream ends the request, the servers and the run with 130`, async () => {
      const pids = workspace.path('pids');
      await workspace.write(
        '.mcp.json',
        JSON.stringify({ mcpServers: { tree: fake('grandchild', { PID_FILE: pids }) } }),
      );
      const hold = gate();
      simulator.setScript([{ text: 'one two three four', hold: hold.promise, holdAfter: 2 }]);
      const cli = startCli(runArgs('--mcp', 'tree', '--task', 'Talk.'));
      await cli.event('text_delta');
      cli.child.kill(signal);
      const result = await cli.done;
      assert.equal(result.code, 130);
      const end = result.events.at(-1);
      assert.deepEqual([end?.type, end?.['status'], end?.['code']], ['run_end', 'cancelled', 'cancelled']);
      await simulator.waitForRequest(({ path, aborted }) => path === '/v1/chat/completions' && aborted);
      for (const pid of await linesOf(pids, 2)) await untilGone(pid);
      hold.open();
    });
  }

  it('while the prompt is being read ends the run at once', async () => {
    simulator.setScript([{ holdHeaders: new Promise(() => undefined), text: 'never' }]);
    const cli = startCli(runArgs('--task', 'Talk.'));
    await simulator.waitForRequest(({ path, body }) => path === '/v1/chat/completions' && body !== undefined);
    cli.child.kill('SIGINT');
    const result = await cli.done;
    assert.deepEqual([result.code, theOnly(result, 'run_end')['status']], [130, 'cancelled']);
  });

  it('while a server starts ends that server too', async () => {
    const pids = workspace.path('pids');
    await workspace.write(
      '.mcp.json',
      JSON.stringify({ mcpServers: { slow: fake('hangInInitialize', { PID_FILE: pids }) } }),
    );
    const cli = startCli(runArgs('--mcp', 'slow', '--task', 'Talk.'));
    const [pid] = await linesOf(pids, 1);
    cli.child.kill('SIGINT');
    const result = await cli.done;
    assert.deepEqual([result.code, theOnly(result, 'run_end')['status']], [130, 'cancelled']);
    await untilGone(pid!);
  });

  it('while a tool runs ends the call and its server', async () => {
    const pids = workspace.path('pids');
    await workspace.write(
      '.mcp.json',
      JSON.stringify({ mcpServers: { stuck: fake('hangInCall', { PID_FILE: pids }) } }),
    );
    simulator.setScript([{ toolCalls: [{ match: /hang$/ }] }]);
    const cli = startCli(runArgs('--mcp', 'stuck', '--approve', 'all', '--task', 'Hang.'));
    await cli.event('tool_call');
    cli.child.kill('SIGINT');
    const result = await cli.done;
    assert.deepEqual([result.code, theOnly(result, 'run_end')['status']], [130, 'cancelled']);
    for (const pid of await linesOf(pids, 1)) await untilGone(pid);
  });
});

describe('a server that dies in a call', () => {
  inEachTest();

  it('is a result, and the run goes on', async () => {
    await workspace.write('.mcp.json', JSON.stringify({ mcpServers: { mortal: fake('dieInCall') } }));
    simulator.setScript([{ toolCalls: [{ match: () => true }] }, { text: 'It died.' }]);
    const result = await runCli(runArgs('--mcp', 'mortal', '--approve', 'all', '--task', 'Die.'));
    assert.equal(result.code, 0);
    const died = theOnly(result, 'tool_result');
    assert.deepEqual([died['isError'], died['code']], [true, 'mcp-connection-lost']);
  });
});

describe('a finished run', () => {
  inEachTest();

  it('leaves no process behind, not even those behind a server', async () => {
    const pids = workspace.path('pids');
    await workspace.write(
      '.mcp.json',
      JSON.stringify({ mcpServers: { tree: fake('grandchild', { PID_FILE: pids }) } }),
    );
    const result = await runCli(runArgs('--mcp', 'tree', '--task', 'Talk.'));
    assert.equal(result.code, 0);
    for (const pid of await linesOf(pids, 2)) await untilGone(pid);
  });

  it('ends although the server keeps its connections open', async () => {
    const result = await runCli(runArgs('--task', 'Talk.'));
    assert.equal(result.code, 0);
  });
});

describe('wrong usage', () => {
  inEachTest();

  const cases: readonly (readonly [string, string[]])[] = [
    ['no command', ['--json']],
    ['an unknown command', ['dance', '--json']],
    ['no task', ['run', '--json']],
    ['an empty task', ['run', '--json', '--task', ' ']],
    ['both task and task file', ['run', '--json', '--task', 'x', '--task-file', 'y']],
    ['a task file that is not there', ['run', '--json', '--task-file', '/no/such/file']],
    ['an unknown option', ['run', '--json', '--task', 'x', '--fast']],
    ['a stray word', ['run', '--json', '--task', 'x', 'y']],
    ['an option without its value', ['run', '--json', '--task']],
    ['a bad number of rounds', ['run', '--json', '--task', 'x', '--max-rounds', '0']],
    ['a bad number of tokens', ['run', '--json', '--task', 'x', '--max-tokens', 'many']],
    ['a bad time-out', ['run', '--json', '--task', 'x', '--timeout', '-1']],
    ['a bad approval mode', ['run', '--json', '--task', 'x', '--approve', 'some']],
    ['an unset token variable', ['run', '--json', '--task', 'x', '--token-env', 'NO_SUCH_VARIABLE']],
    ['a bad address', ['run', '--json', '--task', 'x', '--url', 'ftp://here']],
    ['a server that is not configured', ['run', '--json', '--task', 'x', '--mcp', 'nowhere']],
    [
      'an unreadable configuration',
      ['run', '--json', '--task', 'x', '--all-mcps', '--mcp-config', '/no/such/file.json'],
    ],
    ['both kinds of server selection', ['run', '--json', '--task', 'x', '--mcp', 'filesystem', '--all-mcps']],
    ['a workspace that is not there', ['run', '--json', '--task', 'x', '--workspace', '/no/such/folder']],
    ['an option of another command', ['models', '--json', '--task', 'x']],
  ];
  for (const [what, args] of cases) {
    it(`(${what}) is one error event and exit code 2`, async () => {
      const result = await runCli(args, { cwd: workspace.folder });
      assert.equal(result.code, 2, result.stdout + result.stderr);
      assert.deepEqual(
        result.events.map(({ type, code }) => [type, code]),
        [['error', 'usage']],
      );
      assert.ok(String(result.events[0]?.['message']).length > 10);
      assert.equal(result.stdout.split('\n').length, 2);
    });
  }

  it('is said in words without --json', async () => {
    const result = await runCli(['run', '--task', 'x', '--mcp', 'nowhere'], { cwd: workspace.folder });
    assert.equal(result.code, 2);
    assert.equal(result.stdout, '');
    assert.match(result.stderr, /"nowhere".*filesystem/);
  });
});

describe('the output', () => {
  inEachTest();

  it('without --json has the answer on stdout and the rest on stderr', async () => {
    simulator.setScript([
      { reasoning: 'Let me look.', toolCalls: [{ match: /list_directory$/, arguments: { path: workspace.folder } }] },
      { text: 'There are files.' },
    ]);
    const result = await runCli([
      'run',
      '--url',
      simulator.url,
      '--workspace',
      workspace.folder,
      '--mcp',
      'filesystem',
      '--task',
      'Look.',
    ]);
    assert.equal(result.code, 0);
    assert.equal(result.stdout, 'There are files.\n');
    for (const text of [
      'Task: Look.',
      'Model: qwen/qwen3-8b',
      'Let me look.',
      'Call filesystem › list_directory',
      '[FILE] README.md',
      'Done: 2 rounds',
    ]) {
      assert.ok(result.stderr.includes(text), `${text}\n${result.stderr}`);
    }
    assert.doesNotMatch(result.stderr, /There are files/);
  });

  it('loses nothing when the reader is slow', async () => {
    const text = 'word '.repeat(12_000);
    simulator.setScript([{ text }]);
    const child = spawn(process.execPath, [CLI, ...runArgs('--task', 'Talk.')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'close');
    let stdout = '';
    for await (const chunk of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
      stdout += chunk;
      // Slower than the process writes: the pipe is full most of the time.
      await nextTurn();
    }
    await ended;
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; text?: string });
    assert.equal(events.at(-1)?.type, 'run_end');
    assert.equal(events.at(-1)?.text, text);
    assert.equal(
      events
        .filter(({ type }) => type === 'text_delta')
        .map((event) => event.text)
        .join(''),
      text,
    );
  });

  it('ends quietly when the reader goes away', async () => {
    simulator.setScript([{ text: 'word '.repeat(30_000) }]);
    const child = spawn(process.execPath, [CLI, ...runArgs('--task', 'Talk.')], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    await once(child.stdout, 'data');
    child.stdout.destroy();
    await once(child, 'close');
    assert.doesNotMatch(stderr, /EPIPE|at .*cli\.js/);
  });

  it('--help and --version work everywhere', async () => {
    for (const args of [['--help'], ['run', '--help'], ['models', '-h']]) {
      const result = await runCli(args);
      assert.deepEqual([result.code, result.stderr], [0, '']);
      assert.match(result.stdout, /lmstudio-bridge run/);
    }
    const result = await runCli(['run', '--version']);
    assert.deepEqual([result.code, result.stdout], [0, `${version}\n`]);
  });
});

describe('models', () => {
  inEachTest();

  it('prints one document with every model and its state', async () => {
    const result = await runCli(['models', '--json', '--url', `${simulator.url}/v1`]);
    assert.equal(result.code, 0);
    const { models } = JSON.parse(result.stdout) as { models: Record<string, unknown>[] };
    const loaded = models.find(({ id }) => id === 'qwen/qwen3-8b');
    assert.deepEqual(
      [loaded?.['state'], loaded?.['loadedContextLength'], loaded?.['maxContextLength']],
      ['loaded', 32_768, 40_960],
    );
    assert.ok(models.some(({ state }) => state === 'not-loaded'));
    assert.ok(models.some(({ type }) => type === 'embedding'));
  });

  it('prints a table for people', async () => {
    const result = await runCli(['models', '--url', simulator.url]);
    assert.match(result.stdout, /qwen\/qwen3-8b +loaded +32768 of 40960 +Q4_K_M +5\.0 GB/);
  });

  it('prints one document when the server is down', async () => {
    const { url } = simulator;
    await simulator.close();
    const result = await runCli(['models', '--json', '--url', url]);
    assert.equal(result.code, 1);
    assert.equal((JSON.parse(result.stdout) as { error: { code: string } }).error.code, 'server-unreachable');
  });
});

describe('doctor', () => {
  inEachTest();

  it('says what is ready, and starts nothing of a folder it was only asked to look at', async () => {
    const pids = workspace.path('pids');
    await workspace.write(
      '.mcp.json',
      JSON.stringify({ mcpServers: { tree: fake('grandchild', { PID_FILE: pids }) } }),
    );
    // The person who runs this may have an LM Studio, of which the doctor would speak too.
    const home = workspace.path('home');
    const env = { HOME: home, USERPROFILE: home };
    const result = await runCli(['doctor', '--json', '--url', simulator.url], { cwd: workspace.folder, env });
    assert.equal(result.code, 0);
    const report = JSON.parse(result.stdout) as { ok: boolean; checks: { id: string; status: string }[] };
    assert.equal(report.ok, true);
    assert.deepEqual(
      report.checks.map(({ id, status }) => [id, status]),
      [
        ['server', 'ok'],
        ['model', 'ok'],
        ['token', 'ok'],
        ['mcp:tree', 'ok'],
      ],
    );
    await assert.rejects(import('node:fs/promises').then(({ stat }) => stat(pids)));
  });

  it('starts the servers of a file named by hand, and says what is wrong', async () => {
    const file = await workspace.write(
      'tools.json',
      JSON.stringify({ mcpServers: { filesystem, broken: { command: 'no-such-command-anywhere' } } }),
    );
    const result = await runCli(['doctor', '--json', '--url', simulator.url, '--mcp-config', file], {
      cwd: workspace.folder,
    });
    assert.equal(result.code, 1);
    const report = JSON.parse(result.stdout) as {
      checks: { id: string; status: string }[];
      mcpServers: { name: string; tools: string[] }[];
    };
    assert.deepEqual(
      report.checks.filter(({ status }) => status === 'error').map(({ id }) => id),
      ['mcp:broken'],
    );
    assert.ok(report.mcpServers[0]?.tools.includes('read_text_file'));
  });

  it('says whether a token is sent, never the token, and where this LM Studio would be', async () => {
    const home = workspace.path('home');
    const config = (port: number): Promise<string> =>
      workspace.write('home/.lmstudio/.internal/http-server-config.json', JSON.stringify({ port }));
    const ask = async (env: Readonly<Record<string, string>> = {}): Promise<string> => {
      const args = ['doctor', '--url', simulator.url, '--token-env', 'MY_TOKEN'];
      const all = { HOME: home, USERPROFILE: home, MY_TOKEN: 'sk-lm-secret1:secret2', ...env };
      return (await runCli(args, { cwd: workspace.folder, env: all })).stdout;
    };
    await config(simulator.port);
    const same = await ask();
    assert.match(same, /ok +The API token in MY_TOKEN is sent to http:\/\/127\.0\.0\.1:\d+, and nowhere else\./);
    assert.doesNotMatch(same, /secret|configured to listen/);
    await config(4_321);
    assert.match(await ask(), /ok +LM Studio of this machine is configured to listen at http:\/\/127\.0\.0\.1:4321\./);
    await simulator.close();
    assert.match(
      await ask(),
      /warning LM Studio of this machine .*\n +To use that one: --url http:\/\/127\.0\.0\.1:4321/,
    );
  });

  it('says that an older LM Studio tells less, and that a small context is small', async () => {
    const older = await startSimulator({ profile: '0.3' });
    const result = await runCli(['doctor', '--url', older.url], { cwd: workspace.folder });
    await older.close();
    assert.match(result.stdout, /warning This LM Studio has no \/api\/v1\/models, so the models come from \/api\/v0/);
    assert.match(result.stdout, /No API token is sent: LM_API_TOKEN is not set\./);
    const models = [{ ...sampleModels()[0]!, loadedContext: 4_096 }];
    const small = await startSimulator({ models });
    const advice = await runCli(['doctor', '--url', small.url], { cwd: workspace.folder });
    await small.close();
    assert.match(advice.stdout, /warning Tasks would use .* context 4096\)\.\n +Load it with a larger context/);
  });

  it('says what to do when the server is down', async () => {
    const { url } = simulator;
    await simulator.close();
    const result = await runCli(['doctor', '--url', url], { cwd: workspace.folder });
    assert.equal(result.code, 1);
    assert.match(result.stdout, /error .*No model server answers/);
    assert.match(result.stdout, /Start LM Studio/);
    assert.equal(ofType(result, 'error').length, 0);
  });
});
