/** The guards of a run as a script sees them: `dist/cli.js`, where nobody can be asked, with real MCP servers. */
import assert from 'node:assert/strict';
import type { ChatRequest } from '../simulator/chatRequest';
import { startSimulator, type Simulator } from '../simulator/server';
import type { Turn } from '../simulator/turn';
import {
  type CliResult,
  fake,
  filesystem,
  makeWorkspace,
  ofType,
  runCli,
  theOnly,
  type Workspace,
} from '../support/cli';
import { ManualClock } from '../support/manualClock';
import { TaskDoor } from '../support/taskDoor';

const ANSWER = 'So far I have found two folders.';

describe('the guards of a run that nobody watches', () => {
  let simulator: Simulator;
  let workspace: Workspace;

  beforeEach(async () => {
    simulator = await startSimulator();
    workspace = await makeWorkspace({ filesystem, progress: fake('progress') });
  });

  afterEach(async () => {
    await simulator.close();
    await workspace.remove();
  });

  /** Answers where it cannot call, and where the script is over. */
  function script(turns: (index: number) => Turn, length = 60): void {
    simulator.setScript(({ tools }, index) => (tools.length > 0 && index < length ? turns(index) : { text: ANSWER }));
  }

  const calling = (match: string, args: (index: number) => Record<string, string>): ((index: number) => Turn) => {
    return (index) => ({ toolCalls: [{ match: new RegExp(`${match}$`), arguments: args(index) }] });
  };
  const listing = (...folders: string[]): ((index: number) => Turn) =>
    calling('list_directory', (index) => ({ path: workspace.path(folders[index % folders.length] ?? '') }));

  function run(...args: string[]): Promise<CliResult> {
    const common = ['--json', '--url', simulator.url, '--workspace', workspace.folder, '--task', 'Look around.'];
    return runCli(['run', ...common, ...args], { cwd: workspace.folder });
  }

  const bodies = (): Partial<ChatRequest>[] =>
    simulator.requests
      .filter(({ path }) => path === '/v1/chat/completions')
      .map(({ body }) => body as unknown as Partial<ChatRequest>);
  const results = (result: CliResult): string[] => ofType(result, 'tool_result').map(({ text }) => String(text));

  /** Stopped with exit code 3, after an answer that the model gave without tools. */
  function assertStopped(result: CliResult, code: string): void {
    const end = theOnly(result, 'run_end');
    const said = [result.code, end['status'], end['code'], end['text']];
    assert.deepEqual(said, [3, 'limit', code, ANSWER], result.stdout + result.stderr);
    assert.equal(theOnly(result, 'error')['code'], code);
    assert.equal(theOnly(result, 'warning')['code'], 'closing-answer');
    assert.equal(bodies().at(-1)?.tools, undefined);
    assert.ok(bodies().at(-2)?.tools?.length);
  }

  function assertCompleted(result: CliResult, calls: number): void {
    const end = theOnly(result, 'run_end');
    assert.deepEqual([result.code, end['status'], end['text']], [0, 'completed', ANSWER], result.stdout);
    assert.equal(ofType(result, 'tool_result').length, calls);
    assert.deepEqual(ofType(result, 'warning'), []);
  }

  it('stop the same call with the same result before the sixth time, after a word to the model', async () => {
    script(listing('notes'));
    const result = await run('--mcp', 'filesystem');
    assertStopped(result, 'loop-detected');
    const given = results(result);
    assert.deepEqual([given.length, ofType(result, 'tool_result').at(-1)?.['code']], [6, 'loop-detected']);
    assert.match(given[2] ?? '', /\[You have made the same call or calls 3 times in a row/);
    assert.ok(JSON.stringify(bodies()[3]?.messages).includes('3 times in a row'), 'the model is told');
  });

  it('stop a circle of two calls', async () => {
    script(listing('notes', 'data'));
    const result = await run('--mcp', 'filesystem');
    assertStopped(result, 'loop-detected');
    assert.equal(results(result).filter((text) => !text.startsWith('Not run')).length, 10);
  });

  it('stop different calls that are all told the same', async () => {
    script(calling('search', (index) => ({ words: `attempt ${index}` })));
    const result = await run('--mcp', 'progress');
    assertStopped(result, 'loop-detected');
    assert.equal(results(result).filter((text) => text.startsWith('nothing found')).length, 13);
  });

  it('do not stop the same call whose result changes', async () => {
    script(
      calling('job_status', () => ({})),
      20,
    );
    assertCompleted(await run('--mcp', 'progress'), 20);
  });

  it('do not stop twenty writes that are all told "ok"', async () => {
    script(
      calling('put', (index) => ({ what: `thing ${index}` })),
      20,
    );
    const result = await run('--mcp', 'progress', '--approve', 'all');
    assertCompleted(result, 20);
    assert.deepEqual(new Set(results(result)), new Set(['ok']));
  });

  it('stop at the rounds, and not before', async () => {
    script(listing('notes', 'data', 'src'));
    const result = await run('--mcp', 'filesystem', '--max-rounds', '3');
    assertStopped(result, 'limit-rounds');
    assert.equal(ofType(result, 'tool_result').filter(({ isError }) => !isError).length, 3);

    simulator.setScript([listing('notes')(0), { text: ANSWER }]);
    const enough = theOnly(await run('--mcp', 'filesystem', '--max-rounds', '2'), 'run_end');
    assert.deepEqual([enough['status'], enough['rounds']], ['completed', 2]);
  });

  it('stop at the tokens with room for an answer, and not before', async () => {
    script(listing('notes', 'data', 'src'));
    const first = await run('--mcp', 'filesystem', '--max-rounds', '1');
    const usage = ofType(first, 'usage')[0];
    const round = Number(usage?.['promptTokens']) + Number(usage?.['completionTokens']);
    const budget = Math.ceil(round * 2.5);
    script(listing('notes', 'data', 'src'));
    const result = await run('--mcp', 'filesystem', '--max-tokens', String(budget));
    assertStopped(result, 'limit-tokens');
    const spent = theOnly(result, 'run_end')['usage'] as Record<string, number>;
    assert.ok((spent['promptTokens'] ?? 0) + (spent['completionTokens'] ?? 0) <= budget, JSON.stringify(spent));

    simulator.setScript([listing('notes')(0), { text: ANSWER }]);
    const enough = theOnly(await run('--mcp', 'filesystem', '--max-tokens', String(round * 4)), 'run_end');
    assert.equal(enough['status'], 'completed');
  });

  it('stop at the time, in the middle of an answer, and not before', async () => {
    const never = new Promise(() => undefined);
    simulator.setScript([listing('notes')(0), { text: 'Then I', hold: never }]);
    const result = await run('--mcp', 'filesystem', '--timeout', '3');
    const end = theOnly(result, 'run_end');
    assert.deepEqual([result.code, end['status'], end['code']], [3, 'limit', 'limit-time'], result.stdout);

    simulator.setScript([listing('notes')(0), { text: ANSWER }]);
    assert.equal(theOnly(await run('--mcp', 'filesystem', '--timeout', '60'), 'run_end')['status'], 'completed');
  });
});

describe('the time limit of a task', () => {
  let simulator: Simulator;
  let door: TaskDoor;

  beforeEach(async () => {
    simulator = await startSimulator();
    door = new TaskDoor(simulator);
  });

  afterEach(async () => {
    door.dispose();
    await simulator.close();
  });

  it('ends the request whose prompt is being read', async () => {
    simulator.setScript([{ holdHeaders: new Promise(() => undefined), text: 'never' }]);
    const clock = new ManualClock();
    const { end } = door.start('Wait.', { timeoutMs: 60_000, environment: { clock } });
    await simulator.waitForRequest(({ path, body }) => path === '/v1/chat/completions' && body !== undefined);
    clock.advance(60_000);
    const { status, code } = await end;
    assert.deepEqual([status, code], ['limit', 'limit-time']);
    assert.equal((await simulator.waitForRequest(({ aborted }) => aborted)).finished, false);
  });
});
