import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tool, ToolOutcome } from '../../src/agent/types';
import { type Clock, systemClock } from '../../src/base/clock';
import { BridgeError, isBridgeError } from '../../src/base/errors';
import type { JsonObject } from '../../src/base/json';
import type { ConnectionSource } from '../../src/mcp/connections';
import type { ServerSpec } from '../../src/mcp/serverSpec';
import { openToolbox, type Toolbox } from '../../src/mcp/toolbox';
import { ManualClock } from '../support/manualClock';
import {
  connectionsIn,
  fakeServer,
  isAlive,
  linesOf,
  serverSpec,
  untilGone,
  whileTimePasses,
} from '../support/mcp/harness';

const never = new AbortController().signal;

/** Servers that misbehave, each in its own way. */
describe('mcp with servers that fail', () => {
  let folder = '';
  let logged: string[] = [];
  let opened: Toolbox[] = [];
  const pidFile = (): string => join(folder, 'pids');
  const noteFile = (): string => join(folder, 'notes');

  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'mcp-failures-')));
    logged = [];
    opened = [];
  });
  afterEach(async () => {
    await Promise.all(opened.map((toolbox) => toolbox.close()));
    await rm(folder, { recursive: true, force: true });
  });

  function connections(clock: Clock = systemClock): ConnectionSource {
    const logger = { log: (level: string, message: string) => void logged.push(`${level} ${message}`) };
    return connectionsIn([folder], { clock, logger });
  }

  function fake(program: string, env: Record<string, string> = {}): ServerSpec {
    return fakeServer(program, { PID_FILE: pidFile(), NOTE_FILE: noteFile(), ...env });
  }

  async function open(spec: ServerSpec, clock?: Clock): Promise<Toolbox> {
    const { toolbox, failures } = await openToolbox([spec], connections(clock), never);
    assert.deepEqual(failures, []);
    opened.push(toolbox);
    return toolbox;
  }

  function toolNamed(toolbox: Toolbox, name: string): Tool {
    const tool = toolbox.tools.find((candidate) => candidate.name === name);
    assert.ok(tool, `no tool ${name}`);
    return tool;
  }

  const call = (toolbox: Toolbox, name: string, args: JsonObject = {}, signal = never): Promise<ToolOutcome> =>
    toolbox.call(toolNamed(toolbox, name), args, signal);

  async function startFailure(spec: ServerSpec): Promise<BridgeError> {
    const { toolbox, failures } = await openToolbox([spec], connections(), never);
    assert.deepEqual(toolbox.servers, []);
    const error = failures[0]?.error;
    assert.ok(isBridgeError(error, 'mcp-start-failed'), String(error));
    assert.ok(error.message.startsWith(`MCP server "${spec.name}" (/project/.mcp.json:4) `), error.message);
    return error;
  }

  describe('at the start', () => {
    it('names a command that does not exist, and says how to get it', async () => {
      const env = { PATH: folder };
      const error = await startFailure(serverSpec('s', 'npx', ['-y', 'x'], env));
      assert.match(error.message, /the command "npx" was not found on the PATH/);
      assert.match(error.hint ?? '', /Node\.js/);
      assert.match((await startFailure(serverSpec('s', 'uvx', [], env))).hint ?? '', /uv/);
      assert.match((await startFailure(serverSpec('s', join(folder, 'gone')))).message, /gone" does not exist/);
    });

    it('tells a missing working directory from a missing command', async () => {
      const error = await startFailure(serverSpec('s', process.execPath, [], {}, 'gone'));
      assert.match(error.message, /working directory .*gone does not exist/);
    });

    it('gives the exit code and the last words, without secrets', async () => {
      const error = await startFailure(fake('exitAtStart', { API_KEY: 'very-secret' }));
      assert.match(
        error.message,
        /it ended with exit code 3\.\nIts last output was:\nError: cannot log in with \[redacted\]$/,
      );
    });

    it('explains a program that is no MCP server', async () => {
      assert.match((await startFailure(serverSpec('s', 'true'))).message, /ended with exit code 0/);
    });

    it('names a variable without a value', async () => {
      const { failures } = await openToolbox([fake('garbage', { A: '${env:NOT_SET_AT_ALL}' })], connections(), never);
      assert.ok(isBridgeError(failures[0]?.error, 'mcp-config'));
    });

    it('gives up on a silent server after 60 seconds and ends it, however stubborn', async () => {
      const clock = new ManualClock();
      const work = openToolbox([fake('hangInInitialize')], connections(clock), never);
      const [pid = ''] = await linesOf(pidFile(), 1);
      clock.advance(59_999);
      assert.equal(await isAlive(Number(pid)), true);
      clock.advance(1);
      const { failures } = await whileTimePasses(clock, work);
      assert.match(
        failures[0]?.error.message ?? '',
        /was not ready after 60 seconds\.\nIts last output was:\nwaiting for a licence/,
      );
      await untilGone(pid);
      assert.equal(clock.pending, 0);
    });

    it('ends everything that was started when it is aborted', async () => {
      const clock = new ManualClock();
      const controller = new AbortController();
      const work = openToolbox([fake('hangInInitialize'), fake('grandchild')], connections(clock), controller.signal);
      const pids = await linesOf(pidFile(), 3);
      const reason = new BridgeError('limit-time', 'The time is up.');
      controller.abort(reason);
      await assert.rejects(whileTimePasses(clock, work), (error) => error === reason);
      for (const pid of pids) await untilGone(pid);
      await assert.rejects(
        openToolbox([fake('garbage')], connections(), controller.signal),
        (error) => error === reason,
      );
    });
  });

  describe('in a call', () => {
    it('reports a server that dies, with its last words', async () => {
      const toolbox = await open(fake('dieInCall'));
      const expected = {
        isError: true,
        code: 'mcp-connection-lost',
        text: 'MCP server "dieInCall" ended with exit code 7; its tools are no longer available.\nIts last output was:\nfatal: out of luck',
      };
      assert.deepEqual(await call(toolbox, 'die'), expected);
      assert.deepEqual(await call(toolbox, 'die'), expected);
    });

    it('takes a server that closes its output for lost, and ends it', async () => {
      const toolbox = await open(fake('closeOutputInCall'));
      const outcome = await call(toolbox, 'hush');
      assert.ok(outcome.isError && outcome.code === 'mcp-connection-lost');
      assert.match(outcome.text, /closed its output/);
      for (const pid of await linesOf(pidFile(), 1)) await untilGone(pid);
    });

    it('stops a call that takes more than 120 seconds, and tells the server', async () => {
      const clock = new ManualClock();
      const toolbox = await open(fake('hangInCall'), clock);
      const work = call(toolbox, 'hang');
      await linesOf(noteFile(), 4);
      clock.advance(120_000);
      const outcome = await work;
      assert.ok(outcome.isError && outcome.code === 'tool-timeout');
      assert.match(outcome.text, /"hang" .* 120 seconds/);
      assert.equal((await linesOf(noteFile(), 5))[4], 'notifications/cancelled');
      assert.deepEqual(await call(toolbox, 'quick'), { isError: false, text: 'quick' });
      await whileTimePasses(clock, toolbox.close());
      assert.equal(clock.pending, 0);
    });

    it('waits on as long as there is progress', async () => {
      const clock = new ManualClock();
      const toolbox = await open(fake('hangInCall'), clock);
      const state = { isOver: false };
      const work = call(toolbox, 'tick').finally(() => {
        state.isOver = true;
      });
      for (let round = 0; round < 3; round++) {
        await linesOf(noteFile(), 4 + round);
        clock.advance(119_000);
        // The answer comes after the sign of progress, on the same stream.
        assert.equal((await call(toolbox, 'quick')).text, 'quick');
        assert.equal(state.isOver, false);
      }
      clock.advance(120_000);
      assert.ok((await work).isError);
      await whileTimePasses(clock, toolbox.close());
    });

    it('throws the reason of an abort, tells the server, and stays usable', async () => {
      const toolbox = await open(fake('hangInCall'));
      const controller = new AbortController();
      const work = call(toolbox, 'hang', {}, controller.signal);
      await linesOf(noteFile(), 4);
      const reason = new BridgeError('cancelled', 'Enough.');
      controller.abort(reason);
      await assert.rejects(work, (error) => error === reason);
      assert.equal((await linesOf(noteFile(), 5))[4], 'notifications/cancelled');
      assert.equal((await call(toolbox, 'quick')).isError, false);
      await assert.rejects(call(toolbox, 'quick', {}, controller.signal), (error) => error === reason);
    });

    it("passes errors of tools and protocol on, in the server's words", async () => {
      const toolbox = await open(fake('oddAnswers'));
      const failure = async (name: string): Promise<string> => {
        const outcome = await call(toolbox, name);
        assert.ok(outcome.isError && outcome.code === 'tool-failed');
        return outcome.text;
      };
      assert.equal(await failure('fails'), 'no such user');
      assert.equal(await failure('fails_silently'), 'The tool failed without saying why.');
      assert.equal(await failure('refuses'), 'the argument "user" is missing');
      assert.match(await failure('huge'), /^The answer is too large: 1782\d{4} bytes/);
      assert.equal(await failure('reads'), 'Unknown tool: reads');
    });

    it('does not lose results that break the rules', async () => {
      const toolbox = await open(fake('oddAnswers'));
      const { isError, text } = await call(toolbox, 'wrong_output');
      assert.equal(isError, false);
      assert.match(text, /^\{"n":"not a number"\}\n\[The structured part .* does not fit .*: n: must be number\./);
      assert.equal((await call(toolbox, 'odd_block')).text, '[content of type "hologram", not shown]\nstill here');
    });
  });

  describe('otherwise', () => {
    it('leaves out tools that cannot be used, and says so in the log', async () => {
      const toolbox = await open(fake('oddAnswers'));
      const names = toolbox.tools.map((tool) => tool.name);
      assert.deepEqual(names.slice(0, 4), ['reads', 'odd_annotations', 'wrong_output', 'broken_output_schema']);
      assert.equal(toolNamed(toolbox, 'reads').readOnly, true);
      assert.equal(toolNamed(toolbox, 'odd_annotations').definition.description, 'Odd');
      for (const name of ['no_schema', 'array_schema', '#3', 'reads']) {
        assert.ok(
          logged.some((line) => line.startsWith('warn') && line.includes(`"${name}"`)),
          name,
        );
      }
    });

    it('runs servers in the first workspace folder', async () => {
      const { text } = await call(await open(fake('oddAnswers')), 'whoami');
      assert.equal((JSON.parse(text) as { cwd: string }).cwd, folder);
    });

    it('does not mind garbage on stdout', async () => {
      const toolbox = await open(fake('garbage'));
      assert.deepEqual(await call(toolbox, 'talk'), { isError: false, text: 'talked' });
      await toolbox.close();
      assert.equal(logged.filter((line) => line.startsWith('warn')).length, 5);
      assert.ok(logged.some((line) => line.includes('wrote 1004 lines to stdout that are no messages')));
    });

    it('follows all pages of the list, but not in circles', async () => {
      assert.equal((await open(fake('manyTools'))).tools.length, 250);
      const endless = await open(fake('manyTools', { ENDLESS: '1' }));
      assert.equal(endless.tools.length, 250);
      assert.ok(logged.some((line) => line.includes('does not end its list of tools')));
    });

    it('keeps the end of a flood on stderr', async () => {
      const toolbox = await open(fake('floodStderr'));
      assert.equal((await call(toolbox, 'flood')).text, 'flooded');
      const { text } = await call(toolbox, 'die');
      assert.ok(text.endsWith('the very last line') && text.length < 9000 && text.split('\n').length <= 42);
    });

    it('ends what a server started, when it is closed and when the server dies', async () => {
      const closed = await open(fake('grandchild'));
      for (const pid of await linesOf(pidFile(), 2)) assert.equal(await isAlive(Number(pid)), true);
      await closed.close();
      await closed.close();
      for (const pid of await linesOf(pidFile(), 2)) await untilGone(pid);
      const dying = await open(fake('grandchild'));
      assert.ok((await call(dying, 'die')).isError);
      for (const pid of await linesOf(pidFile(), 4)) await untilGone(pid);
    });

    it('ends a server behind a shell', async () => {
      const { transport } = fake('grandchild');
      assert.equal(transport.kind, 'stdio');
      const { args, env } = transport;
      const script = `"${process.execPath}" "${args[0] ?? ''}"; true`;
      const toolbox = await open(serverSpec('shell', 'sh', ['-c', script], { ...env }));
      await toolbox.close();
      for (const pid of await linesOf(pidFile(), 2)) await untilGone(pid);
    });

    it('ends everything in an exit hook too', async () => {
      const program = join(__dirname, '..', 'support', 'mcp', 'exitingHost.ts');
      const host = spawn(process.execPath, ['--import', 'tsx', program], {
        env: { ...process.env, PID_FILE: pidFile() },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const [code] = (await once(host, 'exit')) as [number];
      assert.equal(code, 0);
      for (const pid of await linesOf(pidFile(), 2)) await untilGone(pid);
    });
  });
});
