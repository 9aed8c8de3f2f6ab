/** Journals through `dist/cli.js`: a task that was killed goes on, is shown or discarded, and nothing happens twice. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gate } from '../simulator/gate';
import { sampleModels } from '../simulator/models';
import { startSimulator, type Simulator } from '../simulator/server';
import {
  CLI,
  type CliEvent,
  fake,
  makeWorkspace,
  ofType,
  runCli,
  startCli,
  theOnly,
  type CliResult,
  type Workspace,
} from '../support/cli';
import { ledgerTurn, linesOf } from '../support/ledgerModel';
import { eventually, isAlive, linesOf as linesIn, untilGone } from '../support/mcp/harness';

const TOKEN = 'sk-lm-abcdefgh:ABCDEFGHIJKLMNOPQRST';

let simulator: Simulator;
let workspace: Workspace;
let journals: string;

/** To be called in every `describe`: what it opens is not for the tests of other files. */
function inEachTest(): void {
  beforeEach(async () => {
    simulator = await startSimulator({ script: (request) => ledgerTurn(request, 3) });
    workspace = await makeWorkspace();
    journals = workspace.path('kept', 'journals');
  });

  afterEach(async () => {
    await simulator.close();
    await workspace.remove();
  });
}

const useLedger = (env: Record<string, string> = {}): Promise<string> => {
  const files = { LEDGER_FILE: workspace.path('ledger.txt'), PID_FILE: workspace.path('pids.txt') };
  return workspace.write('.mcp.json', JSON.stringify({ mcpServers: { ledger: fake('ledger', { ...files, ...env }) } }));
};
const ledger = (): Promise<string> => readFile(workspace.path('ledger.txt'), 'utf8').catch(() => '');
const runArgs = (...more: string[]): string[] => [
  ...['run', '--json', '--url', simulator.url, '--workspace', workspace.folder, '--journal', journals],
  ...['--mcp', 'ledger', '--approve', 'all', '--task', 'Append three lines.', ...more],
];
const resume = (runId: string, ...more: string[]): Promise<CliResult> =>
  runCli(['resume', runId, '--json', '--url', simulator.url, '--journal', journals, '--approve', 'all', ...more]);
const about = (command: string, ...args: string[]): Promise<CliResult> =>
  runCli([command, ...args, '--journal', journals]);

