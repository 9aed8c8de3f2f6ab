import assert from 'node:assert/strict';
import type { ApprovalRequest, Tool } from '../../../src/agent/types';
import { type ApprovalAnswer, createAskingGate, createUnattendedGate } from '../../../src/policy/gates';

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
  function asking(...replies: ApprovalAnswer[]) {
    const asked: string[] = [];
    const gate = createAskingGate(({ tool }) => {
      asked.push(`${tool.server}/${tool.name}`);
      return Promise.resolve(replies.shift() ?? 'deny');
    });
    return { gate, asked, kindOf: async (what: ApprovalRequest) => (await gate.decide(what, signal)).kind };
  }

  it('lets read-only tools run without asking', async () => {
    const { kindOf, asked } = asking();
    assert.equal(await kindOf(request('read', true)), 'allowed');
    assert.deepEqual(asked, []);
  });

  it('asks again where the answer was for once, or a no', async () => {
    const { kindOf, asked } = asking('once', 'deny', 'once');
    const write = request('write', false);
    assert.deepEqual(
      [await kindOf(write), await kindOf(write), await kindOf(write)],
      ['approved', 'denied', 'approved'],
    );
    assert.equal(asked.length, 3);
  });

  it('remembers an answer for the task, for that tool of that server only', async () => {
    const { kindOf, asked } = asking('task');
    assert.equal(await kindOf(request('write', false)), 'approved');
    assert.equal(await kindOf(request('write', false)), 'allowed');
    assert.equal(await kindOf(request('write', false, 'other')), 'denied');
    assert.equal(await kindOf(request('delete', false)), 'denied');
    assert.deepEqual(asked, ['files/write', 'other/write', 'files/delete']);
  });

  it('does not mix up names that look alike when they are put together', async () => {
    const { kindOf, asked } = asking('task');
    await kindOf(request('c', false, 'a","b'));
    await kindOf(request('b","c', false, 'a'));
    assert.equal(asked.length, 2);
  });

  it('remembers nothing for the next task', async () => {
    const ask = (): Promise<ApprovalAnswer> => Promise.resolve('task');
    await createAskingGate(ask).decide(request('write', false), signal);
    assert.equal((await createAskingGate(ask).decide(request('write', false), signal)).kind, 'approved');
  });
});
