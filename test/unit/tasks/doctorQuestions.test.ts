import assert from 'node:assert/strict';
import { BridgeError } from '../../../src/base/errors';
import { loadsJustInTime } from '../../../src/tasks/doctorProbe';
import { DoctorQuestions } from '../../../src/tasks/doctorQuestions';
import { ManualClock } from '../../support/manualClock';
import { loaded, model } from '../../support/models';

const never = (): Promise<number> => new Promise(() => undefined);

describe('the questions of the doctor', () => {
  it('are given up one by one when their time is up, and the others are answered', async () => {
    const clock = new ManualClock();
    const questions = new DoctorQuestions(clock, new AbortController().signal);
    let isStopped = false;
    const stuck = questions.ask('Stuck', (signal) => {
      signal.addEventListener('abort', () => (isStopped = true));
      return never();
    });
    assert.equal(await questions.ask('Quick', () => Promise.resolve(7)), 7);
    clock.advance(14_999);
    assert.equal(isStopped, false);
    clock.advance(1);
    assert.equal(await stuck, undefined);
    assert.equal(isStopped, true);
    assert.deepEqual(questions.timings, [
      { what: 'Quick', ms: 0, end: 'done' },
      { what: 'Stuck', ms: 15_000, end: 'late' },
    ]);
    assert.equal(clock.pending, 0);
  });

  it('note a failure, and go on', async () => {
    const told: string[] = [];
    const questions = new DoctorQuestions(new ManualClock(), new AbortController().signal, ({ what }) =>
      told.push(what),
    );
    assert.equal(await questions.ask('Broken', () => Promise.reject<number>(new Error('no'))), undefined);
    assert.equal(questions.timings[0]?.end, 'failed');
    assert.deepEqual(told, ['Broken']);
  });

  it('end at once when the person cancels, with the reason', async () => {
    const controller = new AbortController();
    const questions = new DoctorQuestions(new ManualClock(), controller.signal);
    const asking = questions.ask('Stuck', never);
    controller.abort(new BridgeError('cancelled', 'Enough.'));
    await assert.rejects(asking, { code: 'cancelled', message: 'Enough.' });
    await assert.rejects(
      questions.ask('Next', () => Promise.resolve(1)),
      { message: 'Enough.' },
    );
  });
});

describe('just-in-time loading', () => {
  const onDisk = model('a/disk', { variants: ['a/disk@q4'] });

  it('is on where the OpenAI list has models that are not in memory', () => {
    assert.equal(loadsJustInTime([onDisk, loaded('b/c')], ['b/c', 'a/disk']), true);
    assert.equal(loadsJustInTime([onDisk], ['a/disk@q4']), true);
    assert.equal(loadsJustInTime([onDisk, loaded('b/c')], ['b/c']), false);
  });

  it('cannot be told where all models are in memory, or the list is missing', () => {
    assert.equal(loadsJustInTime([loaded('b/c')], ['b/c']), null);
    assert.equal(loadsJustInTime([onDisk], undefined), null);
    assert.equal(loadsJustInTime([model('x', { instances: null })], []), null);
  });
});