interface Listed {
  readonly tasks: readonly { readonly runId: string; readonly state: string; readonly isResumable: boolean }[];
  readonly broken: readonly unknown[];
}
const listed = async (): Promise<Listed> => {
  const { stdout, code, stderr } = await about('tasks', '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Listed;
};
const journalOf = (runId: string): string => join(journals, `${runId}.jsonl`);
const linesOfJournal = async (runId: string): Promise<Record<string, unknown>[]> =>
  (await readFile(journalOf(runId), 'utf8'))
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** Starts a task and kills it, with its server, when `moment` has come. */
async function killAt(
  moment: (cli: ReturnType<typeof startCli>) => Promise<unknown>,
  ...more: string[]
): Promise<string> {
  const cli = startCli(runArgs(...more), { env: { LM_API_TOKEN: undefined } });
  await moment(cli);
  cli.child.kill('SIGKILL');
  await cli.done;
  // With its servers: what one of them does after the death of its client is not what is tested here.
  for (const pid of await linesIn(workspace.path('pids.txt'), 1)) {
    if (await isAlive(Number(pid))) process.kill(Number(pid), 'SIGKILL');
    await untilGone(pid);
  }
  const { tasks } = await listed();
  assert.equal(tasks.length, 1);
  return tasks[0]!.runId;
}

/** In the middle of the first append: the line is in the ledger, and its result has not come. */
async function killInAppend(): Promise<string> {
  await useLedger({ AFTER_MS: '60000' });
  const runId = await killAt(() => linesIn(workspace.path('ledger.txt'), 1));
  await useLedger();
  return runId;
}

describe('the journal of a task', () => {
  inEachTest();

  it('is not kept unless it is asked for', async () => {
    await useLedger();
    const before = await readdir(workspace.folder);
    const args = runArgs().filter((arg) => arg !== '--journal' && arg !== journals);
    assert.equal((await runCli(args)).code, 0);
    assert.deepEqual((await readdir(workspace.folder)).sort(), [...before, 'ledger.txt', 'pids.txt'].sort());
  });

  it('holds the task, every message, every call before it runs, and the end; for its owner only', async () => {
    await useLedger();
    const result = await runCli(runArgs());
    assert.equal(result.code, 0, result.stdout);
    const runId = String(theOnly(result, 'run_start')['runId']);
    const lines = await linesOfJournal(runId);
    assert.deepEqual(
      [...new Set(lines.map(({ type }) => type))],
      ['run', 'started', 'conversation', 'round', 'usage', 'message', 'call', 'end'],
    );
    assert.equal(lines.at(-1)?.['status'], 'completed');
    const at = (type: string, id: unknown) => lines.findIndex((line) => line['type'] === type && line['id'] === id);
    for (const { id } of ofType(result, 'tool_call')) assert.ok(at('call', id) > 0);
    assert.equal((await stat(journals)).mode & 0o777, 0o700);
    assert.equal((await stat(journalOf(runId))).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(journals), [`${runId}.jsonl`], 'no lock and no draft is left');
    assert.deepEqual(
      (await listed()).tasks.map(({ state, isResumable }) => [state, isResumable]),
      [['completed', false]],
    );
    const again = await resume(runId);
    assert.equal(again.code, 2);
    assert.match(String(theOnly(again, 'error')['message']), /The task is over \(completed\)/);
  });

  it('never gets a secret: not the token, not that of a server, not in arguments or results', async () => {
    const secret = 'hunter2"quoted\\';
    const env = { LEDGER_FILE: workspace.path('ledger.txt'), API_SECRET: secret };
    await workspace.write('.mcp.json', JSON.stringify({ mcpServers: { ledger: fake('ledger', env) } }));
    simulator.setScript([
      { text: `I use ${TOKEN}.`, toolCalls: [{ match: 'append', arguments: { line: `${secret} and ${TOKEN}` } }] },
      { text: 'Done.' },
    ]);
    const result = await runCli(runArgs('--token-env', 'MY_TOKEN'), { env: { MY_TOKEN: TOKEN } });
    assert.equal(result.code, 0, result.stdout);
    assert.equal(await ledger(), `${secret} and ${TOKEN}\n`, 'the tool itself gets what the model wrote');
    const runId = String(theOnly(result, 'run_start')['runId']);
    const text = await readFile(journalOf(runId), 'utf8');
    assert.ok(text.includes('[redacted]'));
    for (const part of ['hunter2', 'abcdefgh', 'ABCDEFGHIJ']) assert.ok(!text.includes(part), part);
    assert.ok(!(await about('show', runId)).stdout.includes('hunter2'));
  });

  it('is asked for before anything is sent: a folder that cannot be written is one plain error', async () => {
    await useLedger();
    const blocked = await workspace.write('a-file', '');
    const result = await runCli(runArgs('--journal', join(blocked, 'journals')));
    assert.equal(result.code, 2);
    const error = theOnly(result, 'error');
    assert.equal(error['code'], 'journal-failed');
    assert.match(
      String(error['message']),
      /^The folder for journals, .*, cannot be written: a part of its path is no folder\.$/,
    );
    assert.deepEqual(
      result.events.map(({ type }) => type),
      ['error'],
    );
    assert.equal(simulator.requests.length, 0);
  });

  it('stops the task before the tool runs where the disk is full, and the task goes on when there is room', async function () {
    if (process.platform === 'win32') this.skip();
    await useLedger();
    let isFull = true;
    simulator.setScript((request) => {
      const turn = ledgerTurn(request, 3);
      const isSecond = JSON.stringify(turn.toolCalls ?? '').includes('line 2');
      return isFull && isSecond ? { ...turn, text: 'x'.repeat(100_000) } : turn;
    });
    // A file that may not grow beyond 32 kB fails as one on a full disk does.
    const command = ['-c', 'ulimit -f 64; exec "$@"', 'sh', process.execPath, CLI, ...runArgs()];
    const { stdout } = await promisify(execFile)('sh', command).catch((error: unknown) => error as { stdout: string });
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as CliEvent);
    const result = { code: 1, stdout, stderr: '', events };
    assert.equal(theOnly(result, 'run_end')['code'], 'journal-failed', stdout);
    assert.match(
      String(theOnly(result, 'error')['message']),
      /cannot be written: .* Nothing that changes anything runs/,
    );
    assert.equal(await ledger(), 'line 1\n', 'the second append did not run');
    isFull = false;
    const runId = String(theOnly(result, 'run_start')['runId']);
    assert.deepEqual(
      (await listed()).tasks.map(({ state }) => state),
      ['interrupted'],
    );
    const resumed = await resume(runId);
    assert.equal(resumed.code, 0, resumed.stdout);
    assert.equal(await ledger(), linesOf(3).join('\n') + '\n');
  });
});

