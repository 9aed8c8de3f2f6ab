import assert from 'node:assert/strict';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ToolOutcome } from '../../src/agent/types';
import { type Clock, systemClock } from '../../src/base/clock';
import { BridgeError, isBridgeError } from '../../src/base/errors';
import { nullLogger } from '../../src/base/logger';
import { McpHub } from '../../src/mcp/hub';
import type { ServerSpec } from '../../src/mcp/serverSpec';
import { openToolbox, type Toolbox } from '../../src/mcp/toolbox';
import { fake, ofType, openBench, runCli, theOnly } from '../support/cli';
import { fakeServer, linesOf, serverSpec } from '../support/mcp/harness';
import { assertNoOrphans } from '../support/mcp/orphans';
import { ManualClock } from '../support/manualClock';

const never = new AbortController().signal;

/** Whatever one server does, the others and the task go on, and nothing is left of any. */
describe('the hub with servers at fault', () => {
  let folder = '';
  let hub: McpHub;
  let lines = 0;
  const pidFile = (): string => join(folder, 'pids');
  const noteFile = (): string => join(folder, 'notes');

  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'hub-faults-')));
    lines = 0;
    hub = createHub(systemClock);
  });
  afterEach(async () => {
    await hub.end();
    await assertNoOrphans(pidFile());
    await rm(folder, { recursive: true, force: true });
  });

  function createHub(clock: Clock): McpHub {
    const host = { roots: { folders: [folder] } };
    const onOutput = (): void => {
      lines++;
    };
    return new McpHub({ host, clock, logger: nullLogger, clientVersion: '0.0.0', onOutput });
  }

  const server = (program: string): ServerSpec => fakeServer(program, { PID_FILE: pidFile(), NOTE_FILE: noteFile() });

  async function open(spec: ServerSpec): Promise<Toolbox> {
    const { toolbox, failures } = await openToolbox([spec], hub, never);
    assert.deepEqual(failures, []);
    return toolbox;
  }

  function call(toolbox: Toolbox, name: string, signal = never): Promise<ToolOutcome> {
    const tool = toolbox.tools.find((candidate) => candidate.name === name);
    assert.ok(tool, name);
    return toolbox.call(tool, {}, signal);
  }

  const works = async (toolbox: Toolbox): Promise<void> => {
    assert.deepEqual(await call(toolbox, 'ok'), { isError: false, text: 'fine' });
  };

  it('gives up on one that hangs in initialize after the time of its entry', async () => {
    const spec = { ...server('hangInInitialize'), startTimeoutMs: 1_500 };
    await assert.rejects(hub.lease(spec, never), (error) => isBridgeError(error, 'mcp-start-failed'));
    assert.equal(hub.state('hangInInitialize').kind, 'failed');
  });

  it('gives up on a call that hangs after the time of its entry, and the server stays usable', async () => {
    const clock = new ManualClock();
    hub = createHub(clock);
    const toolbox = await open({ ...server('faults'), callTimeoutMs: 300 });
    const calling = call(toolbox, 'hang');
    // The notes: initialize, initialized, tools/list, tools/call.
    await linesOf(noteFile(), 4);
    clock.advance(300);
    const outcome = await calling;
    assert.ok(outcome.isError && outcome.code === 'tool-timeout', outcome.text);
    await works(toolbox);
  });

  for (const name of ['stdout', 'stderr']) {
    it(`does not mind a flood on ${name}`, async () => {
      const toolbox = await open(server('faults'));
      assert.deepEqual(await call(toolbox, name), { isError: false, text: 'flooded' });
      await works(toolbox);
      if (name === 'stderr') assert.ok(lines > 0);
    });
  }

  it('does not mind garbage', async () => {
    const toolbox = await open(server('faults'));
    assert.deepEqual(await call(toolbox, 'garbage'), { isError: false, text: 'after the garbage' });
    await works(toolbox);
  });

  it('loses one call to a server that exits, and the next one goes to the server that was started again', async () => {
    const toolbox = await open(server('faults'));
    const outcome = await call(toolbox, 'exit');
    assert.ok(outcome.isError && outcome.code === 'mcp-connection-lost', outcome.text);
    await works(toolbox);
    const calls = (await linesOf(noteFile(), 2)).filter((line) => line === 'tools/call');
    assert.equal(calls.length, 2, 'the lost call was not made again');
  });

  it('refuses a result of 50 MB, and the server stays usable', async () => {
    const toolbox = await open(server('faults'));
    const outcome = await call(toolbox, 'huge');
    assert.ok(outcome.isError && outcome.code === 'tool-failed', outcome.text.slice(0, 200));
    assert.match(outcome.text, /too large: 524\d+ bytes/);
    await works(toolbox);
  });

  it('does not mind an answer after cancellation', async () => {
    const toolbox = await open(server('faults'));
    const controller = new AbortController();
    const calling = call(toolbox, 'late', controller.signal);
    // The notes: initialize, initialized, tools/list, tools/call.
    await linesOf(noteFile(), 4);
    controller.abort(new BridgeError('cancelled', 'No more.'));
    await assert.rejects(calling, (error) => isBridgeError(error, 'cancelled'));
    await works(toolbox);
    await works(toolbox);
  });

  it('opens seven of ten where three are broken, and says what is wrong with those', async () => {
    const whole = Array.from({ length: 7 }, (_, n) => ({ ...server('faults'), name: `whole-${n}` }));
    const broken = [
      { ...server('exitAtStart'), name: 'exits' },
      { ...server('hangInInitialize'), name: 'hangs', startTimeoutMs: 4_000 },
      { ...serverSpec('missing', 'no-such-command-at-all') },
    ];
    const { toolbox, failures } = await openToolbox([...broken, ...whole], hub, never);
    assert.deepEqual(
      toolbox.servers,
      whole.map(({ name }) => name),
    );
    assert.deepEqual(
      failures.map(({ name, error }) => [name, error.code]),
      broken.map(({ name }) => [name, 'mcp-start-failed']),
    );
    for (const { name } of whole) {
      const tool = toolbox.tools.find((candidate) => candidate.server === name && candidate.name === 'ok');
      assert.ok(tool);
      assert.equal((await toolbox.call(tool, {}, never)).isError, false);
    }
    assert.deepEqual(
      [...broken, ...whole].map(({ name }) => hub.state(name).kind),
      [...broken.map(() => 'failed'), ...whole.map(() => 'ready')],
    );
  });

  it('lets a task of the command line go on with the seven', async () => {
    const env = { PID_FILE: pidFile() };
    const whole = Object.fromEntries(Array.from({ length: 7 }, (_, n) => [`whole-${n}`, fake('faults', env)]));
    const { simulator, workspace } = await openBench({
      ...whole,
      exits: fake('exitAtStart', env),
      garbles: { command: process.execPath, args: ['-e', 'console.log("hello")'] },
      missing: { command: 'no-such-command-at-all' },
    });
    try {
      const result = await runCli([
        ...['run', '--json', '--task', 'Say it.', '--all-mcps'],
        ...['--url', simulator.url, '--workspace', workspace.folder],
      ]);
      assert.equal(theOnly(result, 'run_end')['status'], 'completed', result.stdout + result.stderr);
      const warned = ofType(result, 'warning').filter(({ code }) => code === 'server-skipped');
      assert.deepEqual(
        warned.map(({ message }) => /^MCP server "(\w+)"/.exec(String(message))?.[1]),
        ['exits', 'garbles', 'missing'],
      );
    } finally {
      await simulator.close();
      await workspace.remove();
    }
  });
});
