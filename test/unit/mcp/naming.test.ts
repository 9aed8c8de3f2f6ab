import assert from 'node:assert/strict';
import fc from 'fast-check';
import { assignToolNames, toSnakeCase } from '../../../src/mcp/naming';

const named = (tools: readonly string[], server = 's') => tools.map((tool) => ({ server, tool }));

describe('tool names for models', () => {
  it('writes names in snake case', () => {
    const cases = {
      readFile: 'read_file',
      'read-file': 'read_file',
      'Read File': 'read_file',
      read__file: 'read_file',
      getHTTPResponse: 'get_http_response',
      'v2.list/all': 'v2_list_all',
      élan: 'elan',
      搜索: '',
    };
    for (const [name, expected] of Object.entries(cases)) assert.equal(toSnakeCase(name), expected, name);
  });

  it('uses the own name with one server, and puts the server before it with several', () => {
    assert.deepEqual(assignToolNames(named(['readFile', 'write']), false), ['read_file', 'write']);
    assert.deepEqual(assignToolNames(named(['readFile'], 'My Files'), true), ['my_files__read_file']);
  });

  it('lets the verbatim name win a collision, in whatever order they come', () => {
    const [first, second] = assignToolNames(named(['readFile', 'read_file']), false);
    assert.match(first ?? '', /^read_file_[0-9a-f]{8}$/);
    assert.equal(second, 'read_file');
    assert.deepEqual(assignToolNames(named(['read_file', 'readFile']), false), [second, first]);
  });

  it('shortens long names to 64 characters, stably', () => {
    const long = 'a'.repeat(80);
    const [first, second] = assignToolNames(named([long, `${long}b`]), false);
    assert.equal(first?.length, 64);
    assert.notEqual(first, second);
    assert.deepEqual(assignToolNames(named([`${long}b`]), false), [second]);
  });

  it('gives valid and unique names for any set of tools', () => {
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom('read_file', 'readFile', 'read-file', 'a__b', 'a', 'b', '_', '', 'x'.repeat(70)),
    );
    const tools = fc.uniqueArray(fc.record({ server: part, tool: part }), {
      selector: ({ server, tool }) => JSON.stringify([server, tool]),
    });
    fc.assert(
      fc.property(tools, fc.boolean(), (identities, qualified) => {
        const names = assignToolNames(identities, qualified);
        assert.equal(names.length, identities.length);
        assert.equal(new Set(names).size, names.length);
        for (const name of names) assert.match(name, /^[a-z0-9_]{1,64}$/);
      }),
      { numRuns: 500 },
    );
  });
});
