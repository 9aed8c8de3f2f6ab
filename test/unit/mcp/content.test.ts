import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readContent, toolResultSchema } from '../../../src/mcp/content';

const toText = (result: object): string => readContent(toolResultSchema.parse(result)).text;

describe('content of tool results', () => {
  it('joins texts by newlines', () => {
    const content = ['one', 'two'].map((text) => ({ type: 'text', text }));
    assert.equal(toText({ content, structuredContent: { ignored: true } }), 'one\ntwo');
  });

  it('gives structured content as JSON where there is no text', () => {
    assert.equal(toText({ content: [], structuredContent: { a: [1, 'x'] } }), '{"a":[1,"x"]}');
    assert.equal(toText({ content: [{ type: 'text', text: ' ' }], structuredContent: { a: 1 } }), '{"a":1}\n ');
  });

  it('has pictures beside the text, which says where they stand, by themselves or as a resource', () => {
    const data = Buffer.alloc(1500).toString('base64');
    const content = [
      { type: 'image', data, mimeType: 'image/png' },
      { type: 'text', text: 'and' },
      { type: 'resource', resource: { uri: 'file:///a.jpg', blob: 'AAAA', mimeType: 'image/jpeg' } },
    ];
    assert.deepEqual(readContent(toolResultSchema.parse({ content })), {
      text: '[image 1: image/png, 1.5 kB]\nand\n[image 2: image/jpeg, 3 bytes]',
      images: [`data:image/png;base64,${data}`, 'data:image/jpeg;base64,AAAA'],
    });
  });

  it('replaces sound, and pictures that no model takes, by what they are', () => {
    const content = [
      { type: 'image', data: 'AAAA', mimeType: 'image/svg+xml' },
      { type: 'image', data: 'AAAA' },
      { type: 'audio', data: Buffer.from('abc').toString('base64'), mimeType: 'audio/wav' },
    ];
    assert.deepEqual(readContent(toolResultSchema.parse({ content })), {
      text: '[image: image/svg+xml, 3 bytes, not shown]\n[image: unknown type, 3 bytes, not shown]\n[audio: audio/wav, 3 bytes, not shown]',
      images: [],
    });
  });

  it('gives resources with their addresses', () => {
    assert.equal(
      toText({
        content: [
          { type: 'resource', resource: { uri: 'file:///a.txt', text: 'hello' } },
          { type: 'resource', resource: { uri: 'file:///a.bin', blob: 'AAAA', mimeType: 'application/x' } },
          { type: 'resource_link', uri: 'file:///b', name: 'b', description: 'the other one' },
          { type: 'resource_link', uri: 'file:///c', name: 'c' },
        ],
      }),
      [
        '[resource file:///a.txt]',
        'hello',
        '[resource file:///a.bin: application/x, 3 bytes, not shown]',
        '[resource link: b <file:///b>: the other one]',
        '[resource link: c <file:///c>]',
      ].join('\n'),
    );
  });

  it('says so where there is nothing', () => {
    for (const result of [{}, { content: [] }, { content: null }, { content: [{ type: 'text', text: '' }] }]) {
      assert.equal(toText(result), '(no content)');
    }
  });

  it('does not lose the rest for a block that it does not know', () => {
    const content = [{ type: 'hologram', data: 1 }, { type: 'text', text: 'x' }, { type: 'text' }, 3];
    assert.equal(
      toText({ content }),
      '[content of type "hologram", not shown]\nx\n[content of type "text", not shown]\n[content that cannot be read]',
    );
  });

  it('always gives some text', () => {
    fc.assert(fc.property(fc.object(), (result) => toText(result).length > 0));
    fc.assert(fc.property(fc.array(fc.anything()), (content) => toText({ content }).length > 0));
  });
});
