/** How tasks wait for a person: the dialogs, their order, and what happens when nobody answers. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApprovalRequest } from '../../../../src/agent/types';
import { BridgeError } from '../../../../src/base/errors';
import type { ApprovalAnswer, ApprovalCase } from '../../../../src/policy/gates';
import { createApprovalQuestion } from '../../../../src/vscode/questions/approvals';
import { createGoOnQuestion } from '../../../../src/vscode/questions/goOnQuestion';
import { QuestionDesk } from '../../../../src/vscode/questions/questionDesk';
import { type DialogAnswer, ScriptedDialogs, type SeenDialog } from '../../../../src/vscode/testHooks';
import { gate } from '../../../simulator/gate';
import { ManualClock } from '../../../support/manualClock';

const signal = new AbortController().signal;
const FOLDER = mkdtempSync(join(tmpdir(), 'bridge-questions-'));
const STOP = new BridgeError('cancelled', 'Stopped.');
const NO = 'The person said no.';
const TASK = { id: 1, label: 'Tidy up' };

interface Change {
  readonly name?: string;
  readonly readOnly?: boolean;
  readonly reason?: string;
  readonly arguments?: ApprovalRequest['arguments'];
  readonly description?: string;
  readonly destructive?: boolean;
  readonly caution?: string;
}

function request({ name = 'write_file', readOnly = false, description = 'Writes.', ...rest }: Change = {}) {
  const { destructive, ...change } = rest;
  const definition = { name: name.toLowerCase(), description, inputSchema: {} };
  const tool = { definition, server: 'files', name, readOnly, destructive };
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
  const differences: string[][] = [];
  const showDifference = (...texts: string[]): Promise<void> => Promise.resolve(void differences.push(texts));
  const folders = (): readonly string[] => [FOLDER];
  const question = createApprovalQuestion(TASK, { dialogs, desk, showDocument, showDifference, folders });
  const ask = (change: Change = {}, about: Partial<ApprovalCase> = {}, ending = signal): Promise<ApprovalAnswer> => {
    const remember = (): Promise<void> => Promise.resolve();
    const whole = { isTrusted: false, mayRemember: true, mayTrust: false, isCovered: () => false, remember };
    return question({ request: request(change), ...whole, ...about }, ending);
  };
  const mayGoOn = createGoOnQuestion(TASK, desk, dialogs);
  const shown = () => dialogs.seen.filter((seen) => seen.kind === 'ask');
  return { dialogs, clock, presence, documents, differences, desk, ask, mayGoOn, shown };
}

/** Lets everything that waits for nothing but its turn have it. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
}

/** Reading what a call would write takes its time. */
function eventuallyWaits(desk: QuestionDesk): Promise<unknown> {
  if (desk.hasUnopened) return Promise.resolve();
  return new Promise((resolve) => desk.onDidChange(resolve));
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
        'It may change something, delete or overwrite: its server does not mark it as read-only.',
        'Task: Tidy up',
        'The model says: I write the summary.',
        'The server says of the tool: Writes.',
        'Arguments:\npath: "a.txt"',
      ].join('\n\n'),
    );
    assert.deepEqual(question.buttons, [
      'More…',
      'Allow once',
      'Allow for this task',
      'Allow in this workspace',
      'Deny',
    ]);
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
    const expected: readonly (readonly [Partial<ApprovalCase>, readonly DialogAnswer[], object])[] = [
      [{}, ['Allow once'], { kind: 'once' }],
      [{}, ['Allow for this task'], rule('tool', 'task')],
      [{}, ['Allow in this workspace'], rule('tool', 'workspace')],
      [{ isTrusted: true }, ['Allow once'], { kind: 'once' }],
      [{ isTrusted: true }, ['Allow reads for this task'], rule('read-only', 'task')],
      [{ isTrusted: true }, ['Allow reads in this workspace'], rule('read-only', 'workspace')],
      [{ isTrusted: true }, ['More…', 'Allow for this task'], rule('tool', 'task')],
      [{}, ['More…', 'Always allow'], rule('tool', 'always')],
      [{}, ['More…', 'Allow the whole server for this task'], rule('server', 'task')],
      [{}, ['More…', 'Allow the whole server in this workspace'], rule('server', 'workspace')],
      [{ mayTrust: true }, ['More…', 'Trust the server and allow its reads'], { kind: 'trust' }],
      [{ mayRemember: false }, ['More…', 'Allow once'], { kind: 'once' }],
      [{}, ['More…', 'Deny'], { kind: 'deny', reason: NO }],
      [{}, ['More…', 'Deny and say why…', undefined], { kind: 'deny', reason: NO }],
      [{}, ['More…', 'Deny and say why…', '  '], { kind: 'deny', reason: NO }],
      [{}, ['Deny'], { kind: 'deny', reason: NO }],
      [{}, [undefined], { kind: 'deny', reason: NO }],
    ];
    for (const [about, answers, answer] of expected) {
      const { ask, dialogs } = person();
      dialogs.answerNext(...answers);
      assert.deepEqual(await ask({ readOnly: true }, about), answer, answers.join(', '));
      assert.equal(dialogs.unusedAnswers, 0);
    }
  });

  it('does not offer what the case does not allow', async () => {
    const offered = async (about: Partial<ApprovalCase>): Promise<string> => {
      const { ask, dialogs } = person();
      dialogs.answerNext('More…', 'Deny');
      await ask({ readOnly: true }, about);
      const pick = dialogs.seen[1];
      assert.ok(pick?.kind === 'pickOne');
      return pick.choices.map(({ label }) => label).join(', ');
    };
    const plain = await offered({});
    assert.doesNotMatch(plain, /Trust the server|Allow reads/);
    assert.match(plain, /Allow for this task/);
    assert.doesNotMatch(await offered({ mayRemember: false }), /Allow for this task|Always/);
  });

  it('is not answered by a list that closes: another one may have taken its place', async () => {
    const { ask, dialogs, desk } = person();
    dialogs.answerNext('More…', undefined);
    const answer = ask();
    await eventuallyWaits(desk);
    assert.match(dialogs.seen.at(-1)?.kind ?? '', /notify/);
    dialogs.answerNext('Allow once');
    assert.equal(desk.openNext(1), true);
    assert.deepEqual(await answer, { kind: 'once' });
  });

  it('offers no reads of a tool that may change something', async () => {
    const { ask, dialogs, shown } = person();
    dialogs.answerNext('More…', 'Deny');
    await ask();
    assert.doesNotMatch(JSON.stringify(dialogs.seen[1]), /Allow reads/);
    assert.ok(!shown()[0]?.buttons.some((label) => label.includes('reads')));
  });

  it('takes words with a no', async () => {
    const { ask, dialogs } = person();
    dialogs.answerNext('More…', 'Deny and say why…', ' Write into drafts/ instead. ');
    const reason = 'The person said no, and why: Write into drafts/ instead.';
    assert.deepEqual(await ask(), { kind: 'deny', reason });
  });

  it('closes the input for these words where the task ends meanwhile, so that nobody types into nothing', async () => {
    const { ask, dialogs } = person();
    const ending = new AbortController();
    const opened = new Promise<AbortSignal | undefined>((resolve) => {
      dialogs.input = (_, closing) => {
        resolve(closing);
        return new Promise((_resolve, reject) => closing?.addEventListener('abort', () => reject(STOP)));
      };
    });
    dialogs.answerNext('More…', 'Deny and say why…');
    const answer = assert.rejects(ask({}, {}, ending.signal), STOP);
    const closing = await opened;
    assert.equal(closing?.aborted, false);
    ending.abort(STOP);
    await answer;
    assert.equal(closing.aborted, true);
  });

  it('offers only this once where an answer cannot hold for more', async () => {
    const { ask, shown } = person();
    await ask({ caution: 'It has read your files.' }, { mayRemember: false });
    assert.deepEqual(shown()[0]?.buttons, ['More…', 'Allow once', 'Deny']);
    assert.match(
      shown()[0]?.detail ?? '',
      /^⚠ It has read your files\.\n\nWhat you allowed before does not cover this\./,
    );
  });

  it('is never answered by Enter, and its long list begins with a no', async () => {
    const { ask, dialogs, shown } = person();
    dialogs.answerNext('More…', 'Deny');
    await ask();
    await ask({ arguments: { text: 'x'.repeat(4_000) } });
    await ask({ arguments: { path: 'new.txt', content: 'x' } });
    for (const { buttons } of shown()) assert.match(buttons[0] ?? '', /^(More|Show all|Show difference)…$/);
    const pick = dialogs.seen[1];
    assert.equal(pick?.kind === 'pickOne' && pick.choices[0]?.label, 'Deny');
  });

  it('says what the claims of the server are worth', async () => {
    const { ask, shown } = person();
    await ask({ readOnly: true });
    await ask({ readOnly: true }, { isTrusted: true });
    await ask({ destructive: true });
    await ask({ destructive: false });
    await ask({ destructive: false }, { isTrusted: true });
    const [claim, believed, destructive, doubted, harmless] = shown().map(({ detail }) => detail.split('\n')[0]);
    assert.match(claim ?? '', /only its word/);
    assert.match(believed ?? '', /which you trust, marks it as read-only/);
    assert.match(destructive ?? '', /^⚠ It can delete or overwrite/);
    assert.match(doubted ?? '', /^It may change something, delete or overwrite/);
    assert.match(harmless ?? '', /overwrites nothing, says its server/);
  });

  it('shows texts with their lines, which cannot pass for other arguments', async () => {
    const { ask, shown } = person();
    const text = 'one\nmode: "safe"\n\u202ethree\u001b[31m';
    await ask({ arguments: { mode: 'delete', text, list: [1, { 'odd "key"': null }], empty: {} } });
    assert.match(
      shown()[0]?.detail ?? '',
      /Arguments:\nmode: "delete"\ntext: \(text of 3 lines\)\n {2}│ one\n {2}│ mode: "safe"\n {2}│ �three\nlist:\n {2}1\. 1\n {2}2\.\n {4}"odd \\"key\\"": null\nempty: \{\}$/,
    );
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

describe('the question before a call that writes a file', () => {
  after(() => rmSync(FOLDER, { recursive: true, force: true }));
  const file = join(FOLDER, 'a.txt');

  async function differencesFor(args: ApprovalRequest['arguments'], readOnly = false) {
    const { ask, dialogs, differences } = person();
    dialogs.answerNext('Show difference…', 'Allow once');
    await ask({ arguments: args, readOnly });
    return differences.map(([, before, now]) => [before, now]);
  }

  it('shows the file as it is and as it would be', async () => {
    writeFileSync(file, 'one\ntwo\n');
    assert.deepEqual(await differencesFor({ path: file, content: 'new\u202e' }), [['one\ntwo\n', 'new�']]);
    assert.deepEqual(await differencesFor({ path: 'a.txt', content: 'new' }), [['one\ntwo\n', 'new']]);
    assert.deepEqual(await differencesFor({ path: join(FOLDER, 'b.txt'), content: 'new' }), [['', 'new']]);
    const edits = [
      { oldText: 'one', newText: '$&' },
      { oldText: '$&\nt', newText: 'T' },
    ];
    assert.deepEqual(await differencesFor({ path: file, edits }), [['one\ntwo\n', 'Two\n']]);
    const edit = { file_path: file, old_string: 'two', new_string: '2' };
    assert.deepEqual(await differencesFor(edit), [['one\ntwo\n', 'one\n2\n']]);
  });

  it('shows none for files outside of the workspace, however they are reached', async () => {
    symlinkSync(tmpdir(), join(FOLDER, 'out'));
    symlinkSync('/etc/hosts', join(FOLDER, 'hosts'));
    const paths = ['/etc/hosts', '../x', join(FOLDER, 'out', 'x.txt'), join(FOLDER, 'hosts'), `${FOLDER}2/x`, FOLDER];
    for (const path of paths) assert.deepEqual(await differencesFor({ path, content: 'x' }), [], path);
  });

  it('shows none where the arguments do not say what becomes of the file', async () => {
    const edits = [{ oldText: 'absent', newText: 'x' }];
    for (const args of [{ path: file }, { content: 'x' }, { path: file, edits }, { path: file, content: 'one\ntwo\n' }])
      assert.deepEqual(await differencesFor(args), [], JSON.stringify(args));
    assert.deepEqual(await differencesFor({ path: file, content: 'x' }, true), [], 'a read');
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
    dialogs.answerNext(held.promise.then(() => 'Allow in this workspace'));
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
