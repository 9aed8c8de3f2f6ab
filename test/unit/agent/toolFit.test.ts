import assert from 'node:assert/strict';
import fc from 'fast-check';
import { chooseTools, sumTokens, toolsByServer, toolTokens } from '../../../src/agent/toolFit';
import { chatBody } from '../../../src/llm/wire/chatBody';
import { tools, toolOf } from '../../support/tools';

const COUNT = { charsPerToken: 4 };

describe('the cost of a tool', () => {
  it('is that of its bytes in the body of a request', () => {
    fc.assert(
      fc.property(tools(), (all) => {
        const offered = all.map(({ definition }) => definition);
        const body = chatBody('m', { messages: [], tools: offered });
        const sent = JSON.stringify(body['tools'] ?? []).length;
        const sum = sumTokens(all, 1);
        // The two brackets, less the comma behind the last one.
        assert.equal(sum, all.length === 0 ? 0 : sent - 1);
      }),
    );
  });

  it('follows the characters that a model puts into a token', () => {
    const { definition } = toolOf('files', 'read_file', 'Reads a file.', ['path']);
    const chars = toolTokens(definition, 1);
    assert.equal(toolTokens(definition, 2), Math.ceil(chars / 2));
    assert.equal(toolTokens(definition, 4), Math.ceil(chars / 4));
  });

  it('is summed for each server, with how many of its tools are offered', () => {
    const [a, b, c] = [toolOf('files', 'read'), toolOf('web', 'get'), toolOf('files', 'write')];
    assert.deepEqual(toolsByServer([a, b, c], [c], 4), [
      { server: 'files', tools: 2, tokens: sumTokens([a, c], 4), offered: 1 },
      { server: 'web', tools: 1, tokens: sumTokens([b], 4), offered: 0 },
    ]);
  });
});

describe('a choice among tools', () => {
  const cases = tools().chain((all) =>
    fc.record({
      all: fc.constant(all),
      named: fc.shuffledSubarray([...all]),
      scores: fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: all.length, maxLength: all.length }),
      budget: fc.integer({ min: -50, max: 2_000 }),
    }),
  );

  it('costs no more than its budget, keeps the order of the tools, and is the same each time', () => {
    fc.assert(
      fc.property(cases, ({ all, named, scores, budget }) => {
        const wish = { tools: all, named, scores, budget, ...COUNT };
        const chosen = chooseTools(wish);
        assert.ok(sumTokens(chosen, 4) <= Math.max(budget, 0));
        assert.deepEqual(
          chosen,
          all.filter((tool) => chosen.includes(tool)),
        );
        assert.deepEqual(chooseTools(wish), chosen);
      }),
    );
  });

  it('gives the first places to the named ones', () => {
    fc.assert(
      fc.property(cases, ({ all, named, scores, budget }) => {
        const chosen = chooseTools({ tools: all, named, scores, budget, ...COUNT });
        const alone = chooseTools({ tools: named, named, scores: [], budget, ...COUNT });
        assert.deepEqual(new Set(chosen.filter((tool) => named.includes(tool))), new Set(alone));
      }),
    );
  });

  it('leaves no room that another tool would fill', () => {
    fc.assert(
      fc.property(cases, ({ all, named, scores, budget }) => {
        const chosen = chooseTools({ tools: all, named, scores, budget, ...COUNT });
        const left = budget - sumTokens(chosen, 4);
        for (const tool of all) assert.ok(chosen.includes(tool) || toolTokens(tool.definition, 4) > left);
      }),
    );
  });

  it('takes the better ones, and of equal ones those of each server in turn', () => {
    const all = [toolOf('a', 'one'), toolOf('a', 'two'), toolOf('b', 'six'), toolOf('b', 'ten')];
    const budget = sumTokens(all.slice(0, 2), 4);
    const names = (scores: readonly number[]) =>
      chooseTools({ tools: all, named: [], scores, budget, ...COUNT }).map(({ name }) => name);
    assert.deepEqual(names([0, 0, 0, 0]), ['one', 'six']);
    assert.deepEqual(names([0, 1, 0, 2]), ['two', 'ten']);
  });
});
