import assert from 'node:assert/strict';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { closingRequest } from '../../../src/agent/closing';
import type { Message } from '../../../src/agent/types';
import { isBridgeError } from '../../../src/base/errors';
import { type JsonValue, parseJson } from '../../../src/base/json';
import type { Journal } from '../../../src/tasks/journal';
import { redactNews } from '../../../src/tasks/journalRedaction';
import { holderOf, lockRun } from '../../../src/tasks/journalLock';
import { JournalStore } from '../../../src/tasks/journalStore';
import { LineFile } from '../../../src/tasks/lineFile';
import { settleCalls } from '../../../src/tasks/openCalls';
import { DEFAULT_RETENTION } from '../../../src/tasks/retention';
import type { TaskRequest } from '../../../src/tasks/types';
import { usageOf } from '../../support/agent';

const REQUEST: TaskRequest = {
  ...{ task: 'Tidy up.', model: undefined, servers: { kind: 'all' } as const },
  ...{ maxRounds: 5, maxTokens: undefined, timeoutMs: undefined, tools: undefined, toolCalls: undefined },
};
const OPENING: readonly Message[] = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Tidy up.' },
];
const asks = (...calls: readonly [string, string][]): Message => ({
  role: 'assistant',
  content: '',
  toolCalls: calls.map(([id, args]) => ({ id, name: 'write', arguments: args })),
});
const END = {
  type: 'end',
  status: 'completed',
  code: null,
  rounds: 1,
  usage: usageOf(1, 1),
  durationMs: 5,
  recoveredCalls: 0,
  compactions: 0,
  prefixShare: null,
} as const;

const signal = new AbortController().signal;
let folder: string;
let now: number;
let store: JournalStore;

/** To be called in every `describe`: what it opens is not for the tests of other files. */
function inEachTest(): void {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lmstudio-bridge-journal-'));
    now = Date.now();
    store = new JournalStore({ folder: join(folder, 'journals'), version: '1.0.0', wallClock: () => now });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
}

const begin = async (secrets: readonly string[] = []): Promise<Journal> => {
  const journal = await store.create(REQUEST, ['/work'], secrets);
  journal.record({ type: 'conversation', messages: OPENING });
  return journal;
};
const call = (id: string, readOnly = false) =>
  ({ type: 'call', id, server: 'files', tool: 'write', arguments: { a: 1 }, readOnly }) as const;

