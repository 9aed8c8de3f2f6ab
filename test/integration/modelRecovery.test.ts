/** A model that leaves memory in mid-task, over HTTP against the simulator: brought back once, as it was, or the truth. */
import assert from 'node:assert/strict';
import { BridgeError } from '../../src/base/errors';
import type { TaskEvent } from '../../src/tasks/types';
import { fault } from '../simulator/faults';
import { gate } from '../simulator/gate';
import { sampleModels } from '../simulator/models';
import { type Simulator, type SimulatorOptions, startSimulator } from '../simulator/server';
import { makeWorkspace, ofType as eventsOfCli, runCli, theOnly } from '../support/cli';
import { type RunningTask, TaskDoor, type TaskOptions } from '../support/taskDoor';

const QWEN = 'qwen/qwen3-8b';
const GPT = 'openai/gpt-oss-20b';
const BUSY = { error: { status: 503, body: { error: 'Starting.' } } };

describe('a model that is lost in mid-task', () => {
  const closing: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function open(options: SimulatorOptions = {}) {
    const simulator = await startSimulator(options);
    const door = new TaskDoor(simulator);
    closing.push(
      () => simulator.close(),
      () => {
        door.dispose();
      },
    );
    const start = (given: TaskOptions = {}): RunningTask => door.start('Go.', { model: QWEN, ...given });
    return { simulator, door, start };
  }

  const chats = (simulator: Simulator) => simulator.requests.filter(({ path }) => path === '/v1/chat/completions');
  const asked = (simulator: Simulator) => chats(simulator).map(({ body }) => (body as { model: string }).model);
  const loads = (simulator: Simulator) =>
    simulator.requests.filter(({ path }) => path === '/api/v1/models/load').map(({ body }) => body);
  const warnings = ({ events }: RunningTask, code: string): string[] =>
    events.flatMap((event) => (event.type === 'warning' && event.code === code ? [event.message] : []));
  const codes = ({ events }: RunningTask): string[] =>
    events.flatMap((event) => (event.type === 'warning' ? [event.code] : []));
  const isText = ({ type }: TaskEvent): boolean => type === 'text_delta';

  for (const manner of ['error-frame', 'silence'] as const) {
    it(`is loaded again with the same settings, once, and its turn is taken again (${manner})`, async () => {
      const held = gate();
      const { simulator, start } = await open({
        script: [{ text: 'Half of it', hold: held.promise }, { text: 'The whole of it.' }],
      });
      const config = simulator.models.instancesOf(QWEN)[0]?.config;
      const task = start();
      await task.event(isText);
      simulator.models.unload(QWEN, manner);
      const end = await task.end;
      assert.deepEqual([end.status, end.text, end.rounds], ['completed', 'The whole of it.', 1]);
      assert.equal(chats(simulator).length, 2);
      assert.equal(loads(simulator).length, 1);
      const copies = simulator.models.instancesOf(QWEN);
      assert.deepEqual([copies.length, copies[0]?.config], [1, config]);
      assert.equal((loads(simulator)[0] as { flash_attention: boolean }).flash_attention, true);
      const code = manner === 'silence' ? 'stream-interrupted' : 'model-unloaded';
      assert.match(warnings(task, 'model-reloaded')[0] ?? '', new RegExp(`^Qwen3 8B was lost \\(${code}\\)\\..*again`));
      const retry = task.events.find(({ type }) => type === 'retry');
      assert.ok(retry?.type === 'retry' && retry.code === code, 'the half answer is void');
    });
  }

  it('is not loaded again where it crashed but is in memory: it is only asked again', async () => {
    const { simulator, start } = await open({ script: [fault('E10-stream'), { text: 'Done.' }] });
    const task = start();
    assert.equal((await task.end).text, 'Done.');
    assert.deepEqual([chats(simulator).length, loads(simulator).length], [2, 0]);
    assert.match(warnings(task, 'model-reloaded')[0] ?? '', /\(engine-crashed\).*It is asked again\.$/);
  });

  it('twice in one round ends the task with the plain error', async () => {
    const { simulator, start } = await open({ script: [fault('E10-stream'), fault('E10')] });
    const end = await start().end;
    assert.deepEqual([end.status, end.code], ['failed', 'engine-crashed']);
    assert.equal(chats(simulator).length, 2);
  });

  it('is brought back in every round that loses it', async () => {
    const call = { toolCalls: [{ name: 'nothing' }] };
    const { start } = await open({ script: [fault('E10'), call, fault('E10'), { text: 'Done.' }] });
    const task = start();
    assert.deepEqual([(await task.end).status, warnings(task, 'model-reloaded').length], ['completed', 2]);
  });

  it('is asked under the id that it has now', async () => {
    const held = gate();
    const call = { toolCalls: [{ name: 'nothing' }] };
    const { simulator, start } = await open({
      script: [call, { text: 'Half', hold: held.promise }, call, { text: 'Done.' }],
    });
    const [spec] = simulator.models.specs;
    assert.ok(spec);
    await simulator.models.load(spec, { context_length: 8_192 });
    const task = start({ model: `${QWEN}:2` });
    await task.event(isText);
    simulator.models.unload(`${QWEN}:2`);
    assert.equal((await task.end).text, 'Done.');
    assert.deepEqual(asked(simulator), [`${QWEN}:2`, `${QWEN}:2`, QWEN, QWEN]);
    assert.equal(loads(simulator).length, 0, 'a copy is there, so none is made');
    assert.deepEqual(warnings(task, 'context-differs'), ['Qwen3 8B: its context is 32,768 tokens now; it was 8,192.']);
  });

  it('is loaded under its key where its second copy was the only one left', async () => {
    const held = gate();
    const { simulator, start } = await open({ script: [{ text: 'Half', hold: held.promise }, { text: 'Done.' }] });
    const [spec] = simulator.models.specs;
    assert.ok(spec);
    await simulator.models.load(spec, { context_length: 8_192 });
    simulator.models.unload(QWEN);
    const task = start();
    await task.event(isText);
    simulator.models.unload(`${QWEN}:2`);
    assert.equal((await task.end).text, 'Done.');
    assert.deepEqual(asked(simulator), [`${QWEN}:2`, QWEN]);
    assert.equal(simulator.models.instancesOf(QWEN)[0]?.config.context_length, 8_192);
    assert.deepEqual(codes(task), ['model-reloaded']);
  });

  it('comes back just in time where it came so, and not by a load that would stay', async () => {
    const held = gate();
    const { simulator, start } = await open({ script: [{ text: 'Half', hold: held.promise }, { text: 'Done.' }] });
    const task = start({ model: GPT });
    await task.event(isText);
    simulator.models.unload(GPT);
    assert.equal((await task.end).text, 'Done.');
    assert.equal(loads(simulator).length, 0);
    assert.deepEqual(
      simulator.models.instancesOf(GPT).map(({ lane }) => lane),
      ['jit'],
    );
    assert.match(warnings(task, 'model-reloaded')[0] ?? '', /LM Studio loads it again for the next request\.$/);
  });

  it('comes back with the configured context where the task itself had loaded it', async () => {
    const held = gate();
    const { simulator, start } = await open({ script: [{ text: 'Half', hold: held.promise }, { text: 'Done.' }] });
    const task = start({ model: GPT, loading: { contextLength: 16_384 } });
    await task.event(isText);
    simulator.models.unload(GPT);
    assert.equal((await task.end).text, 'Done.');
    assert.equal(loads(simulator).length, 2);
    assert.equal(simulator.models.instancesOf(GPT)[0]?.config.context_length, 16_384);
  });

  it('is loaded once for two tasks that lose it together', async () => {
    const held = gate();
    const { simulator, start } = await open({
      script: (_, index) => (index === 0 ? { text: 'Half', hold: held.promise } : { text: 'Done.' }),
    });
    const first = start();
    await first.event(isText);
    const second = start();
    await second.event((event) => event.type === 'phase' && event.phase === 'queued');
    simulator.models.unload(QWEN);
    assert.deepEqual([(await first.end).text, (await second.end).text], ['Done.', 'Done.']);
    assert.equal(simulator.models.instancesOf(QWEN).length, 1);
    assert.ok(loads(simulator).length <= 1);
  });

  it('was not lost where it never was there', async () => {
    const models = sampleModels().filter(({ loadedContext }) => loadedContext === undefined);
    const { simulator, start } = await open({ jit: false, models });
    const task = start({ model: GPT });
    assert.equal((await task.end).code, 'no-model');
    assert.deepEqual([chats(simulator).length, loads(simulator).length, codes(task)], [1, 0, []]);
  });

  it('was not lost where only its answer broke off', async () => {
    const { simulator, start } = await open({ script: [fault('E15-abrupt')] });
    const task = start();
    assert.equal((await task.end).code, 'stream-interrupted');
    assert.deepEqual([chats(simulator).length, codes(task)], [1, []]);
  });

  it('that cannot be loaded again is said to be so, and the loss is the reason of the end', async () => {
    const held = gate();
    const { simulator, start } = await open({
      script: [{ text: 'Half', hold: held.promise }],
      models: sampleModels().map((spec) => (spec.key === QWEN ? { ...spec, loadFault: 'guardrail' as const } : spec)),
    });
    const task = start();
    await task.event(isText);
    simulator.models.unload(QWEN);
    assert.equal((await task.end).code, 'model-unloaded');
    assert.match(warnings(task, 'model-not-reloaded')[0] ?? '', /Qwen3 8B could not be brought back: .*GB of memory/);
    assert.equal(chats(simulator).length, 1);
  });

  it('is not asked again after a cancel', async () => {
    const held = gate();
    const loading = gate();
    const { simulator, start } = await open({
      script: [{ text: 'Half', hold: held.promise }],
      beforeLoad: () => loading.promise,
    });
    const controller = new AbortController();
    const task = start({ signal: controller.signal });
    await task.event(isText);
    simulator.models.unload(QWEN);
    await simulator.waitForRequest(({ path }) => path === '/api/v1/models/load');
    controller.abort(new BridgeError('cancelled', 'Stopped by hand.'));
    assert.equal((await task.end).status, 'cancelled');
    loading.open();
    await simulator.waitForState(QWEN, 'idle');
    assert.equal(chats(simulator).length, 1);
  });

  it('costs no more than four requests in a round, whatever else fails', async () => {
    const { simulator, start } = await open({ script: [BUSY, BUSY, fault('E10'), BUSY, { text: 'Too late.' }] });
    const end = await start().end;
    assert.deepEqual([end.status, end.code], ['failed', 'bad-response']);
    assert.equal(chats(simulator).length, 4);
  });

  describe('and another one answers for it', () => {
    it('is a warning, or the end before any call of that answer runs, as configured', async () => {
      const simulator = await startSimulator();
      const workspace = await makeWorkspace();
      closing.push(
        () => simulator.close(),
        () => workspace.remove(),
      );
      const run = (...args: string[]) =>
        runCli(['run', '--json', '--url', simulator.url, '--workspace', workspace.folder, '--task', 'Go.', ...args]);
      const substitute = { ...fault('E2'), toolCalls: [{ name: 'nothing' }] };

      simulator.setScript([substitute, { text: 'Done.' }]);
      const warned = await run('--on-substitution', 'warn');
      assert.equal(theOnly(warned, 'run_end')['status'], 'completed');
      assert.equal(theOnly(warned, 'warning')['code'], 'model-substituted');

      simulator.setScript([substitute]);
      const stopped = await run('--on-substitution', 'stop');
      assert.equal(stopped.code, 1);
      assert.deepEqual(eventsOfCli(stopped, 'tool_call'), []);
      assert.deepEqual(eventsOfCli(stopped, 'text_delta'), []);
      const error = theOnly(stopped, 'error');
      assert.deepEqual([error['code'], error['availableModels']], ['model-not-found', ['google/gemma-3-12b']]);
      assert.match(String(error['hint']), /--on-substitution warn/);

      simulator.setScript([{ text: 'Done.' }]);
      assert.equal((await run('--on-substitution', 'stop')).code, 0, 'the right one may answer');
    });

    it('is brought back where that must not be', async () => {
      const call = { toolCalls: [{ name: 'nothing' }] };
      const { simulator, start } = await open({
        jit: false,
        script: [call, { text: 'I am another one.' }, { text: 'Done.' }],
      });
      const other = simulator.models.specs.find(({ key }) => key === GPT);
      assert.ok(other);
      await simulator.models.load(other);
      const task = start({
        onSubstitution: 'stop',
        onEvent: ({ type }) => {
          if (type === 'tool_result') simulator.models.unload(QWEN);
        },
      });
      assert.equal((await task.end).text, 'Done.');
      assert.deepEqual(asked(simulator), [QWEN, QWEN, QWEN]);
      assert.equal(loads(simulator).length, 1);
    });
  });
});
