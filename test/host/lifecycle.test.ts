import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import * as vscode from 'vscode';
import type { RunEnd } from '../../src/tasks/types';
import { COMMANDS, EXTENSION_ID } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import { type Gate, gate } from '../simulator/gate';
import { sampleModels } from '../simulator/models';
import { type Simulator, startSimulator } from '../simulator/server';
import { activated, allRows, connectSimulator, eventually, notices, questions, rowOf, setSetting } from './support';

const QWEN = 'qwen/qwen3-8b';
const GPT = 'openai/gpt-oss-20b';
const GEMMA = 'google/gemma-3-12b';
const DEVSTRAL = 'mistralai/devstral-small-2507';
const LISTS = '/api/v1/models';
const LOAD = '/api/v1/models/load';
const UNLOAD = '/api/v1/models/unload';
/** Where the manifest shows *Unload* on a row. */
function unloadPlaces(contextValue: string): string[] {
  const manifest = vscode.extensions.getExtension(EXTENSION_ID)?.packageJSON as Manifest;
  return manifest.contributes.menus['view/item/context']
    .filter(({ command }) => command === COMMANDS.unloadModel)
    .filter(({ when }) => new RegExp(/viewItem =~ \/(.*)\/$/.exec(when)?.[1] ?? '(?!)').test(contextValue))
    .map(({ group }) => group);
}

interface Manifest {
  readonly contributes: { readonly menus: { readonly 'view/item/context': readonly MenuEntry[] } };
}

interface MenuEntry {
  readonly command: string;
  readonly when: string;
  readonly group: string;
}

/** A load or an unload of this model or copy. */
const isFor = (body: unknown, id: string): boolean => JSON.stringify(body ?? null).includes(JSON.stringify(id));

