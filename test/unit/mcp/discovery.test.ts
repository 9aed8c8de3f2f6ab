import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ErrorCode, isBridgeError } from '../../../src/base/errors';
import { discoverServers, type FoundServers, selectServers } from '../../../src/mcp/discovery';

const names = (found: FoundServers): string[] => found.servers.map((server) => server.name);

function assertFails(run: () => unknown, code: ErrorCode, ...parts: (string | RegExp)[]): void {
  assert.throws(run, (error) => {
    assert.ok(isBridgeError(error, code), String(error));
    for (const part of parts)
      assert.ok(error.message.search(part) >= 0, `${error.message} should have ${String(part)}`);
    return true;
  });
}

describe('mcp discovery', () => {
  let root = '';
  const path = (...parts: string[]): string => join(root, ...parts);

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'mcp-discovery-'));
    await mkdir(path('one', '.vscode'), { recursive: true });
    await mkdir(path('two'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('reads both files of every folder; the first definition of a name wins', async () => {
    await writeFile(path('one', '.mcp.json'), '{"mcpServers":{"a":{"command":"1"}}}');
    await writeFile(path('one', '.vscode', 'mcp.json'), '{"servers":{"a":{"command":"2"},"b":{"command":"2"}}}');
    await writeFile(path('two', '.mcp.json'), '{"mcpServers":{"b":{"command":"3"},"c":{"command":"3"}}}');
    const found = await discoverServers({ workspaces: [path('one'), path('two')] });
    assert.deepEqual(
      found.servers.map(({ name, transport }) => name + (transport.kind === 'stdio' ? transport.command : '')),
      ['a1', 'b2', 'c3'],
    );
    assert.deepEqual(
      found.diagnostics.map(({ severity, server, file, message }) => [severity, server, file, message]),
      [
        [
          'info',
          'a',
          path('one', '.vscode', 'mcp.json'),
          `Server "a" is not used: ${path('one', '.mcp.json')}:1 defines it first.`,
        ],
        [
          'info',
          'b',
          path('two', '.mcp.json'),
          `Server "b" is not used: ${path('one', '.vscode', 'mcp.json')}:1 defines it first.`,
        ],
      ],
    );
  });

  it('is content with no files at all, and reports one that cannot be read', async () => {
    assert.deepEqual(await discoverServers({ workspaces: [path('one'), path('gone')] }), {
      servers: [],
      diagnostics: [],
    });
    await mkdir(path('one', '.mcp.json'));
    const [diagnostic] = (await discoverServers({ workspaces: [path('one')] })).diagnostics;
    assert.equal(diagnostic?.severity, 'error');
    assert.equal(diagnostic.file, path('one', '.mcp.json'));
  });

  it('reads only the given files, in the order given, each once', async () => {
    await writeFile(path('one', '.mcp.json'), '{"mcpServers":{"a":{"command":"1"}}}');
    await writeFile(path('x.json'), '{"mcpServers":{"x":{"command":"x"}}}');
    await writeFile(path('y.json'), '{"mcpServers":{"y":{"command":"y"}}}');
    const files = [path('y.json'), path('x.json'), path('y.json')];
    const found = await discoverServers({ workspaces: [path('one')], files });
    assert.deepEqual(names(found), ['y', 'x']);
    assert.deepEqual(found.diagnostics, []);
  });

  it('throws a usage error for a given file that cannot be read', async () => {
    await assert.rejects(
      discoverServers({ workspaces: [], files: [path('gone.json')] }),
      (error) => isBridgeError(error, 'usage') && error.message.includes(path('gone.json')),
    );
  });

  it('selects none, the named ones or all enabled ones', async () => {
    await writeFile(
      path('x.json'),
      '{"servers":{"a":{"command":"1"},"b":{"command":"1","disabled":true},"c":{"command":"1"}}}',
    );
    const found = await discoverServers({ workspaces: [], files: [path('x.json')] });
    const select = (...named: string[]): string[] =>
      selectServers(found, { kind: 'named', names: named }).map((server) => server.name);
    assert.deepEqual(selectServers(found, { kind: 'none' }), []);
    assert.deepEqual(
      selectServers(found, { kind: 'all' }).map((server) => server.name),
      ['a', 'c'],
    );
    assert.deepEqual(select('c', 'a', 'c'), ['c', 'a']);
    assertFails(() => select('nope'), 'usage', '"nope"', /Available: a, c\./);
    assertFails(() => select('a', 'b'), 'usage', '"b" is disabled');
  });

  it('points at the configuration where that is why a server is missing', async () => {
    const file = path('x.json');
    await writeFile(file, '{"servers":{\n"a":{"command":"1"},\n  "bad":{"command":1},\n  "web":{"url":"http://x"}}}');
    const found = await discoverServers({ workspaces: [], files: [file] });
    const select = (name: string) => () => selectServers(found, { kind: 'named', names: [name] });
    assertFails(select('web'), 'mcp-config', `${file}:4:3`, '"url"', /Available: a\./);
    assertFails(select('bad'), 'mcp-config', `${file}:3:20`);
    assertFails(select('nope'), 'mcp-config', `${file}:3:20`);
    assert.equal(selectServers(found, { kind: 'named', names: ['a'] }).length, 1);
  });
});