describe('what a journal remembers', () => {
  inEachTest();

  it('is the conversation with its calls, the rounds and the tokens', async () => {
    const journal = await begin();
    journal.record({ type: 'usage', round: 1, ...usageOf(10, 5) });
    journal.record({ type: 'message', message: asks(['1', '{"a":1}'], ['2', '{}'], ['3', '{}']) });
    journal.record(call('1'));
    const result: Message = { role: 'tool', toolCallId: '1', content: 'ok', images: ['data:image/png;base64,AA=='] };
    journal.record({ type: 'message', message: result });
    journal.record(call('2'));
    await journal.close();
    const {
      messages,
      spent,
      unknown,
      redacted,
      answer,
      request,
      journal: reopened,
    } = await store.resume(journal.runId);
    await reopened.close();
    assert.deepEqual(messages, [...OPENING, asks(['1', '{"a":1}'], ['2', '{}'], ['3', '{}']), result]);
    assert.deepEqual(spent, { rounds: 1, usage: usageOf(10, 5) });
    assert.deepEqual(
      unknown.map(({ id }) => id),
      ['2'],
      'the first has its result, the third never began',
    );
    assert.deepEqual([redacted, answer, request], [[], undefined, REQUEST]);
  });

  it('knows no unknown outcome of a call that only reads, nor of one in an answer long past', async () => {
    const journal = await begin();
    journal.record({ type: 'message', message: asks(['1', '{}']) });
    journal.record(call('1'));
    journal.record({ type: 'message', message: { role: 'tool', toolCallId: '1', content: 'ok' } });
    journal.record({ type: 'conversation', messages: OPENING });
    journal.record({ type: 'message', message: asks(['1', '{}'], ['2', '{}']) });
    journal.record(call('2', true));
    await journal.close();
    const resumed = await store.resume(journal.runId);
    await resumed.journal.close();
    assert.deepEqual(resumed.unknown, []);
  });

  it('keeps what goes along with a task, and how much it wants to be asked, but no secret in either', async () => {
    const texts = [{ label: 'Selection of "a"', text: 'password hunter2, sk-lm-abcdefgh:ABCDEFGHIJKLMNOPQRST' }];
    const asked: TaskRequest = { ...REQUEST, texts, approval: 'ask-always' };
    const journal = await store.create(asked, ['/work'], ['hunter2']);
    journal.record({ type: 'resumed', version: '1.0.0', request: asked });
    const told = 'It is hunter2.';
    journal.record({ type: 'reasoning', text: told, durationMs: 1 });
    journal.record({ type: 'approval', id: '1', decision: 'approved', reason: told });
    journal.record({ type: 'warning', code: 'x', message: told });
    journal.record({ type: 'error', code: 'internal', message: told, hint: told });
    await journal.close();
    const text = await readFile(join(store.folder, `${journal.runId}.jsonl`), 'utf8');
    assert.doesNotMatch(text, /hunter2|ABCDEFGH/);
    const { request, journal: open } = await store.resume(journal.runId);
    await open.close();
    assert.equal(request.approval, 'ask-always');
    assert.deepEqual(request.texts, [{ label: 'Selection of "a"', text: 'password [redacted], sk-[redacted]' }]);
  });

  it('never lets a call run whose arguments held a secret', async () => {
    const journal = await begin(['hunter2']);
    journal.record({
      type: 'message',
      message: asks(['1', '{"password":"hunter2"}'], ['2', '{}'], ['3', '["hunter2"]']),
    });
    journal.record(call('1'));
    await journal.close();
    const resumed = await store.resume(journal.runId);
    await resumed.journal.close();
    assert.deepEqual(
      resumed.unknown.map(({ id, isRedacted }) => [id, isRedacted]),
      [['1', true]],
    );
    assert.deepEqual(
      resumed.redacted.map(({ id }) => id),
      ['3'],
    );
    const results = await settleCalls(
      resumed,
      () => Promise.resolve('again'),
      () => undefined,
      signal,
    );
    assert.deepEqual(
      results.map((result) => result.role === 'tool' && result.toolCallId),
      ['1', '3'],
    );
    assert.match(results[1]?.content ?? '', /held a secret that was not kept/);
  });

  it('is not our own last word at a limit: with other limits the run goes on as if it had not been said', async () => {
    const journal = await begin();
    journal.record({ type: 'message', message: { role: 'user', content: closingRequest('limit-rounds') } });
    await journal.close();
    const resumed = await store.resume(journal.runId);
    await resumed.journal.close();
    assert.deepEqual([resumed.messages, resumed.isTrimmed], [OPENING, true]);
  });

  it('is the answer, where only the end of the run is missing', async () => {
    const journal = await begin();
    journal.record({ type: 'message', message: { role: 'assistant', content: 'All done.', toolCalls: [] } });
    await journal.close();
    const resumed = await store.resume(journal.runId);
    await resumed.journal.close();
    assert.equal(resumed.answer, 'All done.');
  });
});

function stringsIn(value: JsonValue): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap((each) => stringsIn(each)) : [];
}

describe('redaction of a journal', () => {
  inEachTest();

  it('leaves no secret behind and arguments that are still JSON, and changes nothing else', () => {
    const secret = fc
      .string({ minLength: 6 })
      .filter((text) => text.trim().length >= 6 && !'[redacted]'.includes(text));
    const secrets = fc.array(secret, { maxLength: 3 });
    fc.assert(
      fc.property(secrets, fc.jsonValue(), fc.string(), (hidden, value, text) => {
        const args = JSON.stringify({ value, all: hidden, key: 'API token provided: "x"' });
        const content = `${text}${hidden.join(' ')}`;
        const message: Message = {
          role: 'assistant',
          content,
          toolCalls: [{ id: '1', name: 'write', arguments: args }],
        };
        const { news, redactedCalls } = redactNews({ type: 'message', message }, hidden);
        assert.ok(news.type === 'message' && news.message.role === 'assistant');
        const written = news.message.toolCalls[0]!.arguments;
        const parsed = parseJson(written);
        assert.ok(parsed.ok, written);
        for (const each of [news.message.content, ...stringsIn(parsed.value)])
          assert.ok(!hidden.some((one) => each.includes(one)), each);
        assert.deepEqual(redactedCalls, written === args ? [] : ['1']);
        const plain = redactNews({ type: 'message', message: asks(['1', '{ "a" : 1 }']) }, hidden).news;
        assert.equal(
          plain.type === 'message' && plain.message.role === 'assistant' && plain.message.toolCalls[0]?.arguments,
          '{ "a" : 1 }',
        );
      }),
    );
  });
});

