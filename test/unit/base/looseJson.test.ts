import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/base/json';
import { readLooseJson, readLooseObject } from '../../../src/base/looseJson';

const value = (text: string): unknown => {
  const read = readLooseJson(text);
  return read.kind === 'whole' ? read.value : read.kind;
};

/** How models damage JSON; each gives a text that means the same. */
interface Style {
  readonly quote: '"' | "'";
  readonly bareKeys: boolean;
  readonly trailingComma: boolean;
  readonly missingComma: boolean;
  readonly comment: '' | '/* why " and { */' | '// so }\n';
  readonly python: boolean;
  readonly fence: boolean;
}
const styles: fc.Arbitrary<Style> = fc.record({
  quote: fc.constantFrom('"', "'"),
  bareKeys: fc.boolean(),
  trailingComma: fc.boolean(),
  missingComma: fc.boolean(),
  comment: fc.constantFrom('', '/* why " and { */', '// so }\n'),
  python: fc.boolean(),
  fence: fc.boolean(),
});
const objects = fc.dictionary(fc.oneof(fc.constantFrom('path', 'limit', 'dry_run'), fc.string()), fc.jsonValue(), {
  maxKeys: 6,
}) as fc.Arbitrary<JsonObject>;

function damaged(object: JsonValue, style: Style): string {
  const text = (each: string): string => {
    const inner = JSON.stringify(each).slice(1, -1);
    return style.quote === '"' ? `"${inner}"` : `'${inner.replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
  };
  const list = (items: readonly string[]): string =>
    items.join(style.missingComma ? ' ' : ', ') + (style.trailingComma && items.length > 0 ? ',' : '');
  const write = (each: JsonValue): string => {
    if (typeof each === 'string') return text(each);
    if (Array.isArray(each)) return `[${list(each.map(write))}]`;
    if (isJsonObject(each)) {
      const key = (name: string): string => (style.bareKeys && /^[a-z_]+$/.test(name) ? name : text(name));
      return `{${list(Object.entries(each).map(([name, inner]) => `${style.comment}${key(name)}: ${write(inner)}`))}}`;
    }
    if (!style.python || typeof each === 'number') return JSON.stringify(each);
    return each === null ? 'None' : each ? 'True' : 'False';
  };
  return style.fence ? `\`\`\`json\n${write(object)}\n\`\`\`` : write(object);
}

describe('loose JSON', () => {
  it('is read where it is only badly written', () => {
    const wanted = { path: "it's", deep: [true, null, 1] };
    for (const text of [
      `{'path': 'it\\'s', 'deep': [True, None, 1]}`,
      `{path: "it's", deep: [true, null, 1,],}`,
      '```json\n{"path": "it\'s", "deep": [true, null, 1]}\n```',
      `{/* why */ "path": "it's" "deep": [true null 1] // so\n}`,
    ]) {
      assert.deepEqual(value(text), wanted, text);
    }
    assert.deepEqual(value('{"text": "two\nlines"}'), { text: 'two\nlines' });
  });

  it('is unreadable where anything would have to be guessed', () => {
    for (const text of [
      '{"path":}',
      '{"a": 1, "b"}',
      '{"path": "C:\\dir\\new"}',
      '{"a": "he said "hi" there"}',
      '{"a": [1, 2, ...]}',
      '{"a": 1e}',
      '{"a": undefined}',
      '{"a": NaN}',
      '{"a": hello}',
      '{"a": "b" + "c"}',
      '{"a": 1]',
      '{"a": 1}}',
      '{"a": 1} and more',
      'call({"a": 1})',
    ]) {
      assert.equal(value(text), 'unreadable', text);
    }
  });

  it('is taken out of a JSON string, and out of one in one', () => {
    for (const text of [JSON.stringify('{"a":1}'), JSON.stringify(JSON.stringify("{'a':1}"))]) {
      assert.deepEqual(readLooseObject(text), { kind: 'whole', value: { a: 1 }, isRepaired: true });
    }
    assert.equal(readLooseObject(JSON.stringify('{"a":')).kind, 'cut-off');
    assert.equal(readLooseObject('"a"').kind, 'unreadable');
    assert.equal(readLooseObject('[1]').kind, 'unreadable');
  });

  it('comes back as it was meant, or not at all', () => {
    let read = 0;
    fc.assert(
      fc.property(objects, styles, (object, style) => {
        const result = readLooseObject(damaged(object, style));
        if (result.kind !== 'whole') return;
        read++;
        assert.deepEqual(result.value, JSON.parse(JSON.stringify(object)));
      }),
      { numRuns: 1_500 },
    );
    assert.ok(read > 1_000, `only ${String(read)} of 1,500 could be read`);
  });

  it('that ends before its end is cut off, wherever that is', () => {
    fc.assert(
      fc.property(
        objects,
        styles,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (object, style, share) => {
          const text = damaged(object, style);
          const end = text.lastIndexOf('}');
          const cut = text.slice(0, Math.floor(share * end));
          assert.equal(readLooseObject(cut).kind, 'cut-off', cut);
        },
      ),
      { numRuns: 1_500 },
    );
  });

  it('with any character lost, doubled or changed never gains a value that does not stand in it', () => {
    fc.assert(
      fc.property(
        objects,
        fc.nat(),
        fc.constantFrom('', 'x', '"', "'", '}', ',', ':', '\\'),
        (object, place, noise) => {
          const text = JSON.stringify(object);
          const at = place % text.length;
          const changed = text.slice(0, at) + noise + text.slice(at + 1);
          const result = readLooseJson(changed);
          if (result.kind === 'whole' && result.isRepaired) {
            for (const leaf of leaves(result.value)) assert.ok(changed.includes(leaf), `${leaf} in ${changed}`);
          }
        },
      ),
      { numRuns: 1_500 },
    );
  });
});

/** Texts without escapes, and numbers as they are usually written. */
function leaves(each: JsonValue): string[] {
  if (Array.isArray(each)) return each.flatMap(leaves);
  if (isJsonObject(each)) return Object.values(each).flatMap(leaves);
  return typeof each === 'string' && /^[\w ]*$/.test(each) ? [each] : typeof each === 'boolean' ? [String(each)] : [];
}
