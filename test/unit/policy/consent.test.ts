import assert from 'node:assert/strict';
import {
  type AddressLaunch,
  askForConsent,
  changesOf,
  type ConsentCase,
  type ConsentRecord,
  type ConsentStore,
  fingerprint,
  type Launch,
  launchFacts,
  type ProcessLaunch,
  withRecord,
} from '../../../src/policy/consent';

const LAUNCH: ProcessLaunch = {
  kind: 'process',
  name: 'files',
  command: 'npx',
  args: ['-y', 'server', '.'],
  env: { TOKEN: 'hunter2', EMPTY: null },
  envFile: undefined,
  cwd: '/work',
  file: '/project/.mcp.json',
};
const ADDRESS: AddressLaunch = {
  kind: 'address',
  name: 'remote',
  url: 'https://example.test/mcp',
  headers: { Authorization: 'Bearer hunter2' },
  file: '/project/.mcp.json',
};
const signal = new AbortController().signal;
const asItIs = (text: string): string => text;

class MemoryStore implements ConsentStore {
  records: readonly ConsentRecord[] = [];
  add(record: ConsentRecord): Promise<void> {
    this.records = withRecord(this.records, record);
    return Promise.resolve();
  }
}

function person(agrees: (name: string) => boolean, store = new MemoryStore()) {
  const asked: ConsentCase<Launch>[] = [];
  let open = 0;
  const ask = async (consent: ConsentCase<Launch>): Promise<boolean> => {
    assert.equal(++open, 1, 'one question at a time');
    asked.push(consent);
    await Promise.resolve();
    open--;
    return agrees(consent.launch.name);
  };
  const decide = (...launches: Launch[]) => askForConsent(launches, { store, ask, hide: () => asItIs }, signal);
  return { asked, decide, store };
}

describe('the fingerprint of a launch', () => {
  it('is the same for the same launch, whatever order its environment is written in', () => {
    assert.equal(fingerprint({ ...LAUNCH, env: { EMPTY: null, TOKEN: 'hunter2' } }), fingerprint(LAUNCH));
    const more = { ...LAUNCH, disabled: false };
    assert.equal(fingerprint(more), fingerprint(LAUNCH), 'what starts nothing does not count');
    assert.match(fingerprint(LAUNCH), /^[0-9a-f]{64}$/);
  });

  it('is another one for every change of what would be started', () => {
    const changed: readonly Partial<ProcessLaunch>[] = [
      { name: 'other' },
      { command: '/tmp/npx' },
      { args: ['-y', 'server'] },
      { args: ['server', '-y', '.'] },
      { args: ['-y', 'server .'] },
      { env: { TOKEN: 'b', EMPTY: null } },
      { env: { TOKEN: 'hunter2' } },
      { env: { TOKEN: 'hunter2', EMPTY: '' } },
      { envFile: '.env' },
      { envFile: '.env', envFileText: '' },
      { envFile: '.env', envFileText: 'NODE_OPTIONS=--require ./evil.js' },
      { cwd: '/' },
      { cwd: undefined },
      { file: '/project/.vscode/mcp.json' },
    ];
    const prints = [LAUNCH, ...changed.map((fields) => ({ ...LAUNCH, ...fields }))].map(fingerprint);
    assert.equal(new Set(prints).size, prints.length);
  });

  it('is another one for every change of where a connection goes and of what is sent there', () => {
    const changed: readonly Partial<AddressLaunch>[] = [
      { url: 'https://example.test/mcp2' },
      { headers: {} },
      { headers: { Authorization: 'Bearer other' } },
      { headers: { Authorization: 'Bearer hunter2', 'X-More': '' } },
      { clientId: 'me' },
      { name: 'files' },
      { file: '/other/.mcp.json' },
    ];
    const prints = [ADDRESS, ...changed.map((fields) => ({ ...ADDRESS, ...fields }))].map(fingerprint);
    assert.equal(new Set(prints).size, prints.length);
  });
});

