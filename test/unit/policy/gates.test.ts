import assert from 'node:assert/strict';
import type { ApprovalRequest, Tool } from '../../../src/agent/types';
import { type ApprovalRule, type ApprovalRuleStore, ruleFor, type RuleScope } from '../../../src/policy/approvalRules';
import type { ApprovalPolicy } from '../../../src/policy/approvalPolicy';
import {
  type ApprovalAnswer,
  type ApprovalCase,
  createAskingGate,
  createUnattendedGate,
  type TrustedServers,
} from '../../../src/policy/gates';

const signal = new AbortController().signal;

function request(name: string, readOnly: boolean, server = 'files'): ApprovalRequest {
  const tool: Tool = { definition: { name, description: '', inputSchema: {} }, server, name, readOnly };
  return { callId: '1', tool, arguments: {}, reason: '' };
}

describe('the gate of a run that nobody watches', () => {
  const kindOf = async (mode: 'read-only' | 'all' | 'none', readOnly: boolean) =>
    (await createUnattendedGate(mode).decide(request('t', readOnly), signal)).kind;

  it('decides by its mode alone', async () => {
    assert.deepEqual([await kindOf('read-only', true), await kindOf('read-only', false)], ['allowed', 'denied']);
    assert.deepEqual([await kindOf('all', true), await kindOf('all', false)], ['allowed', 'allowed']);
    assert.deepEqual([await kindOf('none', true), await kindOf('none', false)], ['denied', 'denied']);
  });

  it('says which option refused', async () => {
    for (const mode of ['read-only', 'none'] as const) {
      const decision = await createUnattendedGate(mode).decide(request('t', false), signal);
      assert.ok(decision.kind === 'denied' && decision.reason.includes(`--approve ${mode}`));
    }
  });
});

