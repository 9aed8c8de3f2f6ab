import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readLmContent } from '../../../../src/vscode/chat/lmToolContent';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (parts: readonly unknown[]): string => readLmContent(parts).text;

describe("what VS Code's tools give back", () => {
  it('is text, the words of a prompt, and data that can be read', () => {
    const prompt = {
      node: { type: 1, children: [{ text: 'one' }, { children: [{ text: 'two', lineBreakBefore: true }, 7, null] }] },
    };
    assert.equal(text([{ value: 'a' }, { value: prompt }, { value: '' }]), 'a\none\ntwo');
    assert.equal(text([{ data: bytes('{"n":1}'), mimeType: 'application/json' }]), '{"n":1}');
    assert.equal(text([{ data: bytes('é'), mimeType: 'text/markdown' }]), 'é');
    assert.equal(text([]), '(no content)');
  });

  it('names what cannot be shown, and loses nothing that it does not know', () => {
    assert.equal(
      text([{ data: bytes('%PDF'), mimeType: 'application/pdf' }]),
      '[data: application/pdf, 4 bytes, not shown]',
    );
    assert.equal(
      text([{ value: { other: 'tree' } }, 7, { strange: 1 }]),
      ['{"other":"tree"}', '[content that cannot be read]', '[content that cannot be read]'].join('\n'),
    );
    assert.deepEqual(readLmContent([{ data: bytes('abc'), mimeType: 'image/PNG' }]), {
      isError: false,
      text: '[image 1: image/PNG, 3 bytes]',
      images: ['data:image/png;base64,YWJj'],
    });
  });

  it('never throws, however deep', () => {
    let node: unknown = { text: 'deep' };
    for (let depth = 0; depth < 5_000; depth++) node = { children: [node] };
    assert.equal(typeof text([{ value: { node } }]), 'string');
    fc.assert(
      fc.property(fc.array(fc.anything()), (parts) => {
        assert.notEqual(text(parts), '');
      }),
    );
  });
});
