import assert from 'node:assert/strict';
import { BridgeError } from '../../../../src/base/errors';
import type { PlannedTask } from '../../../../src/tasks/taskFileRequest';
import { QuestionDesk } from '../../../../src/vscode/questions/questionDesk';
import { TaskAgreements } from '../../../../src/vscode/taskFiles/taskAgreements';
import type { TaskPlan } from '../../../../src/vscode/taskFiles/taskPlan';
import { ScriptedDialogs } from '../../../../src/vscode/testHooks';
import { ManualClock } from '../../../support/manualClock';
import { memento } from '../../../support/memento';

const { signal } = new AbortController();

const plan = (change: Partial<PlannedTask> = {}, origin = 'a.task.md'): TaskPlan => ({
  name: 'a',
  origin,
  task: {
    text: 'Do it.',
    servers: { kind: 'none' },
    model: undefined,
    tools: [],
    limits: { rounds: undefined, tokens: undefined, minutes: undefined },
    approval: undefined,
    ...change,
  },
});

function house(
  { isHere = true, minutes }: { isHere?: boolean; minutes?: number } = {},
  kept: Record<string, unknown> = {},
) {
  const dialogs = new ScriptedDialogs();
  const clock = new ManualClock();
  const desk = new QuestionDesk({ dialogs, clock, isPersonHere: () => isHere, readPatience: () => minutes });
  const previews: string[] = [];
  const agreements = new TaskAgreements({
    state: memento(kept),
    ...{ dialogs, desk },
    summarise: ({ task }) => Promise.resolve({ lines: ['Model: m'], preview: `All of it: ${task.text}` }),
    showPreview: (_plan, preview) => Promise.resolve(void previews.push(preview)),
  });
  return { dialogs, clock, agreements, previews, kept };
}

describe('consent to a task that is written down', () => {
  it('is asked for once, in every window, until anything of it changes', async () => {
    const { dialogs, agreements, kept } = house();
    dialogs.answerNext('Run');
    assert.equal(await agreements.agree(plan(), signal), true);
    assert.equal(await agreements.agree(plan(), signal), true);
    assert.equal(await house({}, kept).agreements.agree(plan(), signal), true);
    assert.equal(dialogs.seen.length, 1);
    const changes: readonly TaskPlan[] = [
      plan({ text: 'Do it twice.' }),
      plan({ servers: { kind: 'all' } }),
      plan({ servers: { kind: 'named', names: ['a'] } }),
      plan({ model: 'm' }),
      plan({ tools: ['t'] }),
      plan({ limits: { rounds: 3, tokens: undefined, minutes: undefined } }),
      plan({ approval: 'ask' }),
      plan({}, 'b.task.md'),
    ];
    for (const changed of changes)
      assert.equal(await agreements.agree(changed, signal), false, JSON.stringify(changed));
    assert.equal(dialogs.seen.length, 1 + changes.length);
  });

  it('is not given by closing the question, nor by nobody', async () => {
    const { dialogs, agreements } = house();
    dialogs.answerNext(undefined, "Don't Run");
    assert.equal(await agreements.agree(plan(), signal), false);
    assert.equal(await agreements.agree(plan(), signal), false);
    const away = house({ isHere: false, minutes: 0 });
    assert.equal(await away.agreements.agree(plan(), signal), false);
    assert.deepEqual(away.dialogs.seen, []);
    assert.deepEqual(away.kept, {});
  });

  it('shows all of a long task before it can be given, and what hides in it', async () => {
    const { dialogs, agreements, previews } = house();
    dialogs.answerNext('Preview…', 'Run');
    assert.equal(await agreements.agree(plan({ text: `hidden\u202e ${'x'.repeat(2000)}` }), signal), true);
    const [question] = dialogs.seen;
    assert.ok(question?.kind === 'ask');
    assert.deepEqual(question.buttons, ['Preview…', 'Run']);
    assert.match(question.detail, /hidden� x+…$/);
    assert.equal(previews.length, 1);
    dialogs.answerNext('Preview…', "Don't Run");
    assert.equal(await agreements.agree(plan({ text: 'other' }), signal), false);
    assert.equal(previews.length, 2);
  });

  it('is not given by Enter, unless the person has just called for the task', async () => {
    const { dialogs, agreements } = house();
    for (const wasCalled of [false, true]) {
      await agreements.agree(plan(), signal, { wasCalled });
      const question = dialogs.seen.at(-1);
      assert.ok(question?.kind === 'ask');
      assert.deepEqual(question.buttons, wasCalled ? ['Run', 'Preview…'] : ['Preview…', 'Run']);
    }
    await agreements.agree(plan({ text: 'x'.repeat(2000) }), signal, { wasCalled: true });
    const cut = dialogs.seen.at(-1);
    assert.ok(cut?.kind === 'ask');
    assert.deepEqual(cut.buttons, ['Preview…', 'Run']);
  });

  it('ends with the task that waits for it', async () => {
    const { agreements } = house({ isHere: false });
    const ending = new AbortController();
    const asking = agreements.agree(plan(), ending.signal);
    ending.abort(new BridgeError('cancelled', 'Enough.'));
    await assert.rejects(asking, /Enough/);
  });

  it('can be taken back, each one alone', async () => {
    const { dialogs, agreements } = house();
    dialogs.answerNext('Run', 'Run');
    await agreements.agree(plan(), signal);
    await agreements.agree(plan({}, 'b$(x).task.md'), signal);
    const [first, second] = agreements.grants;
    assert.equal(second?.description, 'b$ (x).task.md');
    await first?.revoke();
    assert.equal(await agreements.agree(plan(), signal), false);
    assert.equal(await agreements.agree(plan({}, 'b$(x).task.md'), signal), true);
  });

  it('reads nothing into what it cannot understand', async () => {
    for (const taskAgreements of [null, 'x', [1, {}, { fingerprint: 3 }]]) {
      const { agreements } = house({}, { taskAgreements });
      assert.deepEqual(agreements.grants, []);
      assert.equal(await agreements.agree(plan(), signal), false);
    }
  });
});