describe('a task that was killed', () => {
  inEachTest();

  it('goes on where it was, under its id, and ends', async () => {
    await useLedger({ BEFORE_MS: '0' });
    const held = gate();
    let answers = 0;
    simulator.setScript((request) => {
      answers++;
      return answers === 3 ? { text: 'Thinking about it', hold: held.promise } : ledgerTurn(request, 3);
    });
    const runId = await killAt((cli) => {
      return eventually('the third turn', () => (answers >= 3 ? true : undefined)).then(() => cli.event('tool_result'));
    });
    held.open();
    assert.deepEqual(
      (await listed()).tasks.map(({ state, isResumable }) => [state, isResumable]),
      [['interrupted', true]],
    );
    const result = await resume(runId.slice(0, 8));
    assert.equal(result.code, 0, result.stdout + result.stderr);
    const start = theOnly(result, 'run_start');
    assert.deepEqual([start['runId'], start['resumed'], start['task']], [runId, true, 'Append three lines.']);
    assert.deepEqual(ofType(result, 'warning'), []);
    assert.equal(await ledger(), linesOf(3).join('\n') + '\n');
    const end = theOnly(result, 'run_end');
    assert.equal(end['rounds'], 5, 'rounds go on from where they were');
    assert.equal((await linesOfJournal(runId)).filter(({ type }) => type === 'run').length, 1);
    assert.deepEqual(
      (await listed()).tasks.map(({ state }) => state),
      ['completed'],
    );
  });

  it('does not repeat a write whose outcome is unknown: the model is told, looks, and finds it done', async () => {
    const runId = await killInAppend();
    const result = await resume(runId);
    assert.equal(result.code, 0, result.stdout + result.stderr);
    assert.equal(await ledger(), linesOf(3).join('\n') + '\n');
    assert.deepEqual(
      ofType(result, 'warning').map(({ code }: Record<string, unknown>) => code),
      ['outcome-unknown'],
    );
    assert.equal(ofType(result, 'tool_call')[0]?.['tool'], 'entries', 'it looks first');
    const told = JSON.stringify(simulator.requests.at(-1)?.body);
    assert.match(told, /its outcome is unknown: it may or may not have been done/);
  });

  it('runs a call again that only reads', async () => {
    const env = { NOTE_FILE: workspace.path('notes.txt'), PID_FILE: workspace.path('pids.txt') };
    const use = (program: string) =>
      workspace.write('.mcp.json', JSON.stringify({ mcpServers: { ledger: fake(program, env) } }));
    await use('readsSlowly');
    simulator.setScript([{ toolCalls: [{ match: 'look' }] }]);
    const runId = await killAt((cli) =>
      eventually('the call', async () => {
        const begun = await cli.event('run_start');
        const [notes, journal] = await Promise.all(
          [workspace.path('notes.txt'), journalOf(String(begun['runId']))].map((file) =>
            readFile(file, 'utf8').catch(() => ''),
          ),
        );
        return notes?.includes('tools/call') && journal?.includes('"type":"call"') ? true : undefined;
      }),
    );
    await writeFile(workspace.path('go'), '');
    simulator.setScript([{ text: 'Seen.' }]);
    const result = await resume(runId);
    assert.equal(result.code, 0, result.stdout + result.stderr);
    assert.equal(theOnly(result, 'tool_result')['text'], 'looked');
    assert.deepEqual(ofType(result, 'warning'), []);
  });

  it('asks at the gate for calls that never began', async () => {
    await useLedger();
    const held = gate();
    simulator.setScript([
      { toolCalls: [{ match: 'append', arguments: { line: 'one' } }], hold: held.promise, holdAfter: 1 },
    ]);
    const cli = startCli(runArgs('--approve', 'none'));
    await cli.event('run_start');
    // The journal as it stands when the answer is there and the gate has not been asked.
    held.open();
    const runId = String((await cli.event('run_start'))['runId']);
    await cli.done;
    const all = (await readFile(journalOf(runId), 'utf8')).split('\n');
    const asked = all.findIndex((line) => line.includes('"toolCalls":[{'));
    await writeFile(journalOf(runId), `${all.slice(0, asked + 1).join('\n')}\n`);
    simulator.setScript([{ text: 'Then not.' }]);
    const result = await resume(runId, '--approve', 'read-only');
    assert.equal(theOnly(result, 'approval')['decision'], 'denied');
    assert.equal(await ledger(), '');
    assert.equal(result.code, 0, result.stdout);
  });

  it('has ended where only the end was not written down', async () => {
    await useLedger();
    const first = await runCli(runArgs());
    const runId = String(theOnly(first, 'run_start')['runId']);
    const all = (await readFile(journalOf(runId), 'utf8')).trimEnd().split('\n');
    await writeFile(journalOf(runId), `${all.slice(0, -1).join('\n')}\n`);
    const requests = simulator.requests.filter(({ path }) => path.includes('chat')).length;
    const result = await resume(runId);
    assert.equal(theOnly(result, 'run_end')['text'], 'All 3 lines are there.');
    assert.equal(simulator.requests.filter(({ path }) => path.includes('chat')).length, requests);
  });

  it('can be shown and discarded', async () => {
    const runId = await killInAppend();
    const shown = await about('show', runId);
    assert.equal(shown.code, 0);
    for (const words of [/^Task: Append three lines\.$/m, /^Call append \{"line":"line 1"\}$/m, /Nobody knows whether/])
      assert.match(shown.stdout, words);
    assert.match((await about('tasks')).stdout, /interrupted .*Append three lines\./);
    assert.equal((await about('discard', runId)).code, 0);
    assert.deepEqual(await readdir(journals), []);
    assert.equal((await resume(runId)).code, 2);
  });

  it('may have lost half of its last line', async () => {
    const runId = await killInAppend();
    await appendFile(journalOf(runId), '{"type":"message","at":1,"mess');
    const result = await resume(runId);
    assert.equal(result.code, 0, result.stdout + result.stderr);
    for (const line of (await readFile(journalOf(runId), 'utf8')).trimEnd().split('\n')) JSON.parse(line);
  });
});

