import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parse, type ParseError } from 'jsonc-parser';
import { addEntry } from '../../../src/mcp/configEdit';
import { parseConfigFile } from '../../../src/mcp/configFile';
import type { NewEntry } from '../../../src/mcp/newServer';
import { givenSource } from '../../../src/mcp/serverSpec';

const NEW: NewEntry = { name: 'new', entry: { type: 'stdio', command: 'npx', args: ['-y', 'x'] }, inputs: [] };
const INPUT = { id: 'new_token', type: 'promptString', description: 'Token', password: true } as const;

function added(text: string | undefined, entry = NEW, topKey: 'mcpServers' | 'servers' = 'mcpServers'): string {
  const edit = addEntry(text, topKey, entry);
  assert.ok(edit.ok, edit.ok ? '' : edit.problem);
  const errors: ParseError[] = [];
  parse(edit.text.replace(/^\uFEFF/, ''), errors, { allowTrailingComma: true });
  assert.deepEqual(errors, [], edit.text);
  return edit.text;
}

const namesIn = (text: string): readonly string[] =>
  parseConfigFile(text, givenSource('/a/.mcp.json')).servers.map(({ name }) => name);

describe('adding a server to a configuration file', () => {
  it('makes the file where there is none, or nothing in it', () => {
    const expected = `{
  "mcpServers": {
    "new": {
      "type": "stdio",
      "command": "npx",
      "args": [
        "-y",
        "x"
      ]
    }
  }
}
`;
    for (const text of [undefined, '', ' \n']) assert.equal(added(text), expected);
    assert.match(added(undefined, NEW, 'servers'), /^\{\n {2}"servers": \{/);
  });

  it('keeps comments, order, form and what it does not know', () => {
    const text = `{
    // mine
    "mcpServers": {
        "a": { "command": "x" }, // the first
        /* off */ "b": { "command": "y" },
    },
    "theirs": [1, 2, ],
}
`;
    const result = added(text);
    for (const piece of ['// mine', '"a": { "command": "x" }', '// the first', '/* off */', '"theirs": [1, 2, ]']) {
      assert.ok(result.includes(piece), result);
    }
    assert.deepEqual(namesIn(result), ['a', 'b', 'new']);
    assert.match(result, /\n {8}"new": \{\n {12}"type"/);
  });

  it('keeps tabs, the line ends of Windows and a byte order mark', () => {
    assert.match(added('{\n\t"mcpServers": {\n\t\t"a": {"command": "x"}\n\t}\n}'), /\n\t\t"new": \{\n\t\t\t"type"/);
    const windows = added('\uFEFF{\r\n  "mcpServers": {}\r\n}');
    assert.ok(windows.startsWith('\uFEFF{'));
    assert.doesNotMatch(windows, /[^\r]\n/);
  });

  it('writes where the file has its servers, whatever the key', () => {
    assert.deepEqual(namesIn(added('{"servers": {"a": {"command": "x"}}}')), ['a', 'new']);
    assert.doesNotMatch(added('{"servers": {}}'), /mcpServers/);
  });

  it('declares inputs once, behind those that there are', () => {
    const entry = { ...NEW, inputs: [INPUT] };
    assert.match(added('{}', entry, 'servers'), /"inputs": \[\s*\{\s*"id": "new_token",\s*"type": "promptString"/);
    const text = added('{"inputs": [{"id": "a"}], "servers": {}}', entry, 'servers');
    assert.deepEqual(
      (parse(text) as { inputs: { id: string }[] }).inputs.map(({ id }) => id),
      ['a', 'new_token'],
    );
    const again = added('{"inputs": [{"id": "new_token"}], "servers": {}}', entry, 'servers');
    assert.equal((parse(again) as { inputs: unknown[] }).inputs.length, 1);
  });

  it('says where the entry stands', () => {
    const edit = addEntry('{\n  "mcpServers": {\n    "a": {}\n  }\n}', 'mcpServers', NEW);
    assert.ok(edit.ok);
    assert.deepEqual([edit.line, edit.column], [4, 5]);
  });

  it('refuses a file that it does not understand, and a name that is there', () => {
    const problems: readonly (readonly [string, string])[] = [
      ['{\n  "mcpServers": {', 'It has a syntax error: close brace expected.'],
      ['[]', 'It does not hold an object.'],
      ['// nothing', 'It has a syntax error: value expected.'],
      ['{"mcpServers": []}', '"mcpServers" is not an object.'],
      ['{"mcpServers": {"new": {}}}', 'There is an entry "new" already.'],
      ['['.repeat(100_000), 'It nests too deeply to be read.'],
    ];
    for (const [text, problem] of problems) {
      const edit = addEntry(text, 'mcpServers', NEW);
      assert.equal(edit.ok ? '' : edit.problem, problem);
    }
    const edit = addEntry('{"inputs": {}}', 'servers', { ...NEW, inputs: [INPUT] });
    assert.equal(edit.ok ? '' : edit.problem, '"inputs" is not a list.');
  });

  it('loses nothing of any file, and adds what was asked for', () => {
    const servers = fc.dictionary(fc.string(), fc.object({ maxDepth: 2 }));
    const file = fc.record({ mcpServers: servers, other: fc.jsonValue() }, { requiredKeys: [] });
    const name = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(file, name, fc.constantFrom(0, 2, '\t'), (content, newName, indent) => {
        const before = JSON.stringify(content, null, indent);
        const edit = addEntry(before, 'mcpServers', { ...NEW, name: newName });
        const plain = JSON.parse(before) as { mcpServers?: Record<string, unknown> };
        if (Object.hasOwn(plain.mcpServers ?? {}, newName)) {
          assert.ok(!edit.ok);
          return;
        }
        assert.ok(edit.ok);
        const after = JSON.parse(edit.text) as { mcpServers: Record<string, unknown> };
        const { [newName]: entry, ...others } = after.mcpServers;
        assert.deepEqual(entry, NEW.entry);
        assert.deepEqual({ ...after, mcpServers: others }, { ...plain, mcpServers: plain.mcpServers ?? {} });
      }),
    );
  });

  it('never throws', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"mcpServers"',
      '"a"',
      '//',
      '/*',
      '*/',
      '1',
      '\n',
      '"',
    );
    fc.assert(
      fc.property(fc.array(pieces), (parts) => {
        const text = parts.join('');
        const edit = addEntry(text, 'mcpServers', NEW);
        if (!edit.ok) return;
        const known = parse(text, [], { allowTrailingComma: true }) as { mcpServers?: object } | undefined;
        const now = parse(edit.text, [], { allowTrailingComma: true }) as { mcpServers: object };
        assert.deepEqual(now.mcpServers, { ...known?.mcpServers, new: NEW.entry });
      }),
      { numRuns: 2000 },
    );
  });
});
