import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseConfigFile } from '../../../src/mcp/configFile';
import { givenSource, type SourceKind } from '../../../src/mcp/serverSpec';

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

  it('reads servers at an address, in the words of every product', () => {
    const read = (entry: object): unknown => {
      const { servers, diagnostics } = parseConfigFile(JSON.stringify({ servers: { a: entry } }), SOURCE);
      assert.deepEqual(diagnostics, []);
      return servers[0]?.transport;
    };
    const url = 'https://example.com/mcp';
    const http = { kind: 'http', url, headers: {}, protocol: 'auto' };
    assert.deepEqual(read({ url }), http);
    assert.deepEqual(read({ type: 'http', url, headers: { A: 'b', N: 1 } }), { ...http, headers: { A: 'b', N: '1' } });
    assert.deepEqual(read({ type: 'sse', url }), { ...http, protocol: 'sse' });
    for (const type of ['streamable-http', 'streamableHttp']) {
      assert.deepEqual(read({ type, url }), { ...http, protocol: 'streamable' });
    }
    assert.deepEqual(read({ serverUrl: url }), http);
    assert.deepEqual(read({ httpUrl: url }), { ...http, protocol: 'streamable' });
    assert.deepEqual(read({ url: '${env:URL}/mcp' }), { ...http, url: '${env:URL}/mcp' });
    const oauth = { clientId: 'c', clientSecret: undefined };
    assert.deepEqual(read({ url, oauth: { clientId: 'c' } }), { ...http, oauth });
    assert.deepEqual(read({ url, oauthClientId: 'c' }), { ...http, oauth });
    const auth = { CLIENT_ID: 'c', CLIENT_SECRET: 's', scopes: ['x'] };
    assert.deepEqual(read({ url, auth }), { ...http, oauth: { clientId: 'c', clientSecret: 's' } });
  });

  it('reads time-outs, and what belongs to other products it leaves alone', () => {
    const text = `{"servers": {
      "slow": { "command": "x", "timeout": 90000, "startTimeoutMs": 5000, "gallery": true, "dev": { "watch": "x" }, "tools": ["*"] },
      "odd": { "command": "x", "timeout": 60, "alwaysAllow": ["a"], "autoApprove": [], "trust": true, "tools": ["a"] },
      "sand": { "command": "x", "sandboxEnabled": true, "oauth": false }
    }}`;
    const { servers } = parseConfigFile(text, SOURCE);
    assert.deepEqual(
      servers.map(({ startTimeoutMs, callTimeoutMs }) => [startTimeoutMs, callTimeoutMs]),
      [
        [5000, 90_000],
        [undefined, undefined],
        [undefined, undefined],
      ],
    );
    assert.deepEqual(messages(text), [
      'info 3:47 Server "odd": "alwaysAllow" has no effect: what may run without a question is not a file\'s to say.',
      'info 3:88 Server "odd": "trust" has no effect: what may run without a question is not a file\'s to say.',
      'info 3:103 Server "odd": "tools" has no effect here: all tools of the server are offered.',
      'info 3:43 Server "odd": "timeout" has no effect, because it must be milliseconds, 1000 or more.',
      'warning 4:33 Server "sand": "sandboxEnabled" has no effect: the server runs with your rights, not in VS Code\'s sandbox.',
    ]);
  });

  it('says plainly which address or type cannot be used', () => {
    const text = `{"servers": {
      "ws": { "type": "ws", "url": "ws://x" },
      "none": { "type": "http" },
      "pipe": { "url": "unix:///tmp/x.sock" },
      "bad": { "url": "example.com" }
    }}`;
    assert.deepEqual(parseConfigFile(text, SOURCE).servers, []);
    assert.deepEqual(messages(text), [
      'error 2:7 Server "ws" speaks over a WebSocket, which is not supported.',
      'error 3:7 Server "none" has no "url".',
      'error 4:24 Server "pipe": Sockets and pipes are not supported; it begins with http:// or https://.',
      'error 5:23 Server "bad": "example.com" is not an address; it begins with http:// or https://.',
    ]);
  });

  it('reads inputs and "envFile", and points at variables that nothing stands behind', () => {
    const text = `{"inputs": [
      { "id": "key", "type": "promptString", "description": "API key", "password": true },
      { "id": "level", "type": "pickString", "options": ["low", { "label": "High", "value": "high" }], "default": "low" },
      { "id": "run", "type": "command", "command": "x" },
      { "id": "key", "type": "promptString" }, { "type": "promptString" }, 3, { "id": "p", "type": "pickString" }
    ], "servers": {
      "a": { "command": "x", "args": ["--\${input:level}"], "env": { "KEY": "\${input:key}" }, "envFile": ".env" },
      "b": { "command": "x", "args": ["\${input:nope}", "in \${HOME}"] },
      "c": { "command": "\${command:python.interpreterPath}" }
    }}`;
    const { servers } = parseConfigFile(text, SOURCE);
    assert.deepEqual(
      servers.map(({ name }) => name),
      ['a', 'b'],
    );
    const [first] = servers;
    assert.equal(first?.transport.kind === 'stdio' && first.transport.envFile, '.env');
    const plain = { description: undefined, default: undefined, isPassword: false, options: [] };
    assert.deepEqual(first?.inputs, [
      { ...plain, id: 'key', kind: 'promptString', description: 'API key', isPassword: true },
      { ...plain, id: 'level', kind: 'pickString', options: ['low', 'high'], default: 'low' },
    ]);
    assert.deepEqual(messages(text), [
      'warning 4:7 Input "run" is not supported: a command of the editor would run for it. Use promptString or pickString.',
      'warning 5:7 Input "key" is defined twice; the first one is used.',
      'error 5:48 An input needs an "id".',
      'error 5:76 An input must be an object.',
      'error 5:79 Input "p" has no "options" to pick from.',
      'warning 8:40 Server "b" uses ${input:nope}, but "inputs" of this file does not declare it.',
      'warning 8:60 Server "b" uses ${HOME}, which is not a known variable.',
      'error 9:26 Server "c" uses ${command:python.interpreterPath}, which would run a command of the editor: that is not supported.',
    ]);
  });

  it('takes ${NAME} for the environment only where the product of the file does', () => {
    const text = '{"mcpServers":{"a":{"command":"x","args":["${TOKEN}","${URL:-none}"]}}}';
    const count = (kind: SourceKind): number => parseConfigFile(text, { ...SOURCE, kind }).diagnostics.length;
    assert.deepEqual((['mcp-json', 'claude-code', 'copilot'] as const).map(count), [0, 0, 0]);
    assert.deepEqual(
      (['cursor', 'lm-studio', 'vscode', 'claude-desktop', 'given'] as const).map(count),
      [2, 2, 2, 2, 2],
    );
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
      fc.dictionary(
        fc.constantFrom(
          'command',
          'args',
          'env',
          'cwd',
          'url',
          'type',
          'headers',
          'oauth',
          'timeout',
          'tools',
          '__proto__',
        ),
        fc.jsonValue(),
      ),
    );
    const structured = fc
      .tuple(entries, fc.jsonValue())
      .map(([servers, inputs]) => JSON.stringify({ servers, inputs }));
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
