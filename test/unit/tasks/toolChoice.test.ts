import assert from 'node:assert/strict';
import fc from 'fast-check';
import { sumTokens } from '../../../src/agent/toolFit';
import type { Tool, ToolOutcome, ToolSource } from '../../../src/agent/types';
import type { JsonObject } from '../../../src/base/json';
import { OWN_SERVER } from '../../../src/tasks/ownTools';
import { chooseForTask, type ToolChoiceRequest } from '../../../src/tasks/toolChoice';
import { toolOf, tools } from '../../support/tools';

const signal = new AbortController().signal;

function sourceOf(all: readonly Tool[]): ToolSource {
  const call = (tool: Tool, args: JsonObject): Promise<ToolOutcome> =>
    Promise.resolve({ isError: false, text: `${tool.name} ${JSON.stringify(args)}` });
  return { tools: all, call };
}

function choose(all: readonly Tool[], fields: Partial<ToolChoiceRequest> = {}) {
  return chooseForTask(sourceOf(all), {
    task: 'Read a file about the weather.',
    names: [],
    contextLength: 4_096,
    isLoaded: true,
    charsPerToken: 4,
    maxChars: 3_000,
    nearness: () => Promise.resolve(undefined),
    ...fields,
  });
}

const MANY = Array.from({ length: 60 }, (_, n) =>
  toolOf('web', `page_${String(n)}`, `Gets page ${String(n)}.`, ['url']),
);
const own = ({ tools: all }: ToolSource) => all.filter(({ server }) => server === OWN_SERVER);

describe('the choice for a task', () => {
  it('offers all where all fit, adds nothing and asks for no meaning', async () => {
    const nearness = (): never => assert.fail('not needed');
    const { source, costs, warnings } = await choose(MANY, { contextLength: 32_768, nearness });
    assert.deepEqual([source.tools, source.offered], [MANY, undefined]);
    assert.deepEqual([costs.tokens, costs.offered], [costs.offeredTokens, MANY.length]);
    assert.deepEqual(warnings, []);
  });

  it('never takes more than a third for any tools, and leaves none out of reach', async () => {
    await fc.assert(
      fc.asyncProperty(tools(), fc.integer({ min: 900, max: 6_000 }), async (all, contextLength) => {
        const { source, costs, warnings } = await choose(all, { contextLength });
        const { offered = source.tools } = source;
        assert.ok(costs.offeredTokens <= contextLength / 3);
        assert.equal(costs.offeredTokens, sumTokens(offered, 4));
        for (const tool of all) assert.ok(source.tools.includes(tool));
        if (offered === source.tools) return;
        assert.deepEqual(offered.slice(-2), own(source));
        assert.deepEqual(
          warnings.map(({ code }) => code),
          ['tools-not-offered'],
        );
        const [find] = own(source);
        assert.ok(find);
        for (const { definition } of all) {
          const { text } = await source.call(find, { query: definition.name }, signal);
          assert.ok(text.includes(`Tool ${definition.name}\n`));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('is by name, by words and by meaning, in this order', async () => {
    const offered = async (fields: Partial<ToolChoiceRequest>) =>
      ((await choose(MANY, fields)).source.offered ?? []).map(({ name }) => name);
    assert.ok((await offered({ task: 'Get page 57' })).includes('page_57'));
    assert.ok(!(await offered({ task: 'Go.' })).includes('page_57'));
    assert.ok((await offered({ task: 'Go.', names: ['web/page_57'] })).includes('page_57'));
    const nearness = () => Promise.resolve(MANY.map(({ name }) => (name === 'page_57' ? 0.9 : 0.1)));
    assert.ok((await offered({ task: 'Go.', nearness })).includes('page_57'));
  });

  it('says how many are offered, what they cost, and what the person asked for in vain', async () => {
    const big = toolOf('web', 'big', 'Big. '.repeat(2_000));
    const { warnings, source } = await choose([...MANY, big], { names: ['big', 'page_6x'] });
    const [unknown, rest] = warnings;
    assert.deepEqual([unknown?.code, rest?.code], ['tool-unknown', 'tools-not-offered']);
    assert.match(unknown?.message ?? '', /no tool|has a tool "page_6x".*Did you mean page_6/);
    assert.match(
      String(rest?.message),
      /^\d+ of 61 tools are offered, for (\d,)?\d{3} tokens in every request; all of them would take \d,\d{3}, more than a third of the context of 4,096\./,
    );
    assert.match(String(rest?.message), /big was asked for by name, but there was no room for its \d,\d{3} tokens/);
    assert.ok(!source.offered?.includes(big) && source.tools.includes(big));
  });

  it('assumes a context where the model is not loaded, and says so', async () => {
    const assumed = await choose(MANY, { isLoaded: false, contextLength: 262_144 });
    assert.equal(assumed.costs.budget, Math.floor(8_192 / 3));
    assert.equal((await choose(MANY, { isLoaded: false, contextLength: 2_048 })).costs.budget, 682);
    assert.equal((await choose(MANY, { isLoaded: false, contextLength: null })).costs.budget, 2_730);
    const { warnings } = await choose(MANY, { isLoaded: false, contextLength: 2_048 });
    assert.match(warnings[0]?.message ?? '', /a context of 2,048, which is assumed because the model is not loaded/);
  });

  it('says so where not even what finds the others fits', async () => {
    const { source, warnings } = await choose(MANY, { contextLength: 300 });
    assert.deepEqual(source.offered, own(source));
    assert.match(warnings[0]?.message ?? '', /^0 of 60 .* Even what finds them takes more than that third\./);
  });
});
