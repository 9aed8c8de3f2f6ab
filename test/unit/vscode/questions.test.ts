/** How tasks wait for a person: the dialogs, their order, and what happens when nobody answers. */
import assert from 'node:assert/strict';
import type { ApprovalRequest } from '../../../src/agent/types';
import { BridgeError } from '../../../src/base/errors';
import type { ApprovalAnswer, ApprovalCase } from '../../../src/policy/gates';
import { createApprovalQuestion } from '../../../src/vscode/approvals';
import { createGoOnQuestion } from '../../../src/vscode/goOnQuestion';
import { QuestionDesk } from '../../../src/vscode/questionDesk';
import { type DialogAnswer, ScriptedDialogs, type SeenDialog } from '../../../src/vscode/testHooks';
import { gate } from '../../simulator/gate';
import { ManualClock } from '../../support/manualClock';

const signal = new AbortController().signal;
const STOP = new BridgeError('cancelled', 'Stopped.');
const NO = 'The person said no.';

interface Change {
  readonly name?: string;
  readonly readOnly?: boolean;
  readonly reason?: string;
  readonly arguments?: ApprovalRequest['arguments'];
  readonly description?: string;
}

function request({ name = 'write_file', readOnly = false, description = 'Writes.', ...change }: Change = {}) {
  const definition = { name: name.toLowerCase(), description, inputSchema: {} };
  const tool = { definition, server: 'files', name, readOnly };
  return { callId: '1', tool, arguments: { path: 'a.txt' }, reason: '', ...change } satisfies ApprovalRequest;
}

function person(minutes?: number) {
  const dialogs = new ScriptedDialogs();
  const clock = new ManualClock();
  const presence = { isHere: true };
  const documents: string[] = [];
  const desk = new QuestionDesk({
    ...{ dialogs, clock, isPersonHere: () => presence.isHere, readPatience: () => minutes },
  });
  const showDocument = (_: string, text: string): Promise<void> => Promise.resolve(void documents.push(text));
  const question = createApprovalQuestion('Tidy up', { dialogs, desk, showDocument });
  const ask = (change: Change = {}, about: Partial<ApprovalCase> = {}, ending = signal): Promise<ApprovalAnswer> => {
    const remember = (): Promise<void> => Promise.resolve();
    return question({ request: request(change), isCovered: () => false, remember, ...about }, ending);
  };
  const mayGoOn = createGoOnQuestion('Tidy up', desk, dialogs);
  const shown = () => dialogs.seen.filter((seen) => seen.kind === 'ask');
  return { dialogs, clock, presence, documents, desk, ask, mayGoOn, shown };
}

