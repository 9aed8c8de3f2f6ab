import assert from 'node:assert/strict';
import fc from 'fast-check';
import { APPROVAL_POLICIES, deniedBy, joinedDenyList, strictestPolicy } from '../../../src/policy/approvalPolicy';

const rank = (policy: unknown): number => APPROVAL_POLICIES.findIndex((known) => known === policy);

describe('the approval policy of several places', () => {
  it('is the strictest of them, so that adding a place never loosens it', () => {
    const value = fc.oneof(fc.constantFrom(...APPROVAL_POLICIES), fc.constant(undefined));
    const fallback = fc.constantFrom(...APPROVAL_POLICIES);
    fc.assert(
      fc.property(fc.array(value), value, fallback, (values, more, byDefault) => {
        const result = strictestPolicy(values, byDefault);
        for (const each of values) assert.ok(rank(result) >= rank(each));
        const set = values.filter((each) => each !== undefined);
        assert.ok(set.length === 0 ? result === byDefault : set.includes(result));
        if (set.length > 0) assert.ok(rank(strictestPolicy([...values, more], byDefault)) >= rank(result));
      }),
    );
  });

  it('is the strictest of all where a value is not understood', () => {
    fc.assert(
      fc.property(fc.anything(), (odd) => {
        fc.pre(odd !== undefined && rank(odd) < 0);
        assert.equal(strictestPolicy(['allow-reads-of-trusted', odd], 'ask'), 'ask-always');
      }),
    );
  });
});

describe('the list of what is forbidden', () => {
  it('has the entries of all places', () => {
    assert.deepEqual(joinedDenyList([['a', ' b '], undefined, ['b', 7, null], 'c', { d: 1 }, ['']]), ['a', 'b', 'c']);
  });

  it('never forbids less when a place adds to it', () => {
    const entry = fc.constantFrom('files', 'files/write', '*', 'f*/w*', 'other', '*/read', '');
    const name = fc.constantFrom('files', 'other', 'f');
    fc.assert(
      fc.property(fc.array(entry), fc.array(entry), name, name, (person, workspace, server, tool) => {
        if (deniedBy(joinedDenyList([person]), server, tool) !== undefined)
          assert.notEqual(deniedBy(joinedDenyList([person, workspace]), server, tool), undefined);
      }),
    );
  });

  it('names servers and tools, with stars, in any case', () => {
    const cases: readonly (readonly [string, string, string | undefined, boolean])[] = [
      ['files', 'files', undefined, true],
      ['files', 'files', 'write', true],
      ['Files', 'files', undefined, true],
      ['files', 'files2', undefined, false],
      ['files/write', 'files', 'write', true],
      ['files/write', 'files', undefined, false],
      ['files/write', 'files', 'write2', false],
      ['*/delete_*', 'files', 'delete_all', true],
      ['*/delete_*', 'files', 'undelete_all', false],
      ['*', 'files', undefined, true],
      ['a*b*c', 'abc', undefined, true],
      ['a*b*c', 'acb', undefined, false],
      ['ab*ba', 'aba', undefined, false],
      ['a.c', 'abc', undefined, false],
    ];
    for (const [entry, server, tool, isDenied] of cases)
      assert.equal(deniedBy([entry], server, tool) !== undefined, isDenied, `${entry} ${server}/${tool ?? ''}`);
  });

  it('cannot hang: a pattern of a repository is matched in little time', () => {
    const before = performance.now();
    assert.equal(deniedBy([`${'a*'.repeat(5000)}b`], 'a'.repeat(20_000)), undefined);
    // On any machine: what tries every way never ends.
    assert.ok(performance.now() - before < 10_000);
  });
});
