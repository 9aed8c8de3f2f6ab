import assert from 'node:assert/strict';
import type { ApprovalRule } from '../../../../src/policy/approvalRules';
import { manageGrants } from '../../../../src/vscode/questions/grants';
import { TrustStore } from '../../../../src/vscode/questions/trustStore';
import { ApprovalStore } from '../../../../src/vscode/questions/approvalStore';
import { ScriptedDialogs } from '../../../../src/vscode/testHooks';
import { memento } from '../../../support/memento';

const WRITE: ApprovalRule = { kind: 'tool', server: 'files', definition: 'print', tool: 'write' };
const READS: ApprovalRule = { kind: 'read-only', server: 'files', definition: 'print' };

const ALL: ApprovalRule = { kind: 'server', server: 'files', definition: 'print' };

describe('what is allowed beforehand', () => {
  it('is there again in the next window, in this workspace or in all', async () => {
    const [here, everywhere] = [memento(), memento()];
    await new ApprovalStore(here, everywhere).add(WRITE, 'workspace');
    await new ApprovalStore(here, everywhere).add(READS, 'workspace');
    await new ApprovalStore(here, everywhere).add(ALL, 'always');
    assert.deepEqual(new ApprovalStore(here, everywhere).rules, [WRITE, READS, ALL]);
    assert.deepEqual(new ApprovalStore(memento(), everywhere).rules, [ALL]);
  });

  it('is only what can be understood', () => {
    const odd: unknown[] = [null, 7, {}, { ...WRITE, kind: 'all' }, { ...WRITE, tool: 7 }, { ...READS, definition: 7 }];
    for (const stored of [odd, [...odd, { ...WRITE, server: undefined }], 'all', { length: 1 }]) {
      const store = new ApprovalStore(memento({ approvalRules: stored }), memento({ approvalRules: stored }));
      assert.deepEqual(store.rules, []);
    }
    const mixed = memento({ approvalRules: [...odd, WRITE] });
    assert.deepEqual(new ApprovalStore(mixed, memento()).rules, [WRITE]);
  });

  it('is revoked where the person chooses so, and else stays', async () => {
    const dialogs = new ScriptedDialogs();
    const store = new ApprovalStore(memento(), memento());
    await store.add(WRITE, 'workspace');
    await store.add(WRITE, 'always');
    await store.add(ALL, 'always');
    dialogs.answerNext(undefined);
    await manageGrants(store.grants, dialogs);
    assert.equal(store.rules.length, 3);
    dialogs.answerNext(['write', 'Allowed in this workspace']);
    await manageGrants(store.grants, dialogs);
    assert.deepEqual(store.rules, [ALL]);
    const last = dialogs.seen.at(-1);
    assert.ok(last?.kind === 'notify' && last.message.startsWith('Revoked: write, write.'));
  });

  it('of a tool that has changed is forgotten, and nothing else is', async () => {
    const store = new ApprovalStore(memento(), memento());
    const others: ApprovalRule[] = [ALL, { ...WRITE, tool: 'read' }];
    for (const rule of [WRITE, ...others]) await store.add(rule, 'workspace');
    const elsewhere = { ...WRITE, definition: 'other' };
    for (const rule of [elsewhere, WRITE]) await store.add(rule, 'always');
    await store.forgetTools('print', ['write', 'delete']);
    assert.deepEqual(store.rules, [...others, elsewhere]);
  });
});

describe('trust in a server', () => {
  const signal = new AbortController().signal;

  it('is for one definition, lasts, and is taken back', async () => {
    const [state, dialogs] = [memento(), new ScriptedDialogs()];
    const store = new TrustStore(state, dialogs);
    let changes = 0;
    store.onDidChange(() => changes++);
    await store.add('files', 'print');
    await store.add('files', 'print');
    assert.deepEqual([store.has('print'), store.has('other'), changes], [true, false, 1]);
    const next = new TrustStore(state, dialogs);
    assert.ok(next.has('print'));
    dialogs.answerNext(['Trust in files']);
    await manageGrants(next.grants, dialogs);
    assert.deepEqual([next.has('print'), next.grants], [false, []]);
  });

  it('is given only with a yes to what it means', async () => {
    const dialogs = new ScriptedDialogs();
    const store = new TrustStore(memento(), dialogs);
    dialogs.answerNext(undefined, 'Trust');
    assert.deepEqual([await store.offer('files', 'print', signal), store.has('print')], [false, false]);
    assert.deepEqual([await store.offer('files', 'print', signal), store.has('print')], [true, true]);
    assert.match(JSON.stringify(dialogs.seen), /run without a question/);
  });

  it('cannot come from a store that holds something else', () => {
    for (const stored of ['print', ['print'], [{ definition: 'print' }], [{ server: 'files', definition: ['print'] }]])
      assert.ok(!new TrustStore(memento({ trustedServers: stored }), new ScriptedDialogs()).has('print'));
  });
});
