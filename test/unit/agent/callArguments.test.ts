import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readCallArguments } from '../../../src/agent/callArguments';
import type { JsonObject } from '../../../src/base/json';
import { compileSchema } from '../../../src/base/jsonSchema';

const SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    path: { type: 'string' },
    limit: { type: 'integer' },
    ratio: { type: ['number', 'null'] },
    dry_run: { type: 'boolean' },
    tags: { type: 'array', items: { type: 'string' } },
    sizes: { type: 'array', items: { $ref: '#/$defs/size' } },
    options: { type: 'object', properties: { deep: { type: 'boolean' } }, additionalProperties: { type: 'number' } },
    any: {},
    either: { anyOf: [{ type: 'string' }, { type: 'number' }] },
  },
  $defs: { size: { type: 'number' } },
  required: ['path'],
};

function read(text: string, isCutOff = false, schema = SCHEMA) {
  return readCallArguments({ arguments: text, isCutOff }, { inputSchema: schema, validate: compileSchema(schema) });
}
function run(made: JsonObject) {
  const result = read(JSON.stringify({ path: 'a', ...made }));
  if (!result.ok) return result.problem;
  const { path, ...rest } = result.value;
  assert.equal(path, 'a');
  return { ...rest, isAltered: result.isAltered };
}

describe('the arguments of a call', () => {
  it('that fit are what the model wrote', () => {
    const made = { limit: 5, ratio: null, dry_run: true, tags: ['5'], any: '5', either: '5', options: { n: 1 } };
    assert.deepEqual(run(made), { ...made, isAltered: false });
  });

  it('are brought to the type that the schema demands', () => {
    assert.deepEqual(run({ limit: '5' }), { limit: 5, isAltered: true });
    assert.deepEqual(run({ ratio: '0.5' }), { ratio: 0.5, isAltered: true });
    assert.deepEqual(run({ dry_run: 'true' }), { dry_run: true, isAltered: true });
    assert.deepEqual(run({ dry_run: 'False' }), { dry_run: false, isAltered: true });
    assert.deepEqual(run({ tags: 'a' }), { tags: ['a'], isAltered: true });
    assert.deepEqual(run({ tags: '["a"]' }), { tags: ['a'], isAltered: true });
    assert.deepEqual(run({ sizes: '3' }), { sizes: [3], isAltered: true });
    assert.deepEqual(run({ sizes: ['3', 4] }), { sizes: [3, 4], isAltered: true });
    assert.deepEqual(run({ options: '{"deep": "true", "n": "2"}' }), {
      options: { deep: true, n: 2 },
      isAltered: true,
    });
    assert.deepEqual(run({ limit: null }), { isAltered: true }, 'an optional null is an absent one');
  });

  it('are left alone where nothing plainly stands for what is demanded', () => {
    for (const made of [
      ...[{ limit: '5.5' }, { limit: 'five' }, { limit: '' }, { limit: true }, { limit: '99999999999999999999' }],
      ...[{ dry_run: 'yes' }, { dry_run: 1 }, { path: 5 }, { path: null }, { options: 'deep' }, { tags: [null] }],
    ] as JsonObject[]) {
      const result = read(JSON.stringify({ path: 'a', ...made }));
      assert.equal(result.ok, false, JSON.stringify(made));
      assert.deepEqual(result.value, { path: 'a', ...made });
    }
  });

  it('that do not fit are refused with every failing path and what was received', () => {
    const result = read('{"limit": "five", "tags": [1, 2], "dry_run": {}}');
    assert.ok(!result.ok);
    for (const path of ["must have required property 'path'", 'limit: ', 'tags[0]: ', 'tags[1]: ', 'dry_run: '])
      assert.ok(result.problem.includes(path), `${path} in ${result.problem}`);
    assert.ok(result.problem.includes('Received: {"limit":"five","tags":[1,2],"dry_run":{}}'));
  });

  it('that are only badly written are repaired, and marked as such', () => {
    for (const text of [
      "{'path': 'a', 'limit': '5',}",
      '```json\n{path: "a", limit: 5}\n```',
      '"{\\"path\\":\\"a\\",\\"limit\\":5}"',
    ])
      assert.deepEqual(read(text), { ok: true, value: { path: 'a', limit: 5 }, isAltered: true }, text);
  });

  it('that are not there are none', () => {
    const free = { type: 'object' };
    for (const text of ['', ' \n', '{}'])
      assert.deepEqual(read(text, false, free), { ok: true, value: {}, isAltered: false });
    assert.deepEqual(read('null', false, free), { ok: true, value: {}, isAltered: true });
  });

  it('that are cut off are refused as such, whatever the server says of the answer', () => {
    for (const text of [
      '{"path":"a',
      '{"path":"a"',
      '{',
      '{"path": "a", "limit": 1',
      '"{\\"path\\":\\"a"',
      "{'path': 'a",
    ]) {
      for (const isCutOff of [false, true]) {
        const result = read(text, isCutOff);
        assert.ok(!result.ok && result.problem.includes('cut off') && result.problem.endsWith(text), text);
      }
    }
    const empty = read('', true, { type: 'object' });
    assert.ok(!empty.ok && empty.problem.includes('cut off'));
    assert.ok(!read("{'path': 'a'}", true).ok, 'damage and a cut are not told apart');
    assert.ok(read('{"path":"a"}', true).ok, 'whole is whole');
  });

  it('are never run from a beginning of them', () => {
    const made = fc.dictionary(fc.constantFrom('path', 'limit', 'x'), fc.jsonValue(), { minKeys: 1 });
    fc.assert(
      fc.property(made, fc.nat(), fc.boolean(), (object, place, isCutOff) => {
        const text = JSON.stringify(object);
        const cut = text.slice(0, 1 + (place % (text.length - 1)));
        const result = read(cut, isCutOff, { type: 'object' });
        assert.ok(!result.ok && result.problem.includes('cut off'), cut);
      }),
      { numRuns: 1_500 },
    );
  });
});
