import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ToolCallAssembler, type ToolCallDelta } from '../../../../src/llm/wire/toolCallAssembler';

function assemble(...deltas: ToolCallDelta[]) {
  const assembler = new ToolCallAssembler();
  for (const delta of deltas) assembler.add(delta);
  return assembler.finish();
}

const READ = { id: '931693397', name: 'read_file', arguments: '{"path":"a.ts"}' };

describe('tool call pieces', () => {
  it('are put together by their index', () => {
    const calls = assemble(
      { index: 0, id: '931693397', name: 'read_file', arguments: '' },
      { index: 0, arguments: '{"path":' },
      { index: 0, arguments: '"a.ts"}' },
    );
    assert.deepEqual(calls, [READ]);
  });

  it('of parallel calls may come interleaved', () => {
    const calls = assemble(
      { index: 0, id: '1', name: 'a', arguments: '{"x"' },
      { index: 1, id: '2', name: 'b', arguments: '{"y"' },
      { index: 0, arguments: ':1}' },
      { index: 1, arguments: ':2}' },
    );
    assert.deepEqual(calls, [
      { id: '1', name: 'a', arguments: '{"x":1}' },
      { id: '2', name: 'b', arguments: '{"y":2}' },
    ]);
  });

  it('without an index belong to the call with their id, or to the last one', () => {
    const calls = assemble(
      { id: '1', name: 'a', arguments: '{"x"' },
      { arguments: ':1}' },
      { id: '2', name: 'b', arguments: '' },
      { index: null, id: null, name: null, arguments: '{}' },
      { id: '1', arguments: ' ' },
    );
    assert.deepEqual(calls, [
      { id: '1', name: 'a', arguments: '{"x":1} ' },
      { id: '2', name: 'b', arguments: '{}' },
    ]);
  });

  it('without index and id start another call where a name plainly does', () => {
    const calls = assemble(
      { name: 'a', arguments: '{}' },
      { name: 'a', arguments: '{"x":1}' },
      { name: 'b', arguments: '' },
    );
    assert.deepEqual(
      calls.map(({ name, arguments: text }) => [name, text]),
      [
        ['a', '{}'],
        ['a', '{"x":1}'],
        ['b', ''],
      ],
    );
  });

  it('keep the first name where old builds repeat an empty one, and others the whole one', () => {
    assert.deepEqual(
      assemble({ index: 0, id: READ.id, name: 'read_file' }, { index: 0, name: '', arguments: READ.arguments }),
      [READ],
    );
    const repeated = assemble(
      { name: 'read_file', arguments: '{"path":' },
      { name: 'read_file', arguments: '"a.ts"}' },
    );
    assert.deepEqual(repeated, [{ ...READ, id: '' }]);
  });

  it('with numeric, empty and missing ids', () => {
    assert.equal(assemble({ index: 0, id: 931693397, name: 'f' })[0]?.id, '931693397');
    assert.equal(assemble({ index: 0, id: '', name: 'f' }, { index: 0, id: '', arguments: '{}' })[0]?.id, '');
    assert.equal(assemble({ index: 0, name: 'f' }, { index: 0, id: '7', arguments: '{}' })[0]?.id, '7');
  });

  it('of parallel calls that all claim the index 0 are told apart by id', () => {
    const calls = assemble(
      { index: 0, id: '1', name: 'a', arguments: '{"x":1' },
      { index: 0, arguments: '}' },
      { index: 0, id: '2', name: 'a', arguments: '{"x":2' },
      { index: 0, arguments: '}' },
    );
    assert.deepEqual(
      calls.map((call) => call.arguments),
      ['{"x":1}', '{"x":2}'],
    );
  });

  it('stay one call where a server gives every piece another id', () => {
    const calls = assemble(
      { index: 0, id: 'x1', name: 'read_file', arguments: '{"path":' },
      { index: 0, id: 'x2', arguments: '"a.ts"}' },
    );
    assert.deepEqual(calls, [{ ...READ, id: 'x1' }]);
  });

  it('without an index stay one call where every piece has another id, and two where both have the same', () => {
    const pieces = assemble(
      { id: 'x1', name: 'read_file', arguments: '{"path":' },
      { id: 'x2', arguments: '"a.ts"}' },
      { id: 'x3', name: 'list', arguments: '{}' },
    );
    assert.deepEqual(pieces, [
      { ...READ, id: 'x1' },
      { id: 'x3', name: 'list', arguments: '{}' },
    ]);
    const twins = assemble(
      { id: '1', name: 'list', arguments: '{"a":1}' },
      { id: '1', name: 'list', arguments: '{"a":2}' },
    );
    assert.deepEqual(
      twins.map((call) => call.arguments),
      ['{"a":1}', '{"a":2}'],
    );
  });

  it('that have nothing but arguments are one call without a name', () => {
    assert.deepEqual(assemble({ arguments: '{"a"' }, { arguments: ':1}' }), [
      { id: '', name: '', arguments: '{"a":1}' },
    ]);
  });

  it('with arguments that came as an object become text', () => {
    assert.equal(assemble({ index: 0, name: 'f', arguments: { path: 'a' } })[0]?.arguments, '{"path":"a"}');
  });

  it('give the same calls however finely the arguments are cut', () => {
    const call = fc.record({ id: fc.uuid(), name: fc.constantFrom('a', 'b'), text: fc.json() });
    const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 });
    fc.assert(
      fc.property(
        fc.uniqueArray(call, { selector: ({ id }) => id, maxLength: 4 }),
        sizes,
        fc.boolean(),
        (wanted, cuts, hasIndex) => {
          const deltas = wanted.flatMap(({ id, name, text }, position): ToolCallDelta[] => {
            const index = hasIndex ? { index: position } : {};
            const pieces: ToolCallDelta[] = [{ ...index, id, name, arguments: '' }];
            for (let at = 0, turn = 0; at < text.length; turn++) {
              const end = at + (cuts[turn % cuts.length] ?? 1);
              pieces.push({ ...index, arguments: text.slice(at, end) });
              at = end;
            }
            return pieces;
          });
          assert.deepEqual(
            assemble(...deltas),
            wanted.map(({ id, name, text }) => ({ id, name, arguments: text })),
          );
        },
      ),
    );
  });
});
