import assert from 'node:assert/strict';
import fc from 'fast-check';
import { viewSchema } from '../../../src/agent/schemaView';
import { ToolIndex } from '../../../src/agent/toolIndex';
import { describeMatches } from '../../../src/agent/toolSearch';
import type { JsonObject } from '../../../src/base/json';
import { toolOf, tools } from '../../support/tools';

const HUGE: JsonObject = {
  type: 'object',
  required: ['target'],
  properties: {
    target: { type: 'string', description: 'Where it goes. '.repeat(40), pattern: '^[a-z]+$' },
    ...Object.fromEntries(
      Array.from({ length: 60 }, (_, n) => [
        `option_${String(n)}`,
        {
          description: 'An option of many words. '.repeat(10),
          anyOf: [{ type: 'object', properties: { deep: { enum: ['a', 'b'] } } }, { $ref: '#/$defs/Other' }],
        },
      ]),
    ),
  },
  $defs: { Other: { type: 'array', items: { type: 'number' } } },
};

describe('a schema as text', () => {
  it('is whole where it fits', () => {
    const schema = { type: 'object', properties: { path: { type: 'string', description: 'x' } } };
    assert.deepEqual(viewSchema(schema, 1_000), { text: JSON.stringify(schema), isShort: false });
  });

  it('loses what matters least first, and never its required names', () => {
    const whole = JSON.stringify(HUGE).length;
    let last = Infinity;
    for (const limit of [whole - 1, 8_000, 4_000, 2_500, 1_000, 200]) {
      const { text, isShort } = viewSchema(HUGE, limit);
      assert.ok(isShort && text.length <= limit && text.length <= last, `${String(text.length)} of ${String(limit)}`);
      assert.match(text, /target/);
      last = text.length;
    }
    assert.match(viewSchema(HUGE, 200).text, /^properties: target \(required\), option_0, /);
    const middle = JSON.parse(viewSchema(HUGE, 6_000).text) as { properties: { target: JsonObject } };
    assert.deepEqual(middle.properties.target, { type: 'string' });
  });

  it('keeps to its size whatever the schema is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 20, max: 400 }), (value, limit) => {
        const properties = JSON.parse(JSON.stringify(value)) as JsonObject;
        const { text } = viewSchema({ type: 'object', properties }, limit);
        assert.ok(text.length <= limit);
      }),
    );
  });
});

describe('what a search says', () => {
  it('shows name, description and schema of the best, and the names of more', () => {
    const all = Array.from({ length: 12 }, (_, n) => toolOf('web', `page_${String(n)}`, 'Gets a page.', ['url']));
    const text = describeMatches(new ToolIndex(all), 'page 3', 4_000);
    assert.match(
      text,
      /^5 of 12 tools, best first:\n\nTool page_3\nGets a page\.\nArguments: \{"type":"object",.*"url"/,
    );
    assert.match(text, /Other matches: page_\d+, /);
  });

  it('names all tools where nothing matches, as many as fit', () => {
    const all = Array.from({ length: 300 }, (_, n) => toolOf('web', `page_${String(n)}`));
    const text = describeMatches(new ToolIndex(all), 'weather', 600);
    assert.match(text, /^No tool matches "weather"\. The tools are: page_0, .*, and \d+ more: ask with other words\.$/);
    assert.ok(text.length < 750);
    assert.match(describeMatches(new ToolIndex(all.slice(0, 2)), '', 600), /^The tools are: page_0, page_1\.$/);
  });

  it('shows every tool of any set to who asks for it by name, and keeps to its size', () => {
    const huge = { ...toolOf('big', 'huge'), definition: { name: 'huge', description: 'Big.', inputSchema: HUGE } };
    fc.assert(
      fc.property(tools(), fc.integer({ min: 1_000, max: 6_000 }), (some, limit) => {
        const all = [...some.filter(({ definition }) => definition.name !== 'huge'), huge];
        const index = new ToolIndex(all);
        for (const { definition } of all) {
          const text = describeMatches(index, definition.name, limit);
          assert.ok(text.includes(`best first:\n\nTool ${definition.name}\n`), text);
          assert.ok(text.length < limit + 300, String(text.length));
        }
      }),
    );
  });
});
