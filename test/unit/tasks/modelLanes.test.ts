import assert from 'node:assert/strict';
import type { ChatEvent, ChatModel, Phase } from '../../../src/agent/types';
import { BridgeError } from '../../../src/base/errors';
import { inLane, ModelLanes } from '../../../src/tasks/modelLanes';
import { answers, finish, ScriptedModel, text } from '../../support/agent';

const A = 'http://a';
const signal = new AbortController().signal;
const STOP = new BridgeError('cancelled', 'Stopped.');

describe('the lanes to model servers', () => {
  it('let one in at a time, who came first goes first', async () => {
    const lanes = new ModelLanes();
    const order: number[] = [];
    const first = await lanes.enter(A, signal);
    const others = [1, 2, 3].map(async (number) => {
      const lane = await lanes.enter(A, signal);
      order.push(number);
      return lane;
    });
    await settle();
    assert.deepEqual(order, []);
    first.dispose();
    for (const [index, waiting] of others.entries()) {
      const lane = await waiting;
      await settle();
      assert.deepEqual(order, [1, 2, 3].slice(0, index + 1));
      lane.dispose();
    }
  });

  it('are one for each server', async () => {
    const lanes = new ModelLanes();
    await lanes.enter(A, signal);
    await lanes.enter('http://b', signal);
  });

  it('can be left once only, so that a second dispose does not let two in', async () => {
    const lanes = new ModelLanes();
    const first = await lanes.enter(A, signal);
    const second = lanes.enter(A, signal);
    let isThirdIn = false;
    const third = lanes.enter(A, signal).then((lane) => {
      isThirdIn = true;
      return lane;
    });
    first.dispose();
    first.dispose();
    const lane = await second;
    await settle();
    assert.equal(isThirdIn, false);
    lane.dispose();
    (await third).dispose();
    (await lanes.enter(A, signal)).dispose();
  });

  it('forget who gave up while waiting, and let the next one in', async () => {
    const lanes = new ModelLanes();
    const first = await lanes.enter(A, signal);
    const controller = new AbortController();
    const impatient = lanes.enter(A, controller.signal);
    const patient = lanes.enter(A, signal);
    controller.abort(STOP);
    await assert.rejects(impatient, STOP);
    first.dispose();
    (await patient).dispose();
    await assert.rejects(async () => lanes.enter(A, controller.signal), STOP);
    (await lanes.enter(A, signal)).dispose();
  });

  it('stay with who got in, also when its signal fires then', async () => {
    const lanes = new ModelLanes();
    const first = await lanes.enter(A, signal);
    const controller = new AbortController();
    const second = lanes.enter(A, controller.signal);
    const third = lanes.enter(A, signal);
    first.dispose();
    controller.abort(STOP);
    (await second).dispose();
    (await third).dispose();
  });
});

describe('the queue of a lane', () => {
  it('tells everyone their place, and each move forward, also where somebody gives up', async () => {
    const lanes = new ModelLanes();
    const heard: string[] = [];
    const queue = (name: string, stop = signal) =>
      lanes.enter(A, stop, (place) => heard.push(`${name}${String(place)}`));
    const news = (): string => heard.splice(0).join(' ');
    const first = await queue('a');
    assert.equal(news(), '', 'a free lane has no queue');
    const controller = new AbortController();
    const b = queue('b');
    const c = queue('c', controller.signal);
    const d = queue('d');
    assert.equal(news(), 'b1 c2 d3');
    controller.abort(STOP);
    await assert.rejects(c, STOP);
    assert.equal(news(), 'd2');
    first.dispose();
    assert.equal(news(), 'd1');
    (await b).dispose();
    (await d).dispose();
    assert.equal(news(), '');
  });
});

describe('a model in a lane', () => {
  const REQUEST = { messages: [], tools: [] };
  const collect = async (model: ChatModel): Promise<ChatEvent[]> => {
    const events: ChatEvent[] = [];
    for await (const event of model.stream(REQUEST, signal)) events.push(event);
    return events;
  };

  it('says the same, holding the lane for each turn and telling its phases', async () => {
    const lanes = new ModelLanes();
    const phases: string[] = [];
    const scripted = new ScriptedModel([answers('a'), answers('b')]);
    const model = inLane(scripted, lanes, A, {
      onTurn: (phase) => {
        phases.push(`${phase} begins`);
        return { dispose: () => void phases.push(`${phase} ends`) };
      },
    });
    scripted.tellsPhases = true;
    scripted.beforeStep = () => void phases.push('step');
    assert.equal(model.id, 'scripted');
    assert.deepEqual(await collect(model), [text('a'), finish()]);
    assert.deepEqual(phases, [
      'processing-prompt begins',
      'step',
      'generating begins',
      'processing-prompt ends',
      'step',
      'generating ends',
    ]);
    assert.deepEqual(await collect(model), [text('b'), finish()]);
  });

  it('ends the phase of a turn that fails before its first event', async () => {
    const phases: string[] = [];
    const failing = new ScriptedModel([[new BridgeError('engine-crashed', 'Crash.')]]);
    const model = inLane(failing, new ModelLanes(), A, {
      onTurn: (phase) => ({ dispose: () => void phases.push(phase) }),
    });
    await assert.rejects(collect(model));
    assert.deepEqual(phases, ['processing-prompt']);
  });

  it('does not ask the server before it is its turn', async () => {
    const lanes = new ModelLanes();
    const scripted = new ScriptedModel([answers('a')]);
    const other = await lanes.enter(A, signal);
    const events = collect(inLane(scripted, lanes, A));
    await settle();
    assert.equal(scripted.requests.length, 0);
    other.dispose();
    assert.equal((await events).length, 2);
  });

  it('says that it waits, and at which place', async () => {
    const lanes = new ModelLanes();
    const other = await lanes.enter(A, signal);
    const phases: Phase[] = [];
    const stream = inLane(new ScriptedModel([answers('a')]), lanes, A).stream(REQUEST, signal, (phase) =>
      phases.push(phase),
    );
    const reading = stream[Symbol.asyncIterator]().next();
    assert.deepEqual(phases, [{ phase: 'queued', place: 1 }]);
    other.dispose();
    await reading;
  });

  it('leaves the lane when it fails and when its reader stops', async () => {
    const lanes = new ModelLanes();
    const failure = new BridgeError('engine-crashed', 'Crash.');
    await assert.rejects(collect(inLane(new ScriptedModel([[text('a'), failure]]), lanes, A)), failure);
    for await (const event of inLane(new ScriptedModel([answers('a')]), lanes, A).stream(REQUEST, signal)) {
      assert.equal(event.type, 'text');
      break;
    }
    (await lanes.enter(A, signal)).dispose();
  });
});

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
