import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as vscode from 'vscode';
import { JournalStore } from '../../src/tasks/journalStore';
import type { RunEnd } from '../../src/tasks/types';
import { COMMANDS, type SettingKey } from '../../src/vscode/ids';
import { readRows, type TestHooks } from '../../src/vscode/testHooks';
import type { Simulator } from '../simulator/server';
import { activated, connectSimulator, eventually, setSetting, workspaceFolder } from './support';

/** A small MCP server whose tool `hang` never answers. */
const HANGING = resolve(__dirname, '../../test/support/mcp/hangInCall.mjs');

describe('what settings do', () => {
  let hooks: TestHooks;
  let simulator: Simulator;
  const changed = new Set<SettingKey>();

  const set = async (key: SettingKey, value: unknown): Promise<void> => {
    changed.add(key);
    await setSetting(key, value);
  };
  const run = (server: string, more: object = {}): Thenable<RunEnd> =>
    vscode.commands.executeCommand<RunEnd>(COMMANDS.runWithServer, { server, task: 'Go', ...more });
  const lastChat = (): string =>
    JSON.stringify(simulator.requests.findLast(({ path }) => path.endsWith('/chat/completions'))?.body);

  before(async () => {
    hooks = await activated();
    simulator = await connectSimulator(hooks);
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
  });

  beforeEach(() => {
    hooks.dialogs.reset();
  });

  afterEach(async () => {
    assert.equal(hooks.dialogs.unusedAnswers, 0, 'every answer was asked for');
    for (const key of changed) await setSetting(key, undefined);
    changed.clear();
  });

  after(async () => {
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
    await simulator.close();
  });

  it('load.ttlMinutes: a model that is loaded just in time is unloaded after so long', async () => {
    await set('load.ttlMinutes', 15);
    simulator.setScript([{ text: 'Done.' }]);
    hooks.dialogs.answerNext('Start');
    assert.equal((await run('filesystem', { model: 'openai/gpt-oss-20b' })).status, 'completed');
    assert.match(lastChat(), /"ttl":900\b/);
  });

  it('task.journalCount and task.journalDays: what is kept of ended tasks', async () => {
    const store = new JournalStore({ folder: hooks.journalFolder, version: '0.0.0', wallClock: Date.now });
    const ended = async (): Promise<readonly string[]> =>
      (await store.list()).runs.flatMap(({ runId, end }) => (end ? [runId] : []));
    simulator.setScript(() => ({ text: 'Done.' }));
    await run('filesystem');
    assert.ok((await ended()).length > 0);
    await set('task.journalCount', 0);
    await run('filesystem');
    await eventually(async () => assert.deepEqual(await ended(), []));

    await set('task.journalCount', 50);
    await run('filesystem');
    const [old] = await ended();
    assert.ok(old);
    await set('task.journalDays', 0);
    await run('filesystem');
    await eventually(async () => assert.ok(!(await ended()).includes(old)));
  });

  it('approvals.refuseAfterMinutes: how long a question waits for nobody', async () => {
    const { presence } = hooks;
    assert.ok(presence);
    await set('approvals.whenUnattended', 'refuse');
    await set('approvals.refuseAfterMinutes', 2);
    const path = join(workspaceFolder(), 'nobody.txt');
    const call = { toolCalls: [{ match: 'write_file', arguments: { path, content: 'x' } }] };
    simulator.setScript([call, { text: 'Done.' }]);
    presence.isHere = false;
    try {
      const running = run('filesystem');
      await eventually(() => assert.equal(hooks.running()[0]?.isWaiting, true));
      presence.pass(2 * 60_000 - 1);
      assert.equal(hooks.running()[0]?.isWaiting, true);
      presence.pass(1);
      assert.equal((await running).text, 'Done.');
    } finally {
      presence.isHere = true;
    }
    assert.equal(existsSync(path), false);
    assert.match(lastChat(), /Nobody answered within 2 minutes\./);
  });

  describe('of MCP servers', () => {
    let folder: string;

    before(() => {
      assert.ok(existsSync(HANGING));
      folder = mkdtempSync(join(tmpdir(), 'settings-'));
      const servers = {
        hangs: { command: 'node', args: [HANGING] },
        mute: { command: 'node', args: ['-e', 'setInterval(() => undefined, 1000)'] },
      };
      writeFileSync(join(folder, 'more.json'), JSON.stringify({ mcpServers: servers }));
    });

    beforeEach(() => set('mcp.files', [join(folder, 'more.json')]));

    after(async () => {
      await hooks.stopServer('hangs');
      rmSync(folder, { recursive: true });
    });

    it('mcp.files: more of them are offered', async () => {
      const labels = (): readonly string[] => readRows(hooks.serversView.tree).map(({ label }) => label);
      await eventually(() => assert.ok(labels().includes('hangs')));
      await setSetting('mcp.files', undefined);
      await eventually(() => assert.ok(!labels().includes('hangs')));
    });

    it('mcp.startTimeout: one that does not start in time is given up', async () => {
      await set('mcp.startTimeout', 1);
      hooks.dialogs.answerNext('Start');
      const end = await run('mute');
      assert.deepEqual([end.status, end.code], ['failed', 'mcp-start-failed']);
      // Not the minute that it has by default.
      assert.ok(end.durationMs < 45_000, String(end.durationMs));
    });

    it('mcp.callTimeout: a call without a sign of progress is given up', async () => {
      await set('mcp.callTimeout', 1);
      simulator.setScript([{ toolCalls: [{ match: 'hang', arguments: {} }] }, { text: 'It hangs.' }]);
      hooks.dialogs.answerNext('Start', 'Allow once');
      const end = await run('hangs');
      assert.equal(end.text, 'It hangs.');
      assert.match(lastChat(), /1 s\b|1 second/);
    });
  });
});