describe('a journal that cannot be used', () => {
  inEachTest();

  const expectRefusal = (result: CliResult, code: string, message: RegExp, exit = code === 'usage' ? 2 : 1) => {
    assert.equal(result.code, exit, result.stdout + result.stderr);
    const error = theOnly(result, 'error');
    assert.equal(error['code'], code);
    assert.match(String(error['message']), message);
    assert.equal(simulator.requests.length, sent, 'nothing was sent');
  };
  let sent: number;
  let runId: string;

  beforeEach(async () => {
    runId = await killInAppend();
    sent = simulator.requests.length;
  });

  const change = async (edit: (lines: string[]) => void): Promise<void> => {
    const lines = (await readFile(journalOf(runId), 'utf8')).trimEnd().split('\n');
    edit(lines);
    await writeFile(journalOf(runId), `${lines.join('\n')}\n`);
  };

  it('because of a damaged line, is still shown, with the number of the line', async () => {
    await change((lines) => (lines[2] = lines[2]!.slice(0, 40)));
    expectRefusal(await resume(runId), 'journal-failed', /^Line 3 of the journal .* is damaged/);
    const shown = await about('show', runId);
    assert.match(shown.stdout, /^Line 3 of the journal cannot be read/m);
    assert.match(shown.stdout, /Call append/);
  });

  it('because a newer version wrote it, says so', async () => {
    await change((lines) => (lines[0] = lines[0]!.replace('"format":1', '"format":2')));
    expectRefusal(await resume(runId), 'journal-failed', /was written by a newer version \(.*\)/);
    const { tasks, broken } = await listed();
    assert.deepEqual([tasks.length, broken.length], [0, 1]);
    assert.equal((await about('discard', runId)).code, 0);
  });

  it('because another process writes it, names that process', async () => {
    const held = gate();
    simulator.setScript(() => ({ text: 'Slowly now', hold: held.promise }));
    const first = startCli(['resume', runId, '--json', '--url', simulator.url, '--journal', journals]);
    await first.event('text_delta');
    sent = simulator.requests.length;
    assert.deepEqual(
      (await listed()).tasks.map(({ state }) => state),
      ['running'],
    );
    const running = new RegExp(`^The task is running, in process ${String(first.child.pid)}\\.$`);
    expectRefusal(await resume(runId), 'usage', running);
    const discarded = await about('discard', runId);
    assert.match(discarded.stderr, /The task is running/);
    held.open();
    assert.equal((await first.done).code, 0);
  });

  it('because there is none, says so', async () => {
    expectRefusal(await resume('00000000'), 'usage', /^There is no task "00000000"/);
  });

  it('because its MCP server is not configured any more, stays as it was', async () => {
    await workspace.write('.mcp.json', '{"mcpServers":{}}');
    expectRefusal(await resume(runId), 'usage', /"?ledger"?/);
    assert.deepEqual(
      (await listed()).tasks.map(({ state }) => state),
      ['interrupted'],
    );
  });

  it('because its model is gone, stays as it was, and goes on with another', async () => {
    await simulator.close();
    simulator = await startSimulator({
      script: (request) => ledgerTurn(request, 3),
      models: sampleModels().filter(({ key }) => key !== 'qwen/qwen3-8b'),
    });
    const before = await linesOfJournal(runId);
    const result = await resume(runId);
    assert.equal(theOnly(result, 'error')['code'], 'model-not-found', result.stdout);
    assert.deepEqual(await linesOfJournal(runId), before);
    assert.deepEqual(
      (await listed()).tasks.map(({ state }) => state),
      ['interrupted'],
    );
    const other = await resume(runId, '--model', 'openai/gpt-oss-20b');
    assert.equal(other.code, 0, other.stdout);
    assert.equal(await ledger(), linesOf(3).join('\n') + '\n');
  });
});
