import assert from 'node:assert/strict';
import fc from 'fast-check';
import { splitLoneClosingTag, ThinkTagSplitter } from '../../../../src/llm/wire/thinkTags';

/** What becomes of the pieces, joined by type. */
function split(...pieces: string[]) {
  const splitter = new ThinkTagSplitter();
  const all = [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
  const join = (type: string): string =>
    all
      .filter((piece) => piece.type === type)
      .map((piece) => piece.text)
      .join('');
  return { reasoning: join('reasoning'), text: join('text') };
}

describe('inline reasoning', () => {
  it('is split from the answer', () => {
    assert.deepEqual(split('<think>Hm</think>\n\nHi'), { reasoning: 'Hm', text: 'Hi' });
    assert.deepEqual(split(' \n<think>\nHm\n</think>Hi '), { reasoning: 'Hm\n', text: 'Hi ' });
  });

  it('is found when a tag is cut anywhere', () => {
    assert.deepEqual(split('<th', 'ink', '>H', 'm</thi', 'nk', '>\n', '\nHi'), { reasoning: 'Hm', text: 'Hi' });
    assert.deepEqual(split('<think>', '\nHm</think>Hi'), { reasoning: 'Hm', text: 'Hi' });
  });

  it('leaves everything alone that is no tag at the start', () => {
    for (const text of [
      'Hi',
      ' Hi',
      '',
      '<',
      '<b>Hi</b>',
      'Use <think> for it</think>',
      '<thinking>x</thinking>',
      '  \n',
    ]) {
      assert.deepEqual(split(text), { reasoning: '', text }, JSON.stringify(text));
    }
  });

  it('keeps what looked like a closing tag and was none', () => {
    assert.deepEqual(split('<think>a </th', 'e> b</think>', 'c'), { reasoning: 'a </the> b', text: 'c' });
  });

  it('is all there is where the answer ends inside of it', () => {
    assert.deepEqual(split('<think>Hm</thi'), { reasoning: 'Hm</thi', text: '' });
    assert.deepEqual(split('<thi'), { reasoning: '', text: '<thi' });
  });

  it('shows text at once where no tag can come any more', () => {
    const splitter = new ThinkTagSplitter();
    assert.deepEqual(splitter.push('He'), [{ type: 'text', text: 'He' }]);
    assert.deepEqual(splitter.push('<'), [{ type: 'text', text: '<' }]);
  });

  it('is recognised too late in a stream where its opening tag stood in the prompt', () => {
    const isLone = (...pieces: string[]): boolean => {
      const splitter = new ThinkTagSplitter();
      for (const piece of pieces) splitter.push(piece);
      splitter.end();
      return splitter.hasLoneClosingTag;
    };
    assert.equal(isLone('Hm\n</think>\n\nHi'), true);
    assert.equal(isLone('Hm', '\n', '</th', 'ink', '>', 'Hi'), true);
    assert.equal(isLone('</think>Hi'), true);
    assert.equal(isLone('<think>Hm\n</think>Hi'), false, 'a pair');
    assert.equal(isLone('<think>Hm</think>Hi\n</think>'), false, 'after a pair');
    assert.equal(isLone('The tag </think> ends it.'), false, 'within a line it is spoken of');
    assert.equal(isLone('Begin with\n<think>', ' and end with\n</think>'), false, 'an example of both');
    assert.deepEqual(split('Hm\n</think>\n\nHi'), { reasoning: '', text: 'Hm\n</think>\n\nHi' });
  });

  it('is split from a whole answer where its opening tag stood in the prompt', () => {
    assert.deepEqual(splitLoneClosingTag('Hm\n</think>\n\nHi'), { reasoning: 'Hm', text: 'Hi' });
    assert.deepEqual(splitLoneClosingTag('</think>Hi'), { reasoning: '', text: 'Hi' });
    for (const text of ['Hi', '', 'The tag </think> ends it.', 'So:\n<think>\nHm\n</think>']) {
      assert.deepEqual(splitLoneClosingTag(text), { reasoning: '', text });
    }
  });

  it('means nothing in a raw text', () => {
    const splitter = new ThinkTagSplitter(true);
    assert.deepEqual(splitter.push('<think>a\n</think>'), [{ type: 'text', text: '<think>a\n</think>' }]);
    assert.equal(splitter.hasLoneClosingTag, false);
  });

  it('comes out the same however the content is cut', () => {
    const part = fc.constantFrom('<think>', '</think>', '<', '/', 'think', '>', '\n', ' ', 'Hm', '<th');
    const content = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(content, fc.boolean(), fc.array(fc.nat(60), { maxLength: 8 }), (rest, isTagged, cuts) => {
        const text = isTagged ? `<think>${rest}` : rest;
        const ends = [...new Set([...cuts.map((cut) => Math.min(cut, text.length)), 0, text.length])].sort(
          (a, b) => a - b,
        );
        const pieces = ends.slice(1).map((end, index) => text.slice(ends[index], end));
        assert.deepEqual(split(...pieces), split(text));
      }),
      { numRuns: 3_000 },
    );
  });
});
