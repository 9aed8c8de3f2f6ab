import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cutBytes, dressFrame, type Cut } from '../../simulator/ragged';

const cuts = fc.oneof(fc.constantFrom<Cut>('every-byte', 'mid-utf8'), fc.integer({ min: 1, max: 40 }));

describe('a ragged stream', () => {
  it('has the same bytes, whatever the cut, and no empty packet', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), cuts, (text, cut) => {
        const bytes = Buffer.from(text, 'utf8');
        const pieces = cutBytes(bytes, cut);
        assert.deepEqual(Buffer.concat(pieces), bytes);
        assert.ok(pieces.every(({ length }) => length > 0));
      }),
    );
  });

  it('is cut inside every character of several bytes, and there only', () => {
    const pieces = cutBytes(Buffer.from('aß世🌍b', 'utf8'), 'mid-utf8').map((piece) => [...piece]);
    assert.deepEqual(pieces, [
      [0x61, 0xc3],
      [0x9f, 0xe4],
      [0xb8, 0x96, 0xf0],
      [0x9f, 0x8c, 0x8d, 0x62],
    ]);
  });

  it('is cut into packets of a size', () => {
    const sizes = cutBytes(Buffer.from('abcdefg'), 3).map(({ length }) => length);
    assert.deepEqual(sizes, [3, 3, 1]);
    assert.equal(cutBytes(Buffer.from('abcdefg'), 'every-byte').length, 7);
    assert.deepEqual(cutBytes(Buffer.from('abc'), undefined).map(String), ['abc']);
  });

  it('ends its lines as told', () => {
    const stream = (ragged: Parameters<typeof dressFrame>[1]): string =>
      dressFrame('event: error\ndata: 1', ragged, true) + dressFrame('data: 2', ragged, false);
    assert.equal(stream({}), 'event: error\ndata: 1\n\ndata: 2\n\n');
    assert.equal(stream({ lineEnd: '\r\n' }), 'event: error\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n');
    assert.equal(stream({ lineEnd: '\r' }), 'event: error\rdata: 1\r\rdata: 2\r\r');
    assert.equal(stream({ noFinalBlankLine: true }), 'event: error\ndata: 1\n\ndata: 2');
    assert.equal(stream({ comments: true }), ': keep-alive\n\nevent: error\ndata: 1\n\n: keep-alive\n\ndata: 2\n\n');
  });
});