describe('the life cycle of models in the editor', () => {
  let hooks: TestHooks;
  let simulator: Simulator;
  let held: Gate | undefined;

  before(async () => {
    hooks = await activated();
    await setSetting('refreshInterval', 1);
    const models = sampleModels().map((spec) =>
      spec.key === 'qwen/qwen3-coder-30b' ? { ...spec, loadFault: 'guardrail' as const } : spec,
    );
    simulator = await connectSimulator(hooks, { models, beforeLoad: () => held?.promise ?? Promise.resolve() });
    await eventually(() => assert.equal(hooks.snapshot().health.kind, 'online'));
  });

  beforeEach(() => {
    held = undefined;
    hooks.dialogs.reset();
  });

  after(async () => {
    await setSetting('refreshInterval', undefined);
    await setSetting('lms.enabled', undefined);
    await setSetting('load.ttlMinutes', undefined);
    await setSetting('load.contextLength', undefined);
    await simulator.close();
  });

  const node = (key: string) => ({ kind: 'model', model: hooks.snapshot().models.find((model) => model.key === key) });
  const asked = (path: string) => simulator.requests.filter((request) => request.path === path).length;

  /** Waits for what the views show, and for nothing but the polls; at most one more than the one under way. */
  async function withinOnePoll(assertion: () => void): Promise<void> {
    const before = asked(LISTS);
    await eventually(assertion);
    assert.ok(asked(LISTS) - before <= 2, `${asked(LISTS) - before} polls`);
  }

  it('shows a load with the time it has taken, and the end of it', async () => {
    held = gate();
    const loading = vscode.commands.executeCommand(COMMANDS.loadModel, node(GPT));
    await eventually(() => {
      assert.match(rowOf(hooks, 'GPT-OSS 20B').description, /^loading/);
      assert.match(hooks.status()?.text ?? '', /^\$\(loading~spin\) LM Studio: loading gpt-oss-20b, 00:0[1-9]$/);
    });
    held.open();
    await loading;
    assert.match(rowOf(hooks, 'GPT-OSS 20B').description, /^loaded, idle · 4k of 128k context/);
    assert.match(hooks.status()?.text ?? '', /^\$\(check\)/);
    assert.match(
      notices(hooks)[0]?.message ?? '',
      /^GPT-OSS 20B was loaded in 00:\d\d with 4,096 tokens of context\.$/,
    );
  });

  it('cancels a load by the action of its row, and leaves nothing of it in memory', async () => {
    held = gate();
    const gemma = () => rowOf(hooks, 'Gemma 3 12B');
    const loading = vscode.commands.executeCommand(COMMANDS.loadModel, node(GEMMA));
    await eventually(() => {
      assert.equal(gemma().contextValue, 'chat.loading', 'the action is offered');
      assert.match(hooks.status()?.text ?? '', /loading gemma-3-12b, 00:0[1-9]$/);
    });
    const request = await simulator.waitForRequest(({ path, body }) => path === LOAD && isFor(body, GEMMA));
    const cancelling = vscode.commands.executeCommand(COMMANDS.cancelLoad, node(GEMMA));
    await withinOnePoll(() => {
      assert.match(gemma().description, /^load cancelled, still ending/);
      assert.match(gemma().accessibleLabel, /load cancelled, still ending/);
      assert.equal(gemma().contextValue, 'chat.transit');
      assert.deepEqual(unloadPlaces(gemma().contextValue), []);
      assert.match(hooks.status()?.text ?? '', /^\$\(check\) LM Studio: /);
    });
    await Promise.all([cancelling, loading]);
    assert.match(notices(hooks)[0]?.message ?? '', /^The load of Gemma 3 12B is cancelled\. .* unloaded as soon as/);
    // No request stops a load, so the answer is waited for: it names the copy that is to go (reference 2.3).
    assert.deepEqual([request.aborted, request.finished], [false, false]);

    held.open();
    const unload = await simulator.waitForRequest(({ path, body }) => path === UNLOAD && isFor(body, GEMMA));
    await withinOnePoll(() => assert.match(gemma().description, /^not loaded/));
    assert.deepEqual([request.finished, unload.status], [true, 200]);
    assert.deepEqual(simulator.models.instancesOf(GEMMA), []);
    assert.equal(asked(UNLOAD), 1, 'no copy but ours was touched');
  });

  it('cancels a load from the palette, asks which one where there are several, and says so where there is none', async () => {
    held = gate();
    const names = ['Gemma 3 12B', 'Devstral Small 2507'];
    const loading = [GEMMA, DEVSTRAL].map((key) => vscode.commands.executeCommand(COMMANDS.loadModel, node(key)));
    await eventually(() => {
      for (const name of names) assert.equal(rowOf(hooks, name).contextValue, 'chat.loading');
    });
    hooks.dialogs.answerNext('Devstral Small 2507');
    await vscode.commands.executeCommand(COMMANDS.cancelLoad);
    await loading[1];
    assert.match(rowOf(hooks, 'Devstral Small 2507').description, /^load cancelled/);
    assert.match(rowOf(hooks, 'Gemma 3 12B').description, /^loading/);
    await vscode.commands.executeCommand(COMMANDS.cancelLoad);
    await loading[0];
    held.open();
    await eventually(() => {
      for (const name of names) assert.match(rowOf(hooks, name).description, /^not loaded/);
    });
    hooks.dialogs.reset();
    await vscode.commands.executeCommand(COMMANDS.cancelLoad);
    assert.match(notices(hooks)[0]?.message ?? '', /^Cancel Loading: no command of this window is loading a model\./);
  });

  it('loads all models that are selected, one after the other, and cancels all loads that are', async () => {
    const keys = [GEMMA, DEVSTRAL];
    const loads = () => simulator.requests.filter(({ path }) => path === LOAD).map(({ body }) => JSON.stringify(body));
    const before = loads().length;
    const rows = keys.map(node);
    await vscode.commands.executeCommand(COMMANDS.loadModel, rows[0], rows);
    for (const key of keys) assert.equal(simulator.models.instancesOf(key).length, 1, key);
    assert.equal(loads().length, before + 2);
    await vscode.commands.executeCommand(COMMANDS.loadModel, rows[0], rows);
    assert.equal(notices(hooks).at(-1)?.message, 'The selected models are loaded already.');
    await vscode.commands.executeCommand(COMMANDS.cancelLoad, rows[0], rows);
    assert.match(
      notices(hooks).at(-1)?.message ?? '',
      /^Cancel Loading: no command of this window loads a selected model/,
    );
    await vscode.commands.executeCommand(COMMANDS.unloadModel, rows[0], keys.map(node));
    for (const key of keys) simulator.models.unload(key);
    await hooks.refresh();

    held = gate();
    const loading = keys.map((key) => vscode.commands.executeCommand(COMMANDS.loadModel, node(key)));
    await eventually(() => {
      for (const name of ['Gemma 3 12B', 'Devstral Small 2507'])
        assert.equal(rowOf(hooks, name).contextValue, 'chat.loading');
    });
    const both = keys.map(node);
    await vscode.commands.executeCommand(COMMANDS.cancelLoad, both[0], both);
    await Promise.all(loading);
    held.open();
    await eventually(() =>
      assert.deepEqual(
        keys.flatMap((key) => simulator.models.instancesOf(key)),
        [],
      ),
    );
    await eventually(() => assert.match(rowOf(hooks, 'Gemma 3 12B').description, /^not loaded/));
  });

  it('shows how long a copy stays that a task has loaded with a time to live, without asking lms', async () => {
    await setSetting('load.ttlMinutes', 30);
    await setSetting('load.contextLength', undefined);
    simulator.models.unload(GPT);
    await hooks.refresh();
    simulator.setScript([{ text: 'Ready.' }]);
    await vscode.commands.executeCommand(COMMANDS.runOnFile, {
      file: 'README.md',
      task: 'Say it',
      servers: 'none',
      model: GPT,
    });
    await eventually(() =>
      assert.match(rowOf(hooks, 'GPT-OSS 20B').description, /^loaded, idle .* · unloads in (29|30) min$/),
    );
    await setSetting('load.ttlMinutes', undefined);
    simulator.models.unload(GPT);
    await hooks.refresh();
    await vscode.commands.executeCommand(COMMANDS.loadModel, node(GPT));
    assert.match(rowOf(hooks, 'GPT-OSS 20B').tooltip, /stays until it is unloaded/);
    assert.doesNotMatch(rowOf(hooks, 'GPT-OSS 20B').description, /unloads in/);
  });

  it('follows an eviction behind our back within one poll', async () => {
    simulator.models.unload(GPT);
    await withinOnePoll(() => assert.match(rowOf(hooks, 'GPT-OSS 20B').description, /^not loaded/));
    assert.match(hooks.status()?.tooltip ?? '', /of them loaded: 1/);
  });

  it('makes one copy of a model that is loaded twice at once', async () => {
    await Promise.all([
      vscode.commands.executeCommand(COMMANDS.loadModel, node(GPT)),
      vscode.commands.executeCommand(COMMANDS.loadModel, node(GPT)),
    ]);
    assert.equal(simulator.models.instancesOf(GPT).length, 1);
    await vscode.commands.executeCommand(COMMANDS.unloadModel, node(GPT));
    assert.equal(simulator.models.instancesOf(GPT).length, 0);
    assert.match(rowOf(hooks, 'GPT-OSS 20B').description, /^not loaded/);
  });

  it('names the gigabytes when memory does not suffice', async () => {
    await vscode.commands.executeCommand(COMMANDS.loadModel, node('qwen/qwen3-coder-30b'));
    const [notice] = notices(hooks);
    assert.equal(notice?.level, 'error');
    assert.match(notice.message, /LM Studio refused to load Qwen3 Coder 30B: .*\d+(\.\d+)? GB/);
    assert.match(rowOf(hooks, 'Qwen3 Coder 30B').description, /^not loaded/);
  });

  it('unloads several copies at once', async () => {
    await vscode.commands.executeCommand(COMMANDS.loadModel, node(GPT));
    hooks.dialogs.reset();
    hooks.dialogs.answerNext([GPT, QWEN]);
    await vscode.commands.executeCommand(COMMANDS.unloadModel);
    assert.deepEqual(simulator.models.instances, []);
    await vscode.commands.executeCommand(COMMANDS.loadModel, node(QWEN));
  });

  it('loads the model of a task first where a context length is configured, and asks before it takes it away', async () => {
    await vscode.commands.executeCommand(COMMANDS.unloadModel, node(QWEN));
    await setSetting('load.contextLength', 16_384);
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
    hooks.dialogs.reset();
    hooks.dialogs.answerNext('Start');
    const answering = gate();
    simulator.setScript([{ text: 'Done.', holdHeaders: answering.promise }]);
    const run = vscode.commands.executeCommand<RunEnd>(COMMANDS.runWithServer, {
      ...{ task: 'Say done.', server: 'filesystem', model: QWEN },
    });
    await eventually(() =>
      assert.match(rowOf(hooks, 'Qwen3 8B').description, /^loaded, processing prompt · .*16k of 40k/),
    );
    const { contextValue } = rowOf(hooks, 'Qwen3 8B');
    assert.deepEqual([contextValue, unloadPlaces(contextValue)], ['chat.working', ['inline@1', '1_load@1']]);
    const chat = await simulator.waitForRequest(({ path }) => path === '/v1/chat/completions');
    assert.ok(simulator.requests.findIndex(({ path }) => path === LOAD) < simulator.requests.indexOf(chat));

    await vscode.commands.executeCommand(COMMANDS.unloadModel, node(QWEN));
    assert.match(
      questions(hooks).at(-1)?.message ?? '',
      /Qwen3 8B is in memory and working for a task\. Unload it anyway\?/,
    );
    assert.equal(simulator.models.instancesOf(QWEN).length, 1, 'closing the question means no');
    answering.open();
    assert.equal((await run).status, 'completed');
    await setSetting('load.contextLength', undefined);
  });

  it('follows a server that goes away and comes back', async () => {
    const { port } = simulator;
    const modelIds = () =>
      allRows(hooks.treeRows())
        .map(({ id }) => id)
        .filter((id) => id.startsWith('model:'))
        .sort();
    const known = modelIds();
    await simulator.close();
    await eventually(() => {
      assert.match(hooks.status()?.text ?? '', /\$\(warning\) LM Studio: not reachable/);
      assert.match(hooks.treeMessage() ?? '', /^LM Studio does not answer\. These are the models/);
    });
    assert.deepEqual(modelIds(), known, 'the last known models stay');
    for (const row of allRows(hooks.treeRows()).filter(({ id }) => id.startsWith('model:'))) {
      assert.match(row.description, /^state unknown, server not reachable/);
      assert.match(row.accessibleLabel, /model, state unknown, server not reachable/);
      assert.doesNotMatch(row.tooltip, /In memory/, 'nobody knows that now');
      assert.match(row.contextValue, /^(chat|embedding)\.away$/, 'no action that would fail');
    }
    simulator = await startSimulator({ port });
    await withinOnePoll(() => {
      assert.match(hooks.status()?.text ?? '', /^\$\(check\) LM Studio: qwen3-8b$/);
      assert.match(rowOf(hooks, 'Qwen3 8B').description, /^loaded, idle/);
      assert.equal(rowOf(hooks, 'Qwen3 8B').contextValue, 'chat.loaded');
      assert.equal(hooks.treeMessage(), undefined);
    });
  });

  describe('with the program lms', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lms-host-'));
    const calls = join(folder, 'calls');
    const path = process.env['PATH'] ?? '';

    before(() => {
      const file = join(folder, 'lms');
      const time = { ttlMs: 3_600_000, lastUsedTime: Date.now() };
      const ps = [{ identifier: QWEN, modelKey: QWEN, status: 'generating', queued: 1, ...time }];
      const answer = `case "$1" in ps) echo '${JSON.stringify(ps)}';; esac`;
      writeFileSync(file, `#!/bin/sh\necho "$@" >> '${calls}'\n${answer}\n`);
      chmodSync(file, 0o755);
      writeFileSync(calls, '');
      process.env['PATH'] = folder + delimiter + path;
    });

    after(() => {
      process.env['PATH'] = path;
      rmSync(folder, { recursive: true, force: true });
    });

    it('does not run it where the person has not allowed it', async () => {
      await vscode.commands.executeCommand(COMMANDS.refreshBusyState);
      assert.match(notices(hooks)[0]?.message ?? '', /The program lms may not be run: its setting is off/);
      await vscode.commands.executeCommand(COMMANDS.startServer);
      assert.match(questions(hooks)[0]?.detail ?? '', new RegExp(join(folder, 'lms')));
      assert.equal(readFileSync(calls, 'utf8'), '');
    });

    it('shows who is busy when asked to, and starts the server after a yes', async () => {
      hooks.dialogs.answerNext('Start');
      await vscode.commands.executeCommand(COMMANDS.startServer);
      assert.equal(readFileSync(calls, 'utf8'), 'server start\n');

      await setSetting('lms.enabled', true);
      await setSetting('refreshInterval', 1000);
      await hooks.refresh();
      await vscode.commands.executeCommand(COMMANDS.refreshBusyState);
      assert.match(rowOf(hooks, 'Qwen3 8B').description, /^loaded, generating/);
      await hooks.refresh();
      const { description, accessibleLabel } = rowOf(hooks, 'Qwen3 8B');
      assert.match(description, /^loaded, idle · .* · unloads in (59|60) min$/);
      assert.match(accessibleLabel, /, unloads in (59|60) min$/);
      await setSetting('refreshInterval', 1);
      assert.equal(readFileSync(calls, 'utf8'), 'server start\nps --json\n', 'never by itself');
      await vscode.commands.executeCommand(COMMANDS.loadModel, node(GPT));
      const asked = 'server start\nps --json\nps --json\n';
      await eventually(() => assert.equal(readFileSync(calls, 'utf8'), asked, 'once after a load'));
    });
  });
});