describe('the facts of a launch', () => {
  it('are everything that would run, and of the environment and headers only names', () => {
    const lines = (launch: Launch): string[] =>
      launchFacts(launch, asItIs).map(({ name, value }) => `${name}: ${value}`);
    assert.deepEqual(lines({ ...LAUNCH, envFile: '/work/.env', envFileText: 'A=hunter2' }), [
      'Command: npx',
      'Argument 1: -y',
      'Argument 2: server',
      'Argument 3: .',
      'Environment variable TOKEN: set',
      'Environment variable EMPTY: removed',
      'Environment file: /work/.env',
      'Working directory: /work',
    ]);
    assert.deepEqual(lines({ ...ADDRESS, clientId: 'me' }), [
      'Address: https://example.test/mcp',
      'Header Authorization: sent',
      'Signs in as client: me',
    ]);
  });

  it('give no secret away, in what is kept neither', () => {
    const hide = (text: string): string => text.replaceAll('hunter2', '[redacted]');
    const launches = [LAUNCH, ADDRESS, { ...LAUNCH, args: ['--key=hunter2'], envFileText: 'hunter2' }];
    for (const launch of launches) assert.doesNotMatch(JSON.stringify(launchFacts(launch, hide)), /hunter2/);
  });

  it('tell what has changed, also of what is not shown', () => {
    const before = launchFacts({ ...LAUNCH, envFile: '/e', envFileText: 'A=1' }, asItIs);
    const now: ProcessLaunch = { ...LAUNCH, envFile: '/e', envFileText: 'A=2', args: ['-y', 'evil'], cwd: undefined };
    const after = launchFacts({ ...now, env: { TOKEN: 'other', NEW: '1' } }, asItIs);
    assert.deepEqual(changesOf(before, after), [
      { name: 'Argument 2', was: 'server', is: 'evil' },
      { name: 'Environment variable TOKEN', was: 'set', is: 'set, with other content' },
      { name: 'Environment variable NEW', was: undefined, is: 'set' },
      { name: 'Environment file', was: '/e', is: '/e, with other content' },
      { name: 'Working directory', was: '/work', is: 'the workspace folder' },
      { name: 'Argument 3', was: '.', is: undefined },
      { name: 'Environment variable EMPTY', was: 'removed', is: undefined },
    ]);
    assert.deepEqual(changesOf(before, before), []);
  });
});

describe('consent', () => {
  it('is asked for once, one after the other, and remembered', async () => {
    const { decide, asked } = person((name) => name !== 'b');
    const launches = ['a', 'b', 'c'].map((name) => ({ ...LAUNCH, name }));
    const names = ({ agreed, refused }: Awaited<ReturnType<typeof decide>>) =>
      [agreed, refused].map((list) => list.map(({ name }) => name));
    assert.deepEqual(names(await decide(...launches)), [['a', 'c'], ['b']]);
    assert.deepEqual(names(await decide(...launches)), [['a', 'c'], ['b']]);
    assert.deepEqual(
      asked.map(({ launch }) => launch.name),
      ['a', 'b', 'c', 'b'],
      'a no is not remembered',
    );
  });

  it('is asked for again when the file changes, with what was agreed to last', async () => {
    const { decide, asked } = person(() => true);
    await decide(LAUNCH);
    await decide({ ...LAUNCH, args: ['evil'] });
    await decide(LAUNCH, { ...LAUNCH, args: ['evil'] });
    assert.deepEqual(
      asked.map(({ before }) => before?.map(({ value }) => value)[1]),
      [undefined, '-y'],
      'and going back asks nothing',
    );
    await decide({ ...LAUNCH, file: '/other/.mcp.json' });
    assert.equal(asked[2]?.before, undefined, 'another file is another server');
  });

  it('says when another question has settled it meanwhile, and keeps it once', async () => {
    const store = new MemoryStore();
    const seen: boolean[] = [];
    const ask = async ({ isSettled }: ConsentCase<Launch>): Promise<boolean> => {
      seen.push(isSettled());
      const { name, file } = LAUNCH;
      await store.add({ fingerprint: fingerprint(LAUNCH), name, file, facts: [] });
      seen.push(isSettled());
      return true;
    };
    await askForConsent([LAUNCH], { store, ask, hide: () => asItIs }, signal);
    assert.deepEqual([seen, store.records.length], [[false, true], 1]);
  });

  it('remembers only the last definitions of an entry', () => {
    const record = (index: number, name: string) => ({ fingerprint: String(index), name, file: '/f', facts: [] });
    let records: readonly ConsentRecord[] = [record(1000, 'other')];
    for (let index = 0; index < 25; index++) records = withRecord(records, record(index, 'files'));
    assert.deepEqual(
      records.map((known) => known.fingerprint),
      ['1000', ...Array.from({ length: 10 }, (_, index) => String(15 + index))],
    );
  });

  it('ends with what the question ends with', async () => {
    const reason = new Error('closed');
    const ask = (): Promise<boolean> => Promise.reject(reason);
    await assert.rejects(
      askForConsent([LAUNCH], { store: new MemoryStore(), ask, hide: () => asItIs }, signal),
      reason,
    );
  });
});
