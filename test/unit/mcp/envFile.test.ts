import assert from 'node:assert/strict';
import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { parseEnvFile } from '../../../src/mcp/envFile';

describe('mcp envFile', () => {
  it('reads names, quotes, comments and several lines', () => {
    const text = [
      '\uFEFF# a comment',
      'A=1',
      'export B = two words  # and why',
      "C='single # $A'",
      'D="line 1\\nline 2"',
      'E="',
      'more"',
      'F=',
      'nonsense',
      'A=2\r',
      'G=${env:A}',
    ].join('\n');
    assert.deepEqual(parseEnvFile(text), {
      ...{ A: '2', B: 'two words', C: 'single # $A', D: 'line 1\nline 2', E: '\nmore', F: '', G: '${env:A}' },
    });
  });

  it('reads what people write as Node does', () => {
    const name = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,5}$/);
    const plain = fc.stringMatching(/^[a-z0-9$ {}:/.=-]{0,10}$/);
    const value = fc.oneof(
      plain,
      plain.map((text) => `"${text}"`),
      plain.map((text) => `'${text} # no comment'`),
      plain.map((text) => `${text} # comment`),
    );
    const line = fc.oneof(
      fc.tuple(name, value).map(([key, text]) => `${key}=${text}`),
      fc.constantFrom('', '# comment'),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const text = lines.join('\n');
        assert.deepEqual({ ...parseEnvFile(text) }, { ...parseEnv(text) });
      }),
    );
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseEnvFile(text)));
  });
});