/** Lets everything that waits for nothing but its turn have it. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
}

const kinds = (seen: readonly SeenDialog[]): string[] => seen.map(({ kind }) => kind);

describe('the question before a tool call', () => {
  it('shows tool, server, task, the reason, the description and all arguments', async () => {
    const { ask, shown } = person();
    await ask({ reason: 'I write the summary.' });
    const [question] = shown();
    assert.equal(question?.message, 'Allow the tool "write_file" of MCP server "files"?');
    assert.equal(
      question.detail,
      [
        'It may change something: its server does not mark it as read-only.',
        'Task: Tidy up',
        'The model says: I write the summary.',
        'The server says of the tool: Writes.',
        'Arguments:\n{\n  "path": "a.txt"\n}',
      ].join('\n\n'),
    );
    assert.deepEqual(question.buttons, ['Allow once', 'Allow for this task', 'Always allow', 'More…', 'Deny']);
  });

  it('shows what models and servers write as it is, without hidden characters and icons', async () => {
    const { ask, shown, dialogs } = person();
    dialogs.answerNext('More…', 'Deny');
    const odd = 'a\u202eb\u001b[31m**$(check)[x](command:y)';
    await ask({ name: odd, reason: odd, description: odd, arguments: { path: odd } });
    const plain = 'a�b**$(check)[x](command:y)';
    assert.equal(shown()[0]?.message, `Allow the tool "${plain}" of MCP server "files"?`);
    assert.match(shown()[0]?.detail ?? '', /The model says: a�b\*\*/);
    const pick = dialogs.seen[1];
    assert.ok(pick?.kind === 'pickOne' && !JSON.stringify(pick.choices).includes('$('));
    assert.doesNotMatch(JSON.stringify(dialogs.seen), /[\u001b\u202e]|\\u202e/);
  });

  it('takes each answer for what it says, and a closed question for a no', async () => {
    const rule = (covers: string, scope: string) => ({ kind: 'rule', covers, scope });
    const expected: readonly (readonly [boolean, readonly DialogAnswer[], object])[] = [
      [false, ['Allow once'], { kind: 'once' }],
      [false, ['Allow for this task'], rule('tool', 'task')],
      [false, ['Always allow'], rule('tool', 'workspace')],
      [true, ['Allow once'], { kind: 'once' }],
      [true, ['Allow reads for this task'], rule('read-only', 'task')],
      [true, ['Always allow reads'], rule('read-only', 'workspace')],
      [true, ['More…', 'Allow for this task'], rule('tool', 'task')],
      [true, ['More…', 'Always allow'], rule('tool', 'workspace')],
      [false, ['More…', 'Allow once'], { kind: 'once' }],
      [false, ['More…', undefined], { kind: 'deny', reason: NO }],
      [false, ['More…', 'Deny'], { kind: 'deny', reason: NO }],
      [false, ['More…', 'Deny and say why…', undefined], { kind: 'deny', reason: NO }],
      [false, ['More…', 'Deny and say why…', '  '], { kind: 'deny', reason: NO }],
      [false, ['Deny'], { kind: 'deny', reason: NO }],
      [false, [undefined], { kind: 'deny', reason: NO }],
    ];
    for (const [readOnly, answers, answer] of expected) {
      const { ask, dialogs } = person();
      dialogs.answerNext(...answers);
      assert.deepEqual(await ask({ readOnly }), answer, answers.join(', '));
      assert.equal(dialogs.unusedAnswers, 0);
    }
  });

  it('offers no reads of a tool that may change something', async () => {
    const { ask, dialogs, shown } = person();
    dialogs.answerNext('More…', 'Allow reads for this task');
    assert.deepEqual(await ask(), { kind: 'deny', reason: NO });
    assert.ok(!shown()[0]?.buttons.some((label) => label.includes('reads')));
  });

  it('takes words with a no', async () => {
    const { ask, dialogs } = person();
    dialogs.answerNext('More…', 'Deny and say why…', ' Write into drafts/ instead. ');
    const reason = 'The person said no, and why: Write into drafts/ instead.';
    assert.deepEqual(await ask(), { kind: 'deny', reason });
  });

  it('opens long arguments as a document first', async () => {
    const { ask, dialogs, documents, shown } = person();
    dialogs.answerNext('Show all…', 'Allow once');
    assert.deepEqual(await ask({ arguments: { text: 'x'.repeat(4_000) } }), { kind: 'once' });
    assert.ok(documents[0]?.includes('x'.repeat(4_000)));
    assert.deepEqual(shown()[0]?.buttons[0], 'Show all…');
    assert.match(shown()[0]?.detail ?? '', /\(\d+ more characters\)$/);
  });
});

describe('several questions at once', () => {
  it('are shown one at a time, in order, and say how many others wait', async () => {
    const { ask, dialogs, shown } = person();
    const first = gate();
    dialogs.answerNext(
      first.promise.then(() => 'Allow once'),
      'More…',
      'Deny',
      'Allow once',
    );
    const answers = [ask({ name: 'one' }), ask({ name: 'two' }), ask({ name: 'three' })];
    await settle();
    assert.deepEqual(shown().length, 1);
    first.open();
    assert.deepEqual(
      (await Promise.all(answers)).map(({ kind }) => kind),
      ['once', 'deny', 'once'],
    );
    assert.deepEqual(kinds(dialogs.seen), ['ask', 'ask', 'pickOne', 'ask'], 'a question is answered to its end first');
    const ends = shown().map(({ detail }) => /\n\n(.* waits?\.)$/.exec(detail)?.[1]);
    assert.deepEqual(ends, ['2 more questions wait.', '1 more question waits.', undefined]);
  });

  it('are not shown where an answer before has made them needless', async () => {
    const { ask, dialogs, shown, presence } = person();
    let isCovered = false;
    const about = {
      isCovered: () => isCovered,
      remember: () => {
        isCovered = true;
        return Promise.resolve();
      },
    };
    const held = gate();
    dialogs.answerNext(held.promise.then(() => 'Always allow'));
    const first = ask({}, about);
    const second = ask({}, about);
    presence.isHere = false;
    const third = ask({}, about);
    await settle();
    held.open();
    assert.equal((await first).kind, 'rule');
    assert.deepEqual([await second, await third], [{ kind: 'covered' }, { kind: 'covered' }]);
    assert.equal(shown().length, 1);
  });

  it('are left by a task that ends, without holding up the others', async () => {
    const { ask, dialogs, shown } = person();
    const held = gate();
    const controller = new AbortController();
    dialogs.answerNext(
      held.promise.then(() => 'Allow once'),
      'Allow once',
    );
    const first = ask();
    const gone = ask({}, {}, controller.signal);
    const third = ask();
    await settle();
    controller.abort(STOP);
    await assert.rejects(gone, STOP);
    held.open();
    assert.deepEqual([(await first).kind, (await third).kind, shown().length], ['once', 'once', 2]);
  });
});

