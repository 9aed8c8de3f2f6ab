import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JsonObject, JsonValue } from '../../../src/base/json';
import { compileSchema } from '../../../src/base/jsonSchema';

const problems = (schema: JsonObject, value: JsonValue): readonly string[] => {
  const check = compileSchema(schema)(value);
  return check.ok ? [] : check.problems;
};

const EDIT = {
  type: 'object',
  properties: {
    path: { type: 'string' },
    edits: { type: 'array', items: { type: 'object', properties: { 'old/text': { type: 'string' } } } },
    mode: { enum: ['fast', 'safe'] },
  },
  required: ['path'],
  additionalProperties: false,
};

describe('JSON schemas', () => {
  it('accept what fits', () => {
    assert.deepEqual(problems(EDIT, { path: 'a.ts', edits: [{ 'old/text': 'x' }], mode: 'safe' }), []);
  });

  it('say where and what is wrong, in words that a model can act on', () => {
    assert.deepEqual(problems(EDIT, { edits: [{ 'old/text': 1 }], mode: 'slow', colour: 'red' }), [
      "arguments: must have required property 'path'",
      'arguments: must NOT have additional properties ("colour")',
      'edits[0].old/text: must be string',
      'mode: must be equal to one of the allowed values ("fast", "safe")',
    ]);
  });

  it('name fifty problems at most, and count the rest', () => {
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`p${String(index)}`, 1]));
    const told = problems(EDIT, { path: '', ...many });
    assert.deepEqual([told.length, told.at(-1)], [51, 'and 10 more']);
  });

  it('are read by the rules of their own dialect', () => {
    // In draft-07 an array of `items` describes a tuple; 2020-12 calls that `prefixItems`.
    const tuple = {
      type: 'object',
      properties: { pair: { type: 'array', items: [{ type: 'string' }, { type: 'number' }] } },
    };
    const wrong = { pair: ['a', 'b'] };
    assert.deepEqual(problems({ $schema: 'http://json-schema.org/draft-07/schema#', ...tuple }, wrong), [
      'pair[1]: must be number',
    ]);
    const prefix = {
      type: 'object',
      properties: { pair: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] } },
    };
    assert.deepEqual(problems({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...prefix }, wrong), [
      'pair[1]: must be number',
    ]);
    assert.deepEqual(problems(prefix, wrong), ['pair[1]: must be number'], 'without a dialect: 2020-12');
    const dependent = {
      $schema: 'https://json-schema.org/draft/2019-09/schema',
      type: 'object',
      dependentRequired: { a: ['b'] },
    };
    assert.equal(problems(dependent, { a: 1 }).length, 1);
  });

  it('follow references into $defs and definitions', () => {
    const node = { type: 'object', properties: { next: { $ref: '#/$defs/node' }, value: { type: 'number' } } };
    const schema = { $ref: '#/$defs/node', $defs: { node } };
    assert.deepEqual(problems(schema, { next: { next: { value: 'x' } } }), ['next.next.value: must be number']);
    const old = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      definitions: { n: { type: 'number' } },
      properties: { a: { $ref: '#/definitions/n' } },
    };
    assert.deepEqual(problems(old, { a: 'x' }), ['a: must be number']);
  });

  it('ignore keywords and formats that nobody knows', () => {
    const schema = {
      type: 'object',
      'x-order': 1,
      properties: { at: { type: 'string', format: 'date-time-ish', example: 2 } },
    };
    assert.deepEqual(problems(schema, { at: 'now' }), []);
    assert.deepEqual(problems(schema, { at: 1 }), ['at: must be string']);
  });

  it('demand nothing where the schema itself cannot be used', () => {
    const broken: JsonObject[] = [
      { type: 'objekt' },
      { properties: { a: { $ref: 'https://example.com/elsewhere.json' } } },
      { properties: { a: { pattern: '(' } } },
      { $schema: 'http://json-schema.org/draft-04/schema#', properties: { a: { maximum: 1, exclusiveMaximum: true } } },
      { required: 'path' },
    ];
    for (const schema of broken) assert.deepEqual(problems(schema, { a: 'x' }), [], JSON.stringify(schema));
  });

  it('can share an $id with others', () => {
    const schema = { $id: 'https://example.com/tool', type: 'object', required: ['a'] };
    for (const turn of [1, 2]) assert.equal(problems(schema, {}).length, 1, String(turn));
  });

  it('cannot make checking asynchronous, which would accept everything and fail later where nobody looks', async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', listener);
    try {
      assert.equal(problems({ $async: true, type: 'object', required: ['a'] }, {}).length, 1);
      await nextTurn();
      assert.deepEqual(unhandled, []);
    } finally {
      process.off('unhandledRejection', listener);
    }
  });
});