describe('the gate that asks a person', () => {
  const ONCE: ApprovalAnswer = { kind: 'once' };
  const DENY: ApprovalAnswer = { kind: 'deny', reason: 'No.' };
  const rule = (covers: ApprovalRule['kind'], scope: RuleScope): ApprovalAnswer => ({
    kind: 'rule',
    covers,
    scope,
  });

  /** What a workspace keeps; two gates with the same one are two tasks in it. */
  function workspaceStore(...rules: ApprovalRule[]): ApprovalRuleStore {
    const store = {
      rules,
      add: (added: ApprovalRule) => {
        store.rules = [...store.rules, added];
        return Promise.resolve();
      },
    };
    return store;
  }

  function trusting(...definitions: string[]): TrustedServers {
    const known = new Set(definitions);
    return {
      has: (definition) => known.has(definition),
      add: (_, definition) => Promise.resolve(void known.add(definition)),
    };
  }

  interface More {
    readonly trusted?: TrustedServers;
    readonly policy?: () => ApprovalPolicy;
    readonly deniedBy?: (server: string, tool: string) => string | undefined;
  }

  function asking(
    replies: ApprovalAnswer[],
    store = workspaceStore(),
    definition: string | undefined = 'print',
    { trusted = trusting(), policy = () => 'allow-reads-of-trusted', deniedBy }: More = {},
  ) {
    const asked: string[] = [];
    const cases: ApprovalCase[] = [];
    const gate = createAskingGate({
      ...{ store, trusted, readPolicy: policy, definitionOf: () => definition },
      ...(deniedBy ? { deniedBy } : {}),
      ask: async (about) => {
        const { tool } = about.request;
        asked.push(`${tool.server}/${tool.name}`);
        cases.push(about);
        const answer = replies.shift() ?? DENY;
        await about.remember(answer);
        return answer;
      },
    });
    return { gate, asked, cases, kindOf: async (what: ApprovalRequest) => (await gate.decide(what, signal)).kind };
  }

  it('asks before read-only tools too: that mark is only a claim of the server', async () => {
    const { kindOf, asked } = asking([DENY]);
    assert.equal(await kindOf(request('read', true)), 'denied');
    assert.deepEqual(asked, ['files/read']);
  });

  it('asks once for all that a trusted server marks as read-only, and still before what it does not', async () => {
    const more = { trusted: trusting('print'), policy: () => 'ask' as const };
    const { kindOf, asked } = asking([rule('read-only', 'task')], workspaceStore(), 'print', more);
    assert.equal(await kindOf(request('read', true)), 'approved');
    assert.equal(await kindOf(request('list', true)), 'allowed');
    assert.equal(await kindOf(request('write', false)), 'denied');
    assert.equal(await kindOf(request('read', true, 'other')), 'denied');
    assert.deepEqual(asked, ['files/read', 'files/write', 'other/read']);
  });

  it('does not ask for the reads of a trusted server at all, as long as it is the one that was trusted', async () => {
    const trusted = trusting('print');
    const { kindOf, asked } = asking([], workspaceStore(), 'print', { trusted });
    assert.equal(await kindOf(request('read', true)), 'allowed');
    assert.equal(await kindOf(request('write', false)), 'denied');
    assert.equal(await asking([], workspaceStore(), 'changed', { trusted }).kindOf(request('read', true)), 'denied');
    assert.deepEqual(asked, ['files/write']);
  });

  it('gives a mark of a server that is not trusted no weight, whatever rule there is', async () => {
    const store = workspaceStore({ kind: 'read-only', server: 'files', definition: 'print' });
    assert.equal(await asking([], store).kindOf(request('read', true)), 'denied');
    const trusted = { trusted: trusting('print'), policy: () => 'ask' as const };
    assert.equal(await asking([], store, 'print', trusted).kindOf(request('read', true)), 'allowed');
  });

  it('takes trust as an answer, where it would answer the question', async () => {
    const { kindOf, cases, asked } = asking([ONCE, { kind: 'trust' }]);
    assert.equal(await kindOf(request('write', false)), 'approved');
    assert.equal(await kindOf(request('read', true)), 'approved');
    assert.equal(await kindOf(request('list', true)), 'allowed');
    assert.deepEqual(asked, ['files/write', 'files/read']);
    assert.deepEqual(
      cases.map(({ mayTrust }) => mayTrust),
      [false, true],
    );
    const strict = asking([], workspaceStore(), 'print', { policy: () => 'ask' });
    await strict.kindOf(request('read', true));
    assert.equal(strict.cases[0]?.mayTrust, false);
  });

  it('asks before every call where the policy says so, and remembers nothing of the answers', async () => {
    const store = workspaceStore(
      ruleFor('tool', { server: 'files', definition: 'print', tool: 'write', readOnly: false }),
    );
    const more = { trusted: trusting('print'), policy: () => 'ask-always' as const };
    const { kindOf, cases } = asking([ONCE, ONCE, ONCE], store, 'print', more);
    for (const name of ['write', 'write', 'read'])
      assert.equal(await kindOf(request(name, name === 'read')), 'approved');
    assert.deepEqual(
      cases.map(({ mayRemember, mayTrust, isCovered }) => [mayRemember, mayTrust, isCovered()]),
      Array(3).fill([false, false, false]),
    );
  });

  it('follows the settings while the task runs', async () => {
    let policy: ApprovalPolicy = 'allow-reads-of-trusted';
    const more = { trusted: trusting('print'), policy: () => policy };
    const { kindOf } = asking([], workspaceStore(), 'print', more);
    assert.equal(await kindOf(request('read', true)), 'allowed');
    policy = 'ask';
    assert.equal(await kindOf(request('read', true)), 'denied');
  });

  it('asks for a call with a caution, whatever was allowed', async () => {
    const store = workspaceStore();
    const { kindOf, cases } = asking([rule('server', 'always'), ONCE, DENY], store, 'print', {
      trusted: trusting('print'),
    });
    assert.equal(await kindOf(request('send', false)), 'approved');
    const cautious = { ...request('send', false), caution: 'It has read your files.' };
    assert.deepEqual([await kindOf(cautious), await kindOf(cautious)], ['approved', 'denied']);
    assert.equal(await kindOf(request('send', false)), 'allowed');
    assert.deepEqual(
      cases.map(({ mayRemember }) => mayRemember),
      [true, false, false],
    );
    const read = { ...request('read', true), caution: 'It has read your files.' };
    assert.equal(await kindOf(read), 'denied', 'a trusted read neither');
  });

  it('refuses what the settings forbid without a question, and says which entry does', async () => {
    const deniedBy = (server: string, tool: string) => (tool === 'write' ? `${server}/w*` : undefined);
    const { gate, asked } = asking([], workspaceStore(), 'print', { deniedBy });
    const decision = await gate.decide(request('write', false), signal);
    assert.ok(decision.kind === 'denied' && decision.reason.includes('files/w*'));
    assert.deepEqual(asked, []);
  });

  it('never asks for a read-only tool of the product itself, but for any other', async () => {
    const store = workspaceStore();
    const gate = createAskingGate({ store, definitionOf: () => undefined, ask: () => Promise.resolve(DENY) });
    assert.equal((await gate.decide(request('read_result', true, 'lmstudio-bridge'), signal)).kind, 'allowed');
    assert.equal((await gate.decide(request('forget', false, 'lmstudio-bridge'), signal)).kind, 'denied');
  });

  it('asks for a server of a file that takes the name of the product', async () => {
    const { kindOf, asked } = asking([]);
    assert.equal(await kindOf(request('read_result', true, 'lmstudio-bridge')), 'denied');
    assert.equal(asked.length, 1);
  });

  it('asks again where the answer was for once, or a no', async () => {
    const { kindOf, asked } = asking([ONCE, DENY, ONCE]);
    const write = request('write', false);
    assert.deepEqual(
      [await kindOf(write), await kindOf(write), await kindOf(write)],
      ['approved', 'denied', 'approved'],
    );
    assert.equal(asked.length, 3);
  });

  it('remembers an answer for the task, for that tool of that server only', async () => {
    const { kindOf, asked } = asking([rule('tool', 'task')]);
    assert.equal(await kindOf(request('write', false)), 'approved');
    assert.equal(await kindOf(request('write', false)), 'allowed');
    assert.equal(await kindOf(request('write', false, 'other')), 'denied');
    assert.equal(await kindOf(request('delete', false)), 'denied');
    assert.deepEqual(asked, ['files/write', 'other/write', 'files/delete']);
  });

  it('remembers nothing of it for the next task, which is also what a task taken up again is', async () => {
    const store = workspaceStore();
    assert.equal(await asking([rule('tool', 'task')], store).kindOf(request('write', false)), 'approved');
    assert.equal(await asking([], store).kindOf(request('write', false)), 'denied');
    assert.deepEqual(store.rules, []);
  });

  it('keeps what is always allowed for every task of the workspace', async () => {
    const store = workspaceStore();
    assert.equal(await asking([rule('tool', 'workspace')], store).kindOf(request('write', false)), 'approved');
    const { kindOf, asked } = asking([], store);
    assert.equal(await kindOf(request('write', false)), 'allowed');
    assert.equal(await kindOf(request('delete', false)), 'denied');
    assert.deepEqual(asked, ['files/delete']);
  });

  it('asks again when the server would be started in another way', async () => {
    const store = workspaceStore();
    await asking([rule('tool', 'workspace')], store).kindOf(request('write', false));
    assert.equal(await asking([], store, 'other print').kindOf(request('write', false)), 'denied');
  });

  it('says to the asker when a rule has come meanwhile', async () => {
    const store = workspaceStore();
    const identity = { server: 'files', definition: 'print', tool: 'write', readOnly: false };
    const seen: boolean[] = [];
    const gate = createAskingGate({
      store,
      definitionOf: () => 'print',
      ask: async ({ isCovered }) => {
        seen.push(isCovered());
        await store.add(ruleFor('tool', identity), 'workspace');
        seen.push(isCovered());
        return { kind: 'covered' };
      },
    });
    assert.deepEqual(await gate.decide(request('write', false), signal), { kind: 'allowed' });
    assert.deepEqual(seen, [false, true]);
  });

  it('passes on the words of the person', async () => {
    const { gate } = asking([{ kind: 'deny', reason: 'The person said no, and why: not there' }]);
    const decision = await gate.decide(request('write', false), signal);
    assert.deepEqual(decision, { kind: 'denied', reason: 'The person said no, and why: not there' });
  });
});