describe('a question to somebody who is not here', () => {
  it('waits behind a notification, and is shown from there', async () => {
    const { ask, dialogs, presence, desk, shown, clock } = person();
    presence.isHere = false;
    const click = gate();
    dialogs.clickNext(click.promise.then(() => 'Review…'));
    dialogs.answerNext('Allow once');
    const answer = ask();
    await settle();
    const [notice] = dialogs.seen;
    assert.ok(notice?.kind === 'notify');
    assert.equal(
      notice.message,
      'The task "Tidy up" waits for you. Allow the tool "write_file" of MCP server "files"?',
    );
    assert.deepEqual([shown().length, desk.hasUnopened, clock.pending], [0, true, 0]);
    click.open();
    assert.deepEqual([await answer, desk.hasUnopened], [{ kind: 'once' }, false]);
  });

  it('is not answered by closing the notification, and can be opened from elsewhere, the oldest first', async () => {
    const { ask, dialogs, presence, desk, shown } = person();
    presence.isHere = false;
    dialogs.answerNext('Allow once', 'Deny');
    const first = ask({ name: 'one' });
    const second = ask({ name: 'two' });
    await settle();
    assert.equal(shown().length, 0);
    desk.openNext();
    assert.equal((await first).kind, 'once');
    desk.openNext();
    assert.equal((await second).kind, 'deny');
  });

  it('says so where the notification is chosen too late', async () => {
    const { ask, dialogs, presence, desk } = person();
    presence.isHere = false;
    const click = gate();
    dialogs.clickNext(click.promise.then(() => 'Review…'));
    dialogs.answerNext('Allow once');
    const answer = ask();
    await settle();
    desk.openNext();
    await answer;
    click.open();
    await settle();
    const last = dialogs.seen.at(-1);
    assert.ok(last?.kind === 'notify' && last.message.includes('does not wait for an answer any more'));
  });

  it('is refused at once where it is to be so, and only then', async () => {
    const { ask, presence, dialogs } = person(0);
    presence.isHere = false;
    assert.deepEqual(await ask(), { kind: 'deny', reason: 'Nobody was there to answer.' });
    assert.deepEqual(dialogs.seen, []);
    presence.isHere = true;
    dialogs.answerNext('Allow once');
    assert.deepEqual(await ask(), { kind: 'once' });
  });

  it('that was answered is not waited for any more', async () => {
    const { ask, dialogs, clock } = person(10);
    dialogs.answerNext('Allow once');
    assert.deepEqual([await ask(), clock.pending], [{ kind: 'once' }, 0]);
  });

  it('is refused after the minutes that were set, wherever it waits, and not before', async () => {
    const { ask, presence, dialogs, clock, desk } = person(10);
    const never = new Promise<string>(() => undefined);
    dialogs.answerNext(never);
    const answers = [ask(), ask()];
    presence.isHere = false;
    answers.push(ask());
    let count = 0;
    for (const answer of answers) void answer.then(() => count++);
    await settle();
    clock.advance(10 * 60_000 - 1);
    await settle();
    assert.equal(count, 0);
    clock.advance(1);
    const late = { kind: 'deny', reason: 'Nobody answered within 10 minutes.' };
    assert.deepEqual(await Promise.all(answers), [late, late, late]);
    assert.deepEqual([desk.hasUnopened, clock.pending], [false, 0]);
  });

  it('ends with its task', async () => {
    const { ask, presence, desk } = person();
    presence.isHere = false;
    const controller = new AbortController();
    const answer = ask({}, {}, controller.signal);
    await settle();
    controller.abort(STOP);
    await assert.rejects(answer, STOP);
    assert.equal(desk.hasUnopened, false);
  });
});

describe('the question whether a task may go on', () => {
  it('says what is wrong; Enter and closing it mean stop', async () => {
    const { mayGoOn, dialogs, shown } = person();
    dialogs.answerNext('Go on', 'Stop', undefined);
    const answers = [];
    for (let count = 0; count < 3; count++) answers.push(await mayGoOn('The same calls again.', signal));
    assert.deepEqual(answers, [true, false, false]);
    const [question] = shown();
    assert.equal(question?.message, 'The task "Tidy up" goes round in circles. Let it go on?');
    assert.equal(question.detail, 'The same calls again.\n\nIf you stop it, it answers with what it has.');
    assert.deepEqual(question.buttons, ['Stop', 'Go on']);
  });

  it('is answered with stop where nobody is there to answer', async () => {
    const { mayGoOn, presence } = person(0);
    presence.isHere = false;
    assert.equal(await mayGoOn('The same calls again.', signal), false);
  });
});
