import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import * as vscode from 'vscode';
import type { RunEnd } from '../../src/tasks/types';
import { COMMANDS } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import { type Gate, gate } from '../simulator/gate';
import { type Simulator, startSimulator } from '../simulator/server';
import { Shown } from './shownChat';
import { activated, connectSimulator, eventually, rowOf, setSetting } from './support';

const GPT = 'openai/gpt-oss-20b';

describe('what a task waits for', () => {
  let hooks: TestHooks;
  let simulator: Simulator;
  let loading: Gate;

  before(async () => {
    hooks = await activated();
    loading = gate();
    simulator = await connectSimulator(hooks, { beforeLoad: () => loading.promise });
    await eventually(() => assert.equal(hooks.snapshot().health.kind, 'online'));
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
  });

  beforeEach(() => {
    hooks.dialogs.reset();
  });

  after(async () => {
    await setSetting('refreshInterval', undefined);
    await simulator.close();
  });

  const run = (args: object): Thenable<RunEnd> =>
    vscode.commands.executeCommand<RunEnd>(COMMANDS.runWithServer, { server: 'filesystem', ...args });
  const status = (): string => hooks.status()?.text ?? '';

  it('is told in the status bar: the load of the model', async () => {
    simulator.setScript([{ text: 'Loaded.' }]);
    hooks.dialogs.answerNext('Start');
    const running = run({ task: 'Load', model: GPT });
    await eventually(() => assert.match(status(), /LM Studio: round 1, 00:\d\d, loading the model, [1-9]\d* s$/));
    assert.match(hooks.status()?.label ?? '', /loading the model$/);
    loading.open();
    assert.equal((await running).status, 'completed');
  });

  it('is told: the prompt, and once it was timed, about how long it will take', async () => {
    // A model that takes its time, so that there is something to estimate: how long is up to the machine.
    const slowly = gate();
    simulator.setScript([{ text: 'One two three four five six seven eight nine ten.', holdHeaders: slowly.promise }]);
    const began = performance.now();
    const slow = run({ task: 'Read this for the first time' });
    await eventually(() => assert.match(status(), /round 1, 00:\d\d, reading the prompt, ([3-9]|[1-5]\d) s$/));
    slowly.open();
    assert.equal((await slow).status, 'completed');
    const seconds = (performance.now() - began) / 1_000;

    const held = gate();
    simulator.setScript([{ text: 'Read.', holdHeaders: held.promise }]);
    const again = run({ task: 'Read this for the second time' });
    let about = 0;
    await eventually(() => {
      const [, whole] = /round 1, 00:\d\d, reading the prompt, (?:\d+ s of )?about (\d+) s$/.exec(status()) ?? [];
      assert.ok(whole, status());
      about = Number(whole);
    });
    assert.ok(about >= 2 && about <= 2 * seconds + 1, `about ${about} s, after ${seconds} s`);
    held.open();
    assert.equal((await again).status, 'completed');
  });

  /** With a program `lms` whose log says these percentages of a prompt. */
  async function whileLogSays(percents: readonly number[], work: () => Promise<void>): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'lms-host-'));
    const told = percents.map((percent) => {
      const content = `[t][INFO][qwen/qwen3-8b] Prompt processing progress: ${percent.toFixed(1)}%`;
      return `echo '${JSON.stringify({ data: { type: 'server.log', content } })}'`;
    });
    const running = JSON.stringify({ running: true, port: simulator.port });
    const lines = [`[ "$1" = server ] && echo '${running}' && exit`, ...told, 'exec sleep 60'];
    await writeFile(join(folder, 'lms'), ['#!/bin/sh', ...lines].join('\n'), { mode: 0o755 });
    const { PATH } = process.env;
    process.env['PATH'] = [folder, PATH].join(delimiter);
    await setSetting('lms.enabled', true);
    try {
      await work();
    } finally {
      process.env['PATH'] = PATH;
      await setSetting('lms.enabled', undefined);
      await rm(folder, { recursive: true, force: true });
    }
  }

  it("is told: the server's own progress, where lms may follow its log", async function () {
    if (process.platform === 'win32') this.skip();
    const held = gate();
    simulator.setScript([{ text: 'Read.', holdHeaders: held.promise }]);
    await whileLogSays([38.7], async () => {
      const running = run({ task: 'Read this with progress' });
      await eventually(() =>
        assert.match(hooks.status()?.text ?? '', /round 1, 00:\d\d, reading the prompt, 38 %, \d+ s$/),
      );
      assert.match(hooks.status()?.label ?? '', /reading the prompt, 38 percent$/);
      assert.match(rowOf(hooks, 'Qwen3 8B').description, /^loaded, processing prompt 38 % · /);
      held.open();
      assert.equal((await running).status, 'completed');
    });
  });

  it('is told in the chat by quarters, however many steps the server tells', async function () {
    if (process.platform === 'win32') this.skip();
    const held = gate();
    simulator.setScript([{ text: 'Read.', holdHeaders: held.promise }]);
    const percents = Array.from({ length: 99 }, (_, index) => index + 1);
    await whileLogSays(percents, async () => {
      const shown = new Shown();
      const request = { prompt: 'Read this #filesystem', command: undefined, references: [], toolReferences: [] };
      const { token } = new vscode.CancellationTokenSource();
      const answering = hooks.chat.answer(request, { history: [] }, shown.stream, token);
      await eventually(() => assert.match(status(), /reading the prompt, 99 %/));
      held.open();
      await answering;
      const reading = shown.steps.filter((step) => /prompt|model…/.test(step));
      // It is not known when a log is first read: the first of its steps can already be a later one.
      assert.ok(reading.includes('Reading the prompt: 75 %'), reading.join('\n'));
      assert.ok(reading.length <= 5 && new Set(reading).size === reading.length, reading.join('\n'));
    });
  });

  it('is told: how many other requests come first', async () => {
    const held = gate();
    simulator.setScript(() => ({ text: 'Done.', holdHeaders: held.promise }));
    const all = [run({ task: 'First' }), run({ task: 'Second' }), run({ task: 'Third' })];
    await eventually(() => assert.match(status(), /3 tasks, 00:\d\d$/));
    await eventually(() => {
      assert.match(hooks.status()?.tooltip ?? '', /round 1, queued, 1 ahead, 00:\d\d/);
      assert.match(hooks.status()?.tooltip ?? '', /round 1, queued, 2 ahead, 00:\d\d/);
    });
    held.open();
    for (const end of await Promise.all(all)) assert.equal(end.status, 'completed');
  });

  it('leaves the speed of the model behind, which comes back with the server', async () => {
    const speed = (): string => /\nSpeed: (.*)/.exec(rowOf(hooks, 'Qwen3 8B').tooltip)?.[1] ?? '';
    const form = /^[\d.,]+ tokens\/s, first token after \d+\.\d s, reads [\d.,]+ tokens\/s \(measured here\)$/;
    assert.match(speed(), form);
    const before = speed();
    const other = await startSimulator();
    await setSetting('server.url', other.url);
    await eventually(() => assert.equal(hooks.snapshot().root, other.url));
    await eventually(() => assert.equal(speed(), '', 'another server is another machine'));
    await setSetting('server.url', simulator.url);
    await eventually(() => assert.equal(hooks.snapshot().root, simulator.url));
    await eventually(() => assert.equal(speed(), before));
    await other.close();
  });

  it('is told: a server that does not answer is given a rest, and is well again within one poll', async () => {
    await setSetting('refreshInterval', 1);
    await eventually(() => assert.match(status(), /\$\(check\)/));
    const { port } = simulator;
    await simulator.close();
    await eventually(() => assert.match(status(), /LM Studio: not answering, next try in \d+ s$/));
    assert.match(hooks.status()?.tooltip ?? '', /\nRequests: not answering/);
    simulator = await startSimulator({ port });
    await eventually(() => assert.equal(status(), '$(check) LM Studio: qwen3-8b'));
    const lists = simulator.requests.filter(({ path }) => path === '/api/v1/models').length;
    assert.ok(lists <= 2, `${lists} polls`);
    assert.ok(!hooks.status()?.tooltip.includes('Requests:'));
  });
});
