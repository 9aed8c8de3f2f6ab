import assert from 'node:assert/strict';
import { askForConsent, type ConsentStore, fingerprint, type Launch } from '../../../src/policy/consent';

const LAUNCH: Launch = {
  name: 'files',
  command: 'npx',
  args: ['-y', 'server', '.'],
  env: { TOKEN: 'a', EMPTY: null },
  cwd: '/work',
  file: '/project/.mcp.json',
};
const signal = new AbortController().signal;

class MemoryStore implements ConsentStore {
  readonly prints = new Set<string>();
  has(print: string): boolean {
    return this.prints.has(print);
  }
  add(print: string): Promise<void> {
    this.prints.add(print);
    return Promise.resolve();
  }
}

describe('the fingerprint of a launch', () => {
  it('is the same for the same launch, whatever order its environment is written in', () => {
    assert.equal(fingerprint({ ...LAUNCH, env: { EMPTY: null, TOKEN: 'a' } }), fingerprint(LAUNCH));
    assert.equal(
      fingerprint({ ...LAUNCH, disabled: false } as Launch),
      fingerprint(LAUNCH),
      'what starts nothing does not count',
    );
    assert.match(fingerprint(LAUNCH), /^[0-9a-f]{64}$/);
  });

  it('is another one for every change of what would be started', () => {
    const changed: readonly Partial<Launch>[] = [
      { name: 'other' },
      { command: '/tmp/npx' },
      { args: ['-y', 'server'] },
      { args: ['server', '-y', '.'] },
      { args: ['-y', 'server .'] },
      { env: { TOKEN: 'b', EMPTY: null } },
      { env: { TOKEN: 'a' } },
      { env: { TOKEN: 'a', EMPTY: '' } },
      { cwd: '/' },
      { cwd: undefined },
      { file: '/project/.vscode/mcp.json' },
    ];
    const prints = [LAUNCH, ...changed.map((fields) => ({ ...LAUNCH, ...fields }))].map(fingerprint);
    assert.equal(new Set(prints).size, prints.length);
  });

  it('does not give the environment away', () => {
    assert.ok(!fingerprint({ ...LAUNCH, env: { TOKEN: 'hunter2' } }).includes('hunter2'));
  });
});

describe('consent', () => {
  it('is asked for once, one after the other, and remembered', async () => {
    const store = new MemoryStore();
    const asked: string[] = [];
    let open = 0;
    const ask = async ({ name }: Launch): Promise<boolean> => {
      assert.equal(++open, 1, 'one question at a time');
      asked.push(name);
      await Promise.resolve();
      open--;
      return name !== 'b';
    };
    const launches = ['a', 'b', 'c'].map((name) => ({ ...LAUNCH, name }));
    const names = ({ agreed, refused }: Awaited<ReturnType<typeof askForConsent>>) =>
      [agreed, refused].map((list) => list.map(({ name }) => name));
    assert.deepEqual(names(await askForConsent(launches, store, ask, signal)), [['a', 'c'], ['b']]);
    assert.deepEqual(names(await askForConsent(launches, store, ask, signal)), [['a', 'c'], ['b']]);
    assert.deepEqual(asked, ['a', 'b', 'c', 'b'], 'a no is not remembered');
  });

  it('is asked for again when the file changes', async () => {
    const store = new MemoryStore();
    await store.add(fingerprint(LAUNCH));
    let asked = 0;
    const ask = () => {
      asked++;
      return Promise.resolve(false);
    };
    await askForConsent([LAUNCH, { ...LAUNCH, args: ['evil'] }], store, ask, signal);
    assert.equal(asked, 1);
  });

  it('ends with what the question ends with', async () => {
    const reason = new Error('closed');
    await assert.rejects(
      askForConsent([LAUNCH], new MemoryStore(), () => Promise.reject(reason), signal),
      reason,
    );
  });
});
