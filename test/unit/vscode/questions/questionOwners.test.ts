/** Whose a question is: it waits like every other, and the bell of a task opens that task's own. */
import assert from 'node:assert/strict';
import { raceAbort } from '../../../../src/base/abort';
import { BridgeError } from '../../../../src/base/errors';
import type { ConnectionLease } from '../../../../src/mcp/connections';
import type { InputSpec, ServerSpec } from '../../../../src/mcp/serverSpec';
import { createEvictionQuestion } from '../../../../src/vscode/models/modelPicks';
import { createElicitation } from '../../../../src/vscode/questions/elicitation';
import { createFateQuestion } from '../../../../src/vscode/questions/fateQuestion';
import { createGoOnQuestion } from '../../../../src/vscode/questions/goOnQuestion';
import { LaunchConsent } from '../../../../src/vscode/questions/launchConsent';
import { QuestionDesk } from '../../../../src/vscode/questions/questionDesk';
import { StoredInputs } from '../../../../src/vscode/servers/inputs';
import { ServerUsers } from '../../../../src/vscode/servers/serverUsers';
import { ScriptedDialogs } from '../../../../src/vscode/testHooks';
import { gate } from '../../../simulator/gate';
import { ManualClock } from '../../../support/manualClock';
import { memento } from '../../../support/memento';
import { loaded } from '../../../support/models';

const signal = new AbortController().signal;
const FILE = '/home/me/.vscode/mcp.json';
const WORD: InputSpec = {
  ...{ id: 'word', kind: 'promptString', description: 'Your word', isPassword: true, options: [], default: undefined },
};

function spec(name: string): ServerSpec {
  return {
    name,
    transport: { kind: 'stdio', command: 'node', args: [], env: {}, envFile: undefined, cwd: undefined },
    origin: { file: FILE, line: 1, column: 1 },
    source: { kind: 'vscode', scope: 'user', file: FILE, folder: undefined },
    inputs: [WORD],
    disabled: false,
  };
}

function house({ isHere = true, minutes }: { isHere?: boolean; minutes?: number } = {}) {
  const dialogs = new ScriptedDialogs();
  const desk = new QuestionDesk({
    ...{ dialogs, clock: new ManualClock(), isPersonHere: () => isHere, readPatience: () => minutes },
  });
  const users = new ServerUsers();
  const secrets = new Map<string, string>();
  const stores = {
    secrets: {
      get: (key: string) => Promise.resolve(secrets.get(key)),
      store: (key: string, value: string) => Promise.resolve(void secrets.set(key, value)),
    } as never,
    ...{ workspaceState: memento(), globalState: memento() },
  };
  const inputs = new StoredInputs(stores, { dialogs, desk, users });
  const mayEvict = createEvictionQuestion(desk, dialogs);
  const showDocument = (): Promise<void> => Promise.resolve();
  const askFate = createFateQuestion({ dialogs, desk, showDocument });
  const call = { id: '1', server: 'files', tool: 'write_file', arguments: { path: 'a' }, isRedacted: false };
  const goOn = (id: number) =>
    createGoOnQuestion({ id, label: 'Same label' }, desk, dialogs)('Round and round.', signal);
  const value = (name: string, ending = signal) => inputs.source(WORD, spec(name), ending);
  const evict = (task?: number) =>
    mayEvict(loaded('new'), [{ ...loaded('old'), activity: 'generating' }], signal, task);
  const fate = (task: number) => askFate(call, signal, task);
  const opened = () => dialogs.seen.filter(({ kind }) => kind !== 'notify');
  return { dialogs, desk, users, value, evict, fate, goOn, opened };
}

