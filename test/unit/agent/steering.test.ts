/** A person who speaks to a run, holds it and lets it go on, while the run does what it does. */
import assert from 'node:assert/strict';
import { type AgentOptions, runAgent } from '../../../src/agent/loop';
import type { AgentEvent, Message } from '../../../src/agent/types';
import { BridgeError } from '../../../src/base/errors';
import { TaskControl } from '../../../src/tasks/runControl';
import {
  allowAll,
  answers,
  call,
  calls,
  FakeTools,
  finish,
  ofType,
  ScriptedModel,
  type Step,
  text,
} from '../../support/agent';
import { ManualClock } from '../../support/manualClock';

const OPENING: readonly Message[] = [{ role: 'user', content: 'Task.' }];
const STOP = new BridgeError('cancelled', 'Stopped by hand.');

describe('a run that a person steers', () => {
  function steered(turns: readonly (readonly Step[])[], options: Partial<AgentOptions> = {}, isPaused = false) {
    const events: AgentEvent[] = [];
    const control = new TaskControl();
    if (isPaused) control.pause();
    const waits: string[] = [];
    control.onEvent((event) => {
      events.push(event);
      waits.push(event.type);
    });
    const nextPause = (): Promise<void> =>
      new Promise((resolve) => {
        const listening = control.onEvent(({ type }) => {
          if (type !== 'paused') return;
          listening.dispose();
          resolve();
        });
      });
    const paused = nextPause();
    const model = new ScriptedModel(turns);
    const tools = new FakeTools([{ name: 'list' }]);
    const controller = new AbortController();
    const run = runAgent(
      {
        ...{ model, tools, gate: allowAll, control, clock: new ManualClock(), messages: OPENING },
        retry: { delayAfter: () => undefined },
        limits: { maxRounds: 10, maxTokens: undefined },
        resultCharLimit: 1_000,
        emit: (event) => events.push(event),
        ...options,
      },
      controller.signal,
    );
    const said = (request: number) =>
      model.requests[request]?.messages.filter(({ role }) => role === 'user').map(({ content }) => content);
    return { run, control, model, tools, events, waits, paused, nextPause, controller, said };
  }

  it('hears what was said while it answered, also while it gave its last answer', async () => {
    const { run, control, model, events, said } = steered([[text('Do'), text('ne.'), finish()], answers('Then so.')]);
    model.beforeStep = () => {
      if (model.requests.length === 1 && !said(0)?.includes('Wait.')) control.add('Wait.');
      model.beforeStep = () => undefined;
    };
    assert.equal((await run).text, 'Then so.');
    assert.deepEqual(said(1), ['Task.', 'Wait.']);
    assert.deepEqual(ofType(events, 'steered'), [{ type: 'steered', text: 'Wait.' }]);
    assert.deepEqual(control.takeUnheard(), []);
  });

  it('hears everything in order, after the results, and only once', async () => {
    const { run, control, model, said } = steered([calls(call('list'), call('list')), answers('Done.')]);
    model.beforeStep = () => {
      control.add('One.');
      control.add('Two.');
      model.beforeStep = () => undefined;
    };
    await run;
    assert.deepEqual(
      model.requests[1]?.messages.map(({ role }) => role),
      ['user', 'assistant', 'tool', 'tool', 'user'],
    );
    assert.deepEqual(said(1), ['Task.', 'One.\n\nTwo.']);
  });

  it('hears it before it gives its closing answer, too', async () => {
    const { run, control, model, said } = steered([calls(call('list')), answers('So far.')], {
      limits: { maxRounds: 1, maxTokens: undefined },
    });
    model.beforeStep = () => {
      control.add('Be short.');
      model.beforeStep = () => undefined;
    };
    assert.equal((await run).code, 'limit-rounds');
    assert.match(said(1)?.at(-1) ?? '', /^Be short\.\n\n/);
  });

  it('waits before its next tool call and goes on where it was', async () => {
    const { run, control, model, tools, waits, paused } = steered([
      calls(call('list'), call('list')),
      answers('Done.'),
    ]);
    model.beforeStep = () => {
      control.pause();
    };
    await paused;
    assert.deepEqual([tools.calls.length, model.requests.length], [0, 1]);
    model.beforeStep = () => undefined;
    control.resume();
    assert.equal((await run).text, 'Done.');
    assert.deepEqual([tools.calls.length, waits], [2, ['paused', 'resumed']]);
  });

  it('waits between two calls of one answer', async () => {
    const { run, control, tools, paused, nextPause } = steered([calls(call('list'), call('list')), answers('Done.')], {
      gate: {
        decide: () => {
          control.pause();
          return Promise.resolve({ kind: 'allowed' });
        },
      },
    });
    await paused;
    assert.equal(tools.calls.length, 1);
    const again = nextPause();
    control.resume();
    // The second call pauses it again, before the next request.
    await again;
    assert.equal(tools.calls.length, 2);
    control.resume();
    assert.equal((await run).text, 'Done.');
  });

  it('waits before its next request, with what was said meanwhile', async () => {
    const { run, control, model, paused, said } = steered([answers('Done.')], {}, true);
    await paused;
    assert.equal(model.requests.length, 0);
    control.add('First this.');
    control.resume();
    await run;
    assert.deepEqual(said(0)?.at(-1), 'First this.');
  });

  it('can be cancelled while it waits', async () => {
    const { run, model, waits, paused, controller } = steered([answers('Never.')], {}, true);
    await paused;
    controller.abort(STOP);
    await assert.rejects(run, STOP);
    assert.deepEqual([model.requests.length, waits], [0, ['paused']]);
  });

  it('is not disturbed by a pause that is over before it would matter', async () => {
    const { run, control, model, waits } = steered([[text('Done.'), finish()]]);
    model.beforeStep = () => {
      control.pause();
      control.resume();
    };
    assert.equal((await run).text, 'Done.');
    assert.deepEqual(waits, []);
  });

  it('that goes round in circles goes on only where the person says so', async () => {
    const control = new TaskControl();
    assert.equal(await control.mayGoOn('It repeats itself.', new AbortController().signal), false);
    const asked: string[] = [];
    const willing = new TaskControl((problem) => {
      asked.push(problem);
      return Promise.resolve(true);
    });
    assert.equal(await willing.mayGoOn('It repeats itself.', new AbortController().signal), true);
    assert.deepEqual(asked, ['It repeats itself.']);
  });
});
