import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as vscode from 'vscode';
import type { RunEnd } from '../../src/tasks/types';
import { COMMANDS } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import { gate } from '../simulator/gate';
import type { Simulator } from '../simulator/server';
import { activated, connectSimulator, eventually, setSetting } from './support';

/** Answers its list of models only after a while. */
async function slowServer(delayMs: number): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    const isList = request.url === '/api/v1/models';
    const body = isList ? { models: [{ type: 'llm', key: 'slow/model', loaded_instances: [] }] } : { lmstudio: true };
    setTimeout(() => response.end(JSON.stringify(body)), isList ? delayMs : 0);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

describe('the status bar', () => {
  let hooks: TestHooks;
  let simulator: Simulator;

  before(async () => {
    hooks = await activated();
  });

  beforeEach(async () => {
    hooks.dialogs.reset();
    simulator = await connectSimulator(hooks);
    await eventually(() => assert.equal(text(), '$(check) LM Studio: qwen3-8b'));
  });

  afterEach(() => simulator.close());

  const text = (): string => hooks.status()?.text ?? '';
  const facts = (): string => hooks.status()?.tooltip ?? '';

  it('names the model and how the server is, for eyes and ears, and counts no seconds', () => {
    assert.match(facts(), /^Model: qwen\/qwen3-8b, loaded with [\d,]+ tokens of context$/m);
    assert.match(facts(), /^Answers in \d+ ms \(\/api\/v1\/models\)$/m);
    assert.match(hooks.status()?.label ?? '', /^LM Studio: qwen3-8b$/);
    assert.equal(hooks.isTicking(), false);
  });

  it('has a tooltip that runs the commands of its own links, and no others', () => {
    const tooltip = hooks.statusTooltip();
    assert.ok(tooltip && typeof tooltip.isTrusted === 'object');
    const { enabledCommands } = tooltip.isTrusted;
    assert.deepEqual(enabledCommands, [COMMANDS.selectModel, COMMANDS.doctor, COMMANDS.showMenu]);
    for (const command of enabledCommands) assert.ok(tooltip.value.includes(`](command:${command})`), command);
    assert.equal(tooltip.supportHtml ?? false, false);
    assert.equal(tooltip.supportThemeIcons ?? false, false);
  });

  it('tells of a server that answers only when it is asked again, and that it is well again', async () => {
    // Each look is answered when it is repeated: how many there are before the test sees it, nobody knows.
    let isFull = true;
    let wasRefused = false;
    await simulator.close();
    simulator = await connectSimulator(hooks, {
      answerFault: () => {
        wasRefused = isFull && !wasRefused;
        return wasRefused ? 'too-many' : undefined;
      },
    });
    await eventually(() =>
      assert.match(text(), /^\$\(warning\) LM Studio: qwen3-8b, answering only when asked again$/),
    );
    assert.equal(hooks.status()?.isWarning, false);
    isFull = false;
    await hooks.refresh();
    assert.equal(text(), '$(check) LM Studio: qwen3-8b');
  });

  it('tells of a server that is slow', async () => {
    const slow = await slowServer(2_100);
    try {
      await setSetting('server.url', slow.url);
      await eventually(() => assert.equal(text(), '$(warning) LM Studio: model, answering slowly'));
      const [, ms] = /^Answers in ([\d,]+) ms/m.exec(facts()) ?? [];
      assert.ok(Number(ms?.replace(',', '')) >= 2_100, facts());
    } finally {
      await slow.close();
    }
  });

  it('tells of a server that is down, then of one that is not asked for a while, and counts only then', async () => {
    // A look at the list would try the server again, and the count would begin anew.
    await setSetting('refreshInterval', 3_600);
    await simulator.close();
    await hooks.refresh();
    assert.equal(text(), '$(warning) LM Studio: not reachable');
    assert.equal(hooks.status()?.isWarning, true);
    for (let failures = 0; failures < 5; failures++) await hooks.refresh();
    assert.match(text(), /^\$\(warning\) LM Studio: not answering, next try in \d s$/);
    assert.match(hooks.status()?.label ?? '', /, next try in a few seconds$/);
    assert.match(facts(), /^Requests: not answering, next try in \d s$/m);
    assert.equal(hooks.isTicking(), true);
    await eventually(() => assert.equal(hooks.isTicking(), false));
    assert.equal(text(), '$(warning) LM Studio: not answering');
    await setSetting('refreshInterval', undefined);
  });

  it('tells that a token is needed, and offers to set one', async () => {
    await simulator.close();
    simulator = await connectSimulator(hooks, { token: 'sk-lm-abcdefgh:ABCDEFGHIJKLMNOPQRST' });
    await eventually(() => assert.equal(text(), '$(key) LM Studio: needs API token'));
    assert.match(hooks.statusTooltip()?.value ?? '', new RegExp(`\\]\\(command:${COMMANDS.setToken}\\)`));
  });

  it('asks one small question for each look at the server', async () => {
    await setSetting('refreshInterval', 3_600);
    try {
      // Whoever has a question on its way is waited for.
      await hooks.connections.refresh();
      const before = simulator.requests.length;
      for (let looks = 0; looks < 3; looks++) await hooks.refresh();
      assert.deepEqual(
        simulator.requests.slice(before).map(({ method, path }) => `${method} ${path}`),
        Array.from({ length: 3 }, () => 'GET /api/v1/models'),
      );
    } finally {
      await setSetting('refreshInterval', undefined);
    }
  });

  it('tells how much of its context a task has used, and counts seconds only while it runs', async () => {
    const held = gate();
    simulator.setScript([
      { toolCalls: [{ match: /list_allowed_directories/, arguments: {} }] },
      { text: 'Done with all of it.', hold: held.promise },
    ]);
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
    hooks.dialogs.answerNext('Start', 'Allow once');
    const running = vscode.commands.executeCommand<RunEnd>(COMMANDS.runWithServer, {
      ...{ server: 'filesystem', task: 'Look' },
    });
    await eventually(() => assert.match(facts(), /^Model: qwen\/qwen3-8b, [\d,]+ of [\d,]+ tokens of context$/m));
    await eventually(() => assert.match(text(), /round 2, 00:\d\d, qwen3-8b, context \d+ %$/));
    assert.equal(hooks.isTicking(), true);
    held.open();
    assert.equal((await running).status, 'completed');
    await eventually(() => assert.equal(hooks.isTicking(), false));
    assert.doesNotMatch(facts(), /tokens of context.*of/);
  });
});