/** Lets everything that waits for nothing but its turn have it. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('a question that a task asks by itself', () => {
  it('waits behind a notification where nobody is here, and is counted: a value, an eviction, a fate', async () => {
    const { dialogs, desk, users, value, evict, fate, opened } = house({ isHere: false });
    users.begin('asks', 1);
    const answers = Promise.all([value('asks'), evict(2), fate(3)]);
    await settle();
    assert.deepEqual(opened(), [], 'no dialog is in the way');
    assert.deepEqual(
      [desk.count, desk.strays, [1, 2, 3, 4].map((task) => desk.asks(task))],
      [...[3, 0], [true, true, true, false]],
    );
    assert.deepEqual(
      dialogs.seen.map((seen) => seen.kind === 'notify' && seen.message),
      [
        'Load new although LM Studio may unload old?',
        'A task waits for you. Was the call of "write_file" of MCP server "files" done?',
        'MCP server "asks" needs the value "word" from you.',
      ],
    );
    dialogs.answerNext('It was done', 'geheim', 'Load Anyway');
    for (const task of [3, 1, 2]) {
      assert.equal(desk.openNext(task), true);
      await settle();
    }
    assert.deepEqual(await answers, ['geheim', true, 'done']);
    assert.deepEqual([desk.count, desk.asks(1)], [0, false]);
  });

  it('is refused at once where nobody is here and the settings say so', async () => {
    const { value, evict, fate, opened } = house({ isHere: false, minutes: 0 });
    assert.deepEqual([await value('asks'), await evict(1), await fate(1)], [undefined, false, 'unknown']);
    assert.deepEqual(opened(), []);
  });

  it('comes after the one that is open', async () => {
    const { dialogs, value, goOn, opened } = house();
    const held = gate();
    dialogs.answerNext(
      held.promise.then(() => 'Go on'),
      'geheim',
    );
    const answers = Promise.all([goOn(1), value('asks')]);
    await settle();
    assert.equal(opened().length, 1, 'the value is not asked for over the dialog of the task');
    held.open();
    assert.deepEqual(await answers, [true, 'geheim']);
  });

  it('is not one where a person has just asked for it: that opens at once', async () => {
    const { dialogs, desk, users, value, opened } = house({ isHere: false, minutes: 0 });
    const starting = users.begin('asks', 'person');
    dialogs.answerNext('geheim');
    assert.equal(await value('asks'), 'geheim');
    assert.equal(opened().length, 1);
    starting.dispose();
    assert.equal(desk.count, 0);
  });

  it('asks for a value once, also where two servers of a file wait for it', async () => {
    const { dialogs, desk, value, opened } = house({ isHere: false });
    const both = Promise.all([value('one'), value('two')]);
    await settle();
    assert.deepEqual([desk.count, desk.strays], [2, 2], 'they belong to no task, and are counted');
    dialogs.answerNext('geheim');
    desk.openNext();
    assert.deepEqual(await both, ['geheim', 'geheim']);
    assert.equal(opened().length, 1);
    assert.equal(await value('three'), 'geheim', 'it is kept');
  });
});

describe('the bell of a task', () => {
  it("opens the task's own question, whatever its label, and no other task's", async () => {
    const { dialogs, desk, goOn, opened } = house({ isHere: false });
    const answers = Promise.all([goOn(1), goOn(2)]);
    await settle();
    dialogs.answerNext('Go on', 'Stop');
    assert.equal(desk.openNext(3), false, 'it has none');
    await settle();
    assert.deepEqual(opened(), []);
    assert.equal(desk.openNext(2), true);
    await settle();
    assert.deepEqual([desk.asks(1), desk.asks(2)], [true, false]);
    assert.equal(desk.openNext(2), false, 'it was answered');
    assert.equal(desk.openNext(1), true);
    assert.deepEqual(await answers, [false, true]);
  });

  it('opens the consent to a server that its task wants to start', async () => {
    const { dialogs, desk, goOn } = house({ isHere: false });
    const consent = new LaunchConsent({
      ...{ state: memento(), dialogs, desk, isTrusted: () => true },
      ...{ showDifference: () => Promise.resolve(), showOrigin: () => Promise.resolve() },
    });
    const other = goOn(1);
    const asked = consent.decide([spec('files')], [], signal, 2);
    await untilCount(desk, 2);
    dialogs.answerNext('Start', 'Stop');
    assert.equal(desk.openNext(2), true);
    assert.equal((await asked).agreed.length, 1);
    desk.openNext(1);
    assert.equal(await other, false);
  });
});

describe('a question of a server', () => {
  const lease = {} as ConnectionLease;

  it('belongs to the tasks that wait for the server, else to those that hold it', async () => {
    const users = new ServerUsers();
    const started = gate();
    const source = { lease: () => started.promise.then(() => lease) };
    const { tasks, isExpected } = users.askerOf('trains');
    const first = users.sourceFor(1, source).lease(spec('trains'), signal);
    assert.deepEqual([tasks(), isExpected()], [[1], false], 'it waits for the start');
    started.open();
    await first;
    await users.sourceFor(2, source).lease(spec('trains'), signal);
    await users.sourceFor(3, source).lease(spec('other'), signal);
    assert.deepEqual(tasks(), [1, 2]);
    const call = { type: 'tool_call', id: 'a', tool: 'book', arguments: {}, recovered: false } as const;
    users.follow(2, { ...call, server: 'trains', v: 1, t: 0 } as never);
    assert.deepEqual(tasks(), [2], 'its call runs');
    users.follow(2, { type: 'tool_result', id: 'a' } as never);
    assert.deepEqual(tasks(), [1, 2]);
    users.follow(1, { ...call, server: 'trains' } as never);
    users.leave(1);
    assert.deepEqual(tasks(), [2]);
    const persons = users.begin('trains', 'person');
    assert.deepEqual([tasks(), isExpected()], [[], true]);
    persons.dispose();
    users.leave(2);
    assert.deepEqual([tasks(), isExpected()], [[], false]);
  });

  it('is left with the start that failed', async () => {
    const users = new ServerUsers();
    const source = { lease: () => Promise.reject(new BridgeError('cancelled', 'Not now.')) };
    await assert.rejects(users.sourceFor(1, source).lease(spec('trains'), signal), /Not now/);
    assert.deepEqual(users.askerOf('trains').tasks(), []);
  });

  it('is put aside with what was written where a field closes, because another input takes its place', async () => {
    const { dialogs, desk, users } = house();
    const field = (name: string) => ({
      name,
      title: name,
      isRequired: true,
      description: undefined,
      default: undefined,
    });
    const type = { kind: 'text', format: undefined, minLength: undefined, maxLength: undefined } as const;
    const elicit = createElicitation({ dialogs, desk, users, openPage: () => Promise.resolve(true) });
    users.begin('trains', 7);
    const fields = [field('from'), field('to')].map((each) => ({ ...each, type }));
    dialogs.answerNext('Answer…', 'Rome', undefined);
    const answer = elicit({ kind: 'form', server: 'trains', message: 'Where to?', fields }, signal);
    await settle();
    assert.deepEqual([desk.hasUnopened, desk.asks(7)], [true, true]);
    dialogs.answerNext('Answer…', 'Rome', 'Oslo', 'Send');
    desk.openNext(7);
    assert.deepEqual(await answer, { kind: 'accept', content: { from: 'Rome', to: 'Oslo' } });
    const presets = dialogs.seen.flatMap((seen) => (seen.kind === 'input' ? [seen.options.value] : []));
    assert.deepEqual(presets, [undefined, undefined, 'Rome', undefined], 'what was written is there again');
  });
});

/** What the question is about is read first, which takes its time. */
function untilCount(desk: QuestionDesk, wanted: number): Promise<void> {
  const reached = new Promise<void>((resolve) => {
    const look = (): void => {
      if (desk.count === wanted) setImmediate(resolve);
    };
    desk.onDidChangeCount(look);
    look();
  });
  return raceAbort(reached, signal);
}
