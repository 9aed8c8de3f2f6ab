/** `run --json --control`: a task that is steered by lines on stdin, seen from outside. */
import assert from 'node:assert/strict';
import { gate } from '../simulator/gate';
import { type Simulator, startSimulator } from '../simulator/server';
import { type CliResult, makeWorkspace, runCli, type RunningCli, startCli, theOnly } from '../support/cli';

const CALL = { toolCalls: [{ name: 'nothing' }] };

describe('a run with --control', () => {
  let simulator: Simulator;
  let folder: string;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    simulator = await startSimulator();
    const workspace = await makeWorkspace();
    ({ folder } = workspace);
    remove = () => workspace.remove();
  });
  afterEach(async () => {
    await simulator.close();
    await remove();
  });

  const ARGS = () => ['run', '--json', '--url', simulator.url, '--workspace', folder, '--task', 'Go.'];
  const start = (...args: string[]): RunningCli => startCli([...ARGS(), '--control', ...args], { withInput: true });
  const say = ({ child }: RunningCli, ...lines: unknown[]): void => {
    for (const line of lines) child.stdin.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
  };
  const said = (): unknown[] =>
    simulator.requests
      .filter(({ path }) => path === '/v1/chat/completions')
      .map(({ body }) => (body as { messages: { role: string; content: string }[] }).messages.slice(2))
      .map((messages) => messages.filter(({ role }) => role === 'user').map(({ content }) => content));
  const types = (result: CliResult): string[] => result.events.map(({ type }) => type);

  it('hears a message while its last answer streams, and answers to it', async () => {
    const held = gate();
    simulator.setScript([{ text: 'Done already.', hold: held.promise }, { text: 'Now in French.' }]);
    const run = start();
    await run.event('text_delta');
    say(run, { type: 'message', text: 'In French, please.' }, 'not json');
    await run.event('warning');
    held.open();
    const result = await run.done;
    assert.equal(theOnly(result, 'run_end')['text'], 'Now in French.');
    assert.equal(theOnly(result, 'steered')['text'], 'In French, please.');
    assert.deepEqual(said(), [[], ['In French, please.']]);
    const warning = theOnly(result, 'warning');
    assert.equal(warning['code'], 'control-line');
    assert.match(String(warning['message']), /: not json$/);
    assert.equal(result.code, 0);
  });

  it('pauses before its next request and goes on, also after the end of its input', async () => {
    const held = gate();
    simulator.setScript([{ ...CALL, hold: held.promise }, { text: 'Done.' }]);
    const run = start();
    await simulator.waitForRequest(({ path }) => path === '/v1/chat/completions');
    say(run, { type: 'pause' }, 'x');
    await run.event('warning');
    held.open();
    await run.event('paused');
    assert.equal(said().length, 1);
    say(run, { type: 'message', text: 'Be short.' }, { type: 'continue' });
    run.child.stdin.end();
    const result = await run.done;
    assert.equal(result.code, 0);
    assert.deepEqual(
      types(result).filter((type) => ['paused', 'resumed', 'steered', 'tool_result'].includes(type)),
      ['paused', 'resumed', 'tool_result', 'steered'],
    );
    assert.deepEqual(said(), [[], ['Be short.']]);
  });

  it('is cancelled by a line, also while it is paused', async () => {
    const held = gate();
    simulator.setScript([{ text: 'One two three', hold: held.promise }]);
    const run = start();
    await run.event('text_delta');
    say(run, { type: 'pause' }, 'x');
    await run.event('warning');
    held.open();
    await run.event('paused');
    say(run, { type: 'cancel' });
    const result = await run.done;
    assert.equal(result.code, 130);
    assert.equal(theOnly(result, 'run_end')['status'], 'cancelled');
    assert.match(String(theOnly(result, 'error')['message']), /line on stdin/);
  });

  it('waits for a signal where it is paused and its input has ended', async () => {
    const held = gate();
    simulator.setScript([{ text: 'One two three', hold: held.promise }]);
    const run = start();
    await run.event('text_delta');
    say(run, { type: 'pause' });
    run.child.stdin.end('a last line without an end');
    await run.event('warning');
    held.open();
    await run.event('paused');
    run.child.kill('SIGTERM');
    assert.equal((await run.done).code, 130);
  });

  it('says what it could not read any more', async () => {
    simulator.setScript([{ ...CALL, hold: gate().promise }]);
    const run = start();
    await simulator.waitForRequest(({ path }) => path === '/v1/chat/completions');
    say(run, { type: 'message', text: 'Too late.' }, { type: 'cancel' });
    const result = await run.done;
    const warning = theOnly(result, 'warning');
    assert.equal(warning['code'], 'message-unheard');
    assert.match(String(warning['message']), /Too late\.$/);
    assert.equal(types(result).at(-1), 'run_end');
  });

  it('reads nothing from stdin where it is not asked for', async () => {
    simulator.setScript([{ text: 'Done.' }]);
    const run = startCli(ARGS(), { withInput: true });
    say(run, { type: 'cancel' });
    assert.equal((await run.done).code, 0);
    const usage = await runCli(['run', '--task', 'Go.', '--control']);
    assert.equal(usage.code, 2);
    assert.match(usage.stderr, /--control takes --json/);
  });
});
