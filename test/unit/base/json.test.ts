import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalJson, isJsonObject, parseJson } from '../../../src/base/json';

describe('JSON', () => {
  it('parses into a value or an error, never a throw', () => {
    assert.deepEqual(parseJson('{"a":[1,null]}'), { ok: true, value: { a: [1, null] } });
    for (const text of ['', '{', 'undefined', "{'a':1}", '{"a":1,}']) assert.equal(parseJson(text).ok, false, text);
    fc.assert(fc.property(fc.string(), (text) => typeof parseJson(text).ok === 'boolean'));
  });

  it('knows objects from arrays, null and the rest', () => {
    assert.equal(isJsonObject({}), true);
    for (const value of [[], null, undefined, 'x', 1, true]) assert.equal(isJsonObject(value), false);
  });

  it('writes equal values as equal text, in whatever order their keys came', () => {
    assert.equal(canonicalJson({ b: [{ d: 1, c: 2 }], a: null }), '{"a":null,"b":[{"c":2,"d":1}]}');
    const reversed = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(reversed)
        : isJsonObject(value)
          ? Object.fromEntries(
              Object.entries(value)
                .reverse()
                .map(([key, inner]) => [key, reversed(inner)]),
            )
          : value;
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.equal(canonicalJson(reversed(value)), canonicalJson(value));
        // Through text both times, because JSON has no -0.
        assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('keeps the order of arrays, because it means something', () => {
    assert.notEqual(canonicalJson(['a', 'b']), canonicalJson(['b', 'a']));
  });
});
