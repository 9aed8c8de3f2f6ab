import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseConfigFile } from '../../../src/mcp/configFile';
import { givenSource } from '../../../src/mcp/serverSpec';

const FILE = '/project/.mcp.json';
const SOURCE = givenSource(FILE);

const VALID = `{
  // comments are fine
  "mcpServers": {
    "files": { "command": "npx", "args": ["-y", "files", 8080], "env": { "A": "x", "B": 1, "C": null }, "cwd": "sub", },
    "off": { "type": "stdio", "command": "off", "disabled": true },
    /* VS Code's spelling */
    "off2": { "command": "off", "enabled": false }
  },
}`;

function messages(text: string): string[] {
  return parseConfigFile(text, SOURCE).diagnostics.map((d) => `${d.severity} ${d.line}:${d.column} ${d.message}`);
}

describe('mcp configuration file', () => {
  it('reads entries, with comments and trailing commas', () => {
    const { servers, diagnostics } = parseConfigFile(VALID, SOURCE);
    assert.deepEqual(diagnostics, []);
    assert.deepEqual(servers[0], {
      name: 'files',
      disabled: false,
      origin: { file: FILE, line: 4, column: 5 },
      source: SOURCE,
      inputs: [],
      transport: {
        kind: 'stdio',
        command: 'npx',
        args: ['-y', 'files', '8080'],
        env: { A: 'x', B: '1', C: null },
        cwd: 'sub',
      },
    });
    assert.deepEqual(
      servers.map(({ name, disabled }) => [name, disabled]),
      [
        ['files', false],
        ['off', true],
        ['off2', true],
      ],
    );
  });

  it('reads the key "servers" too, and a file with a byte order mark', () => {
    const { servers } = parseConfigFile('\uFEFF{"servers":{"a":{"command":"x"}},"inputs":[]}', SOURCE);
    assert.deepEqual(servers[0]?.origin, { file: FILE, line: 1, column: 13 });
  });

  it('reports every bad entry at its place and reads the others', () => {
    const text = `{"mcpServers": {
      "number": 3,
      "noCommand": {},
      "args": { "command": "x", "args": "-y" },
      "arg": { "command": "x", "args": ["ok",
         false] },
      "env": { "command": "x", "env": { "A": true } },
      "kind": { "type": "carrier-pigeon", "command": "x" },
      "good": { "command": "x" }
    }}`;
    assert.deepEqual(
      parseConfigFile(text, SOURCE).servers.map((server) => server.name),
      ['good'],
    );
    assert.deepEqual(messages(text), [
      'error 2:17 Server "number": must be an object.',
      'error 3:7 Server "noCommand" has no "command".',
      'error 4:41 Server "args": args must be an array of strings.',
      'error 6:10 Server "arg": args[1] must be a string.',
      'error 7:46 Server "env": env.A must be a string, a number or null.',
      'error 8:7 Server "kind" has the unknown type "carrier-pigeon".',
    ]);
  });

  it('says plainly what this version cannot start', () => {
    const text = `{"servers": {
      "web": { "url": "https://example.com/mcp" },
      "sse": { "type": "sse", "url": "https://example.com/mcp", "disabled": true },
      "file": { "command": "x", "envFile": ".env" },
      "ask": { "command": "x", "env": { "KEY": "\${input:key}" } }
    }}`;
    assert.deepEqual(parseConfigFile(text, SOURCE).servers, []);
    assert.deepEqual(messages(text), [
      'warning 2:7 Server "web" cannot be started yet: servers with a "url" are not supported.',
      'info 3:7 Server "sse" cannot be started yet: servers with a "url" are not supported.',
      'warning 4:7 Server "file" cannot be started yet: "envFile" is not supported; write the variables into "env".',
      'warning 5:7 Server "ask" cannot be started yet: "${input:key}" is not supported; use "${env:NAME}" instead.',
    ]);
  });

  it('leaves out an entry with a syntax error in it, and only that one', () => {
    const text = `{"mcpServers": {
      "a": { "command": "a" }
      "broken": { "command": "rm", "args": ["-r" "x"] },
      "c": { "command": "c" }
    }}`;
    assert.deepEqual(
      parseConfigFile(text, SOURCE).servers.map((server) => server.name),
      ['a', 'c'],
    );
    assert.deepEqual(messages(text), [
      'error 3:7 Syntax error: comma expected.',
      'error 3:50 Syntax error: comma expected.',
      'error 3:7 Server "broken" was not read, because of the syntax error in it.',
    ]);
  });

  it('does not run half an entry of a file that was cut off', () => {
    const { servers, diagnostics } = parseConfigFile(
      '{"servers":{"a":{"command":"a"},"b":{"command":"rm","args":["-r"',
      SOURCE,
    );
    assert.deepEqual(
      servers.map((server) => server.name),
      ['a'],
    );
    assert.ok(diagnostics.some((d) => d.server === 'b' && d.severity === 'error'));
    const complete = '{"servers":{"a":{"command":"a"},"b":{"command":"rm","args":["-r","x"]}';
    for (let length = 0; length < complete.length; length++) {
      for (const server of parseConfigFile(complete.slice(0, length), SOURCE).servers) assert.equal(server.name, 'a');
    }
    assert.equal(parseConfigFile(complete, SOURCE).servers.length, 2);
  });

  it('uses the first of two entries with one name', () => {
    const text = '{"servers":{"a":{"command":"1"},\n"a":{"command":"2"}}}';
    const [first] = parseConfigFile(text, SOURCE).servers;
    assert.equal(first?.transport.kind === 'stdio' && first.transport.command, '1');
    assert.deepEqual(messages(text), ['warning 2:1 Server "a" is defined twice; the one in line 1 is used.']);
  });

  it('copes with files that are no configuration at all', () => {
    assert.deepEqual(messages('[]'), ['error 1:1 The file must hold an object with "mcpServers" or "servers".']);
    assert.deepEqual(messages('{}'), ['warning 1:1 The file has neither "mcpServers" nor "servers".']);
    assert.deepEqual(messages('{"servers": []}'), ['error 1:13 "servers" must be an object of servers by name.']);
    assert.deepEqual(messages('{"servers":{"x":' + '['.repeat(200_000)), [
      'error 1:1 The file nests too deeply to be read.',
    ]);
    assert.equal(messages('').length, 1);
  });

  it('never throws and never gives a server without a command, whatever the text', () => {
    const mutated = fc
      .tuple(
        fc.nat(VALID.length),
        fc.nat(20),
        fc.oneof(fc.string(), fc.constantFrom('{', '}', '"', '[', ',', '/*', 'null')),
      )
      .map(([at, length, insert]) => VALID.slice(0, at) + insert + VALID.slice(at + length));
    const entries = fc.dictionary(
      fc.string(),
      fc.dictionary(fc.constantFrom('command', 'args', 'env', 'cwd'), fc.jsonValue()),
    );
    const structured = entries.map((servers) => JSON.stringify({ servers }));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), mutated, structured), (text) => {
        const { servers, diagnostics } = parseConfigFile(text, SOURCE);
        for (const server of servers) assert.ok(server.name && server.transport.kind);
        for (const at of [...diagnostics, ...servers.map((s) => s.origin)]) assert.ok(at.line >= 1 && at.column >= 1);
      }),
      { numRuns: 1000 },
    );
  });
});