describe('the lock of a run', () => {
  inEachTest();

  const lock = (): ReturnType<typeof lockRun> => lockRun(folder, 'run', () => now);

  it('is held by one, also of many who come together after a dead process', async () => {
    // Process numbers end far below this one.
    await writeFile(join(folder, 'run.7.lock'), `99999999 ${String(now)}\n`);
    const all = await Promise.all(Array.from({ length: 8 }, lock));
    const held = all.filter((each) => each !== undefined);
    assert.equal(held.length, 1);
    assert.equal(await holderOf(folder, 'run', () => now), process.pid);
    assert.equal(await lock(), undefined);
    await held[0]!.release();
    const again = await lock();
    assert.ok(again);
    await again.release();
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });

  it('says nothing once the machine has been started anew, whoever has the number now', async () => {
    await writeFile(join(folder, 'run.1.lock'), `${String(process.pid)} 1000\n`);
    assert.ok(await lock());
  });
});

describe('the journals that are kept', () => {
  inEachTest();

  const DAY = 86_400_000;
  const ended = async (daysAgo: number): Promise<string> => {
    const today = now;
    now -= daysAgo * DAY;
    const journal = await begin();
    journal.record(END);
    await journal.close();
    now = today;
    return journal.runId;
  };
  const kept = async () => new Set((await store.list()).runs.map(({ runId }) => runId));

  it('are not too many, not too old and not too large together, and never of a task that goes on or was interrupted', async () => {
    const runs = [];
    for (const days of [40, 3, 2, 1]) runs.push(await ended(days));
    const today = now;
    now -= 400 * DAY;
    const interrupted = await begin();
    await interrupted.close();
    const running = await begin();
    now = today;
    await store.prune();
    assert.deepEqual(await kept(), new Set([...runs.slice(1), interrupted.runId, running.runId]));
    await store.prune({ ...DEFAULT_RETENTION, maxCount: 2 });
    assert.deepEqual(await kept(), new Set([...runs.slice(2), interrupted.runId, running.runId]));
    await store.prune({ ...DEFAULT_RETENTION, maxBytes: 1 });
    assert.deepEqual(await kept(), new Set([interrupted.runId, running.runId]));
    await running.close();
  });

  it('leave no drafts of a crash behind', async () => {
    await begin().then((journal) => journal.close());
    const [old, young] = [join(store.folder, 'a.tmp'), join(store.folder, 'b.tmp')];
    await writeFile(old, '');
    await writeFile(young, '');
    await utimes(old, 1, 1);
    await store.prune();
    assert.deepEqual(
      (await readdir(store.folder)).filter((name) => name.endsWith('.tmp')),
      ['b.tmp'],
    );
  });
});

describe('the file of a journal', () => {
  inEachTest();

  it('has its lines in order, each once, however they come', async () => {
    const path = join(folder, 'lines');
    const file = await LineFile.open(path);
    const lines = Array.from({ length: 500 }, (_, index) => `${String(index)} ${'x'.repeat(index)}`);
    for (const [index, line] of lines.entries()) {
      file.append(line);
      if (index % 50 === 0) await file.synced();
    }
    await file.close();
    assert.equal(await readFile(path, 'utf8'), `${lines.join('\n')}\n`);
  });

  it('is with the system as soon as it was waited for, and after a failure nothing more is written', async function () {
    if (process.platform !== 'linux') this.skip();
    await symlink('/dev/full', join(folder, 'full'));
    const file = await LineFile.open(join(folder, 'full'));
    file.append('one');
    await assert.rejects(file.written(), /ENOSPC/);
    file.append('two');
    await assert.rejects(file.synced(), /ENOSPC/);
    await file.close();
  });

  it('is told of with its path and the reason where it cannot be read', async () => {
    await mkdir(store.folder);
    await assert.rejects(store.read('none'), (error) => isBridgeError(error, 'journal-failed'));
    await appendFile(join(store.folder, 'odd.jsonl'), 'not a journal\n');
    const { runs, broken } = await store.list();
    assert.deepEqual([runs.length, broken.map(({ runId }) => runId)], [0, ['odd']]);
  });
});
