import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type ApprovalRule, isCovered, ruleFor, type ToolIdentity, withRule } from '../../../src/policy/approvalRules';

const WRITE: ToolIdentity = { server: 'files', definition: 'abc', tool: 'write', readOnly: false };
const READ: ToolIdentity = { ...WRITE, tool: 'read', readOnly: true };

describe('a rule about tools', () => {
  it('covers the tool that it was made for', () => {
    assert.ok(isCovered(WRITE, [ruleFor('tool', WRITE)]));
    assert.ok(!isCovered(WRITE, []));
  });

  it('covers no other tool, no other server, and not the same name started in another way', () => {
    const rules = [ruleFor('tool', WRITE)];
    const others: Partial<ToolIdentity>[] = [{ tool: 'delete' }, { server: 'other' }, { definition: 'abd' }];
    for (const change of [...others, { definition: null }])
      assert.equal(isCovered({ ...WRITE, ...change }, rules), false, JSON.stringify(change));
  });

  it('for what a server marks as read-only covers these tools, also new ones, and no others', () => {
    const rules = [ruleFor('read-only', READ)];
    assert.ok(isCovered(READ, rules));
    assert.ok(isCovered({ ...READ, tool: 'list' }, rules));
    assert.ok(!isCovered(WRITE, rules));
    assert.ok(!isCovered({ ...READ, readOnly: false }, rules), 'a mark that is gone covers nothing');
    assert.ok(!isCovered({ ...READ, server: 'other' }, rules));
    assert.ok(!isCovered({ ...READ, definition: 'abd' }, rules));
  });

  it('for a whole server covers all its tools, and no other server', () => {
    const rules = [ruleFor('server', WRITE)];
    assert.ok(isCovered(WRITE, rules) && isCovered({ ...READ, tool: 'new' }, rules));
    assert.ok(!isCovered({ ...WRITE, server: 'other' }, rules));
    assert.ok(!isCovered({ ...WRITE, definition: 'abd' }, rules));
  });

  it('covers only what is equal in server, definition and, for a tool, its name', () => {
    const names = fc.constantFrom('a', 'b', 'a"', '', '__proto__');
    const identities = fc.record<ToolIdentity>({
      ...{ server: names, definition: fc.option(names), tool: names, readOnly: fc.boolean() },
    });
    fc.assert(
      fc.property(identities, identities, fc.constantFrom('tool', 'server', 'read-only'), (one, other, kind) => {
        const isSame = one.server === other.server && one.definition === other.definition;
        const fits = kind === 'server' || (kind === 'tool' ? one.tool === other.tool : other.readOnly);
        assert.equal(isCovered(other, [ruleFor(kind, one)]), isSame && fits);
      }),
    );
  });

  it('takes the place of the one for an earlier definition of the server, and of no other', () => {
    const others: readonly ApprovalRule[] = [ruleFor('read-only', WRITE), ruleFor('tool', READ)];
    const old = ruleFor('tool', { ...WRITE, definition: 'old' });
    const rule = ruleFor('tool', WRITE);
    assert.deepEqual(withRule([old, ...others], rule), [...others, rule]);
    assert.deepEqual(withRule(withRule([], rule), rule), [rule]);
    const reads = ruleFor('read-only', READ);
    assert.deepEqual(withRule([ruleFor('read-only', { ...READ, definition: 'old' }), rule], reads), [rule, reads]);
  });
});
