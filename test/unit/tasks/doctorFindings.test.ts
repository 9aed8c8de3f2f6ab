/** Each finding of the doctor, from facts that differ from a healthy house in one thing. */
import assert from 'node:assert/strict';
import { type FindingId, FINDINGS } from '../../../src/tasks/doctorCatalogue';
import type { DoctorFacts } from '../../../src/tasks/doctorFacts';
import { findingsOf } from '../../../src/tasks/doctorFindings';
import { CASES, diagnostic, failed, mcp, models, others } from '../../support/doctorCases';
import { healthy } from '../../support/doctorFacts';
import { model } from '../../support/models';

const ids = (facts: DoctorFacts): readonly FindingId[] => findingsOf(facts).map(({ id }) => id);

/** Those that come with another one by their nature. */
const TOGETHER: Partial<Record<FindingId, readonly FindingId[]>> = {
  'server-at-other-address': ['server-unreachable'],
  'remote-loopback': ['server-unreachable'],
};

describe('the findings of the doctor', () => {
  it('are none where all is well', () => {
    assert.deepEqual(findingsOf(healthy()), []);
  });

  for (const id of Object.keys(FINDINGS) as FindingId[]) {
    it(`have ${id} where it is so, and nothing else`, () => {
      const found = findingsOf(CASES[id]);
      assert.deepEqual(
        found.map((finding) => finding.id),
        [...(TOGETHER[id] ?? []), id],
      );
      for (const { text } of found) assert.match(text, /^\S.*\.$/s, 'a sentence');
    });
  }

  it('write tokens as people do', () => {
    assert.equal(
      findingsOf(CASES['model-context-small'])[0]?.text,
      'a/b is loaded with 4,096 tokens of context: tasks with tools need 16,384 or more.',
    );
  });

  it('do not say of an older LM Studio that nobody knows the contexts, which its list has', () => {
    assert.match(
      findingsOf(CASES['server-old'])[0]?.text ?? '',
      /models cannot be loaded from .*, and less is known of them\.$/,
    );
  });

  it('begin with what keeps tasks from working', () => {
    const facts = healthy({
      models: { ...healthy().models, selfTest: undefined },
      editor: { ...healthy().editor, isTrusted: false },
      journals: { folder: '/j', bytes: 1, count: 2, interrupted: 1 },
    });
    assert.deepEqual(ids(facts), ['folder-untrusted', 'task-interrupted', 'model-not-tested']);
  });

  it('say nothing of models that nobody could ask for, and nothing of MCP servers in a folder that nobody trusts', () => {
    const facts = healthy({
      server: failed('server-unreachable').server,
      models: { ...healthy().models, list: [] },
      editor: { ...healthy().editor, isTrusted: false },
      mcp: { servers: [], diagnostics: [] },
    });
    assert.deepEqual(ids(facts), ['server-unreachable', 'folder-untrusted']);
  });

  it('name the place in a file, and every server that failed', () => {
    assert.equal(findingsOf(diagnostic('error'))[0]?.text, '/x/.mcp.json:3: Odd.');
    const failure = (name: string) => ({ code: 'mcp-start-failed', message: `"${name}" ended.` }) as const;
    const both = mcp({ state: 'failed', failure: failure('x') }, { state: 'failed', failure: failure('y') });
    assert.deepEqual(
      findingsOf(both).map(({ text }) => text),
      ['"x" ended.', '"y" ended.'],
    );
  });

  it('name every other model server that is not well, and say what is wrong', () => {
    const failure = (code: 'server-unreachable' | 'auth-required') =>
      ({ answer: { kind: 'failed', code, message: 'No.' } }) as const;
    const facts = others(
      { name: 'a', ...failure('server-unreachable') },
      {},
      { name: 'b', ...failure('auth-required') },
    );
    assert.deepEqual(
      findingsOf(facts).map(({ text }) => text),
      [
        'Model server "a": No model server answers at http://gpu:1234.',
        'Model server "b": The server at http://gpu:1234 wants an API token, and none is stored for it.',
      ],
    );
  });

  it('name all servers that would ask in one sentence', () => {
    const waiting = { needsConsent: true, state: 'stopped' } as const;
    const [finding, ...others] = findingsOf(mcp({ ...waiting, name: 'a' }, { ...waiting, name: 'b' }));
    assert.equal(finding?.text, 'You will be asked before these MCP servers are started: "a", "b".');
    assert.equal(others.length, 0);
  });

  it('leave a server alone that is switched off', () => {
    assert.deepEqual(ids(mcp({}, { state: 'switched off', needsConsent: true })), []);
  });

  it('do not warn of a model that is not loaded where nobody can tell', () => {
    const list = [model('a/b', { instances: null, toolUse: true })];
    assert.deepEqual(ids(models({ list })), []);
  });
});
