import assert from 'node:assert/strict';
import type { ApprovalRule } from '../../../src/policy/approvalRules';
import { ApprovalStore } from '../../../src/vscode/approvalStore';
import { withoutIcons, withoutLinks } from '../../../src/vscode/markup';
import { ScriptedDialogs } from '../../../src/vscode/testHooks';

/** What VS Code keeps for a workspace. */
function memento(content: Record<string, unknown> = {}) {
  return {
    keys: () => Object.keys(content),
    get: (key: string, fallback?: unknown) => content[key] ?? fallback,
    update: (key: string, value: unknown) => Promise.resolve(void (content[key] = value)),
  };
}

const WRITE: ApprovalRule = { kind: 'tool', server: 'files', definition: 'print', tool: 'write' };
const READS: ApprovalRule = { kind: 'read-only', server: 'files', definition: 'print' };

describe('what is always allowed in a workspace', () => {
  it('is there again in the next window, and another workspace knows nothing of it', async () => {
    const state = memento();
    await new ApprovalStore(state, new ScriptedDialogs()).add(WRITE);
    await new ApprovalStore(state, new ScriptedDialogs()).add(READS);
    assert.deepEqual(new ApprovalStore(state, new ScriptedDialogs()).rules, [WRITE, READS]);
    assert.deepEqual(new ApprovalStore(memento(), new ScriptedDialogs()).rules, []);
  });

  it('is only what can be understood', () => {
    const odd: unknown[] = [null, 7, {}, { ...WRITE, kind: 'all' }, { ...WRITE, tool: 7 }, { ...READS, definition: 7 }];
    for (const stored of [odd, [...odd, { ...WRITE, server: undefined }], 'all', { length: 1 }]) {
      const store = new ApprovalStore(memento({ approvalRules: stored }), new ScriptedDialogs());
      assert.deepEqual(store.rules, []);
    }
    const mixed = memento({ approvalRules: [...odd, WRITE] });
    assert.deepEqual(new ApprovalStore(mixed, new ScriptedDialogs()).rules, [WRITE]);
  });

  it('is revoked where the person chooses so, and else stays', async () => {
    const dialogs = new ScriptedDialogs();
    const store = new ApprovalStore(memento(), dialogs);
    await store.add(WRITE);
    await store.add(READS);
    dialogs.answerNext(undefined);
    await store.manage();
    assert.equal(store.rules.length, 2);
    dialogs.answerNext(['write']);
    await store.manage();
    assert.deepEqual(store.rules, [READS]);
  });
});

describe('words of others', () => {
  it('become neither links nor icons', () => {
    assert.equal(withoutLinks('a [b](command:c) d'), 'a [b] (command:c) d');
    assert.equal(withoutIcons('a $(check)'), 'a $ (check)');
  });
});
