import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { type ErrorCode, isBridgeError } from '../../../src/base/errors';
import { parseConfigFile } from '../../../src/mcp/configFile';
import { discoverServers, type FoundServers, selectServers } from '../../../src/mcp/discovery';
import { mergeServers } from '../../../src/mcp/mergeServers';
import { isOwnBridge } from '../../../src/mcp/ownBridge';
import { givenSource, type ServerSpec } from '../../../src/mcp/serverSpec';
import { userFiles, type UserPlaces, workspaceFile } from '../../../src/mcp/sources';

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

  describe('with files of the person', () => {
    const USER_TEXTS: readonly (readonly [string[], string])[] = [
      [['home', '.lmstudio', 'mcp.json'], '{"mcpServers":{"lm":{"url":"https://a.example/mcp"},"a":{"command":"lm"}}}'],
      [
        ['home', '.config', 'Code', 'User', 'mcp.json'],
        '{"servers":{"code":{"type":"http","url":"http://b.example"}}}',
      ],
      [['copilot', 'mcp-config.json'], '{"mcpServers":{"pilot":{"type":"local","command":"p","tools":["*"]}}}'],
      [['home', '.cursor', 'mcp.json'], '{"mcpServers":{"cur":{"command":"c"}}}'],
      [['home', '.config', 'Claude', 'claude_desktop_config.json'], '{"mcpServers":{"desk":{"command":"d"}}}'],
    ];
    const places = (): UserPlaces => ({
      home: path('home'),
      lmStudioHome: path('home', '.lmstudio'),
      env: { COPILOT_HOME: path('copilot') },
      platform: 'linux',
    });

    const write = async (parts: readonly string[], text: string): Promise<void> => {
      await mkdir(join(path(...parts), '..'), { recursive: true });
      await writeFile(path(...parts), text);
    };

    beforeEach(async () => {
      for (const [parts, text] of USER_TEXTS) await write(parts, text);
      const claude = {
        mcpServers: { all: { command: 'all' }, both: { command: 'global' } },
        projects: {
          [path('one')]: { mcpServers: { both: { command: 'local' } } },
          [path('x')]: { mcpServers: { y: {} } },
        },
      };
      await write(['home', '.claude.json'], JSON.stringify(claude));
      await writeFile(path('one', '.mcp.json'), '{"mcpServers":{"a":{"command":"mine"}}}');
      await write(['one', '.cursor', 'mcp.json'], '{"mcpServers":{"cursor":{"command":"c1"}}}');
      await write(['one', '.vscode', 'settings.json'], '{"x":1,"lmstudioBridge.mcp.servers":{"ours":{"command":"o"}}}');
    });

    it('reads those of every product, behind those of the workspace, and says whose each server is', async () => {
      const { servers, diagnostics } = await discoverServers({ workspaces: [path('one')], user: places() });
      const short = servers.map(
        ({ name, source }) => `${name} ${source.kind} ${source.scope} ${source.folder ? 1 : 0}`,
      );
      assert.deepEqual(short, [
        'a mcp-json workspace 1',
        'cursor cursor workspace 1',
        'ours setting workspace 1',
        'lm lm-studio user 0',
        'code vscode user 0',
        'pilot copilot user 0',
        'both claude-code user 1',
        'all claude-code user 0',
        'cur cursor user 0',
        'desk claude-desktop user 0',
      ]);
      const both = servers.find(({ name }) => name === 'both')?.transport;
      assert.equal(both?.kind === 'stdio' && both.command, 'local');
      assert.deepEqual(
        diagnostics.map(({ severity, server }) => [severity, server]),
        [
          ['info', 'a'],
          ['info', 'both'],
        ],
      );
      assert.match(diagnostics[0]?.message ?? '', /is not used: .*one.\.mcp\.json:1 defines it first\.$/);
    });

    it('reads none of them unasked, and only those of the products that are wanted', async () => {
      assert.deepEqual(names(await discoverServers({ workspaces: [path('one')] })), ['a', 'cursor', 'ours']);
      const user = { ...places(), products: ['cursor', 'copilot'] as const };
      assert.deepEqual(names(await discoverServers({ workspaces: [], user })), ['pilot', 'cur']);
    });

    it('finds them where each system keeps them', () => {
      const home = resolve('/home/me');
      const on = (platform: NodeJS.Platform, env = {}): (string | undefined)[] =>
        userFiles({ home, lmStudioHome: '/lm', env, platform }, []).map(({ source }) => source.file);
      assert.ok(on('darwin').includes(join(home, 'Library/Application Support/Claude/claude_desktop_config.json')));
      assert.ok(on('win32', { APPDATA: '/roaming' }).includes(join('/roaming/Claude/claude_desktop_config.json')));
      assert.ok(on('linux').includes(join(home, '.copilot/mcp-config.json')));
      assert.ok(on('linux', { CLAUDE_CONFIG_DIR: '/cc' }).includes(join('/cc/.claude.json')));
    });

    it('tells of a broken file, and takes it for no reason that a name is unknown', async () => {
      await write(['home', '.lmstudio', 'mcp.json'], '{"mcpServers":');
      const found = await discoverServers({ workspaces: [path('one')], user: places() });
      assert.ok(found.diagnostics.some(({ severity, file }) => severity === 'error' && file.includes('.lmstudio')));
      assertFails(() => selectServers(found, { kind: 'named', names: ['nope'] }), 'usage', 'no MCP server "nope"');
      assert.equal(selectServers(found, { kind: 'named', names: ['desk'] }).length, 1);
    });

    it('leaves alone what else a shared file holds', async () => {
      await write(['home', '.claude.json'], '{"projects": broken');
      await write(['home', '.config', 'Claude', 'claude_desktop_config.json'], '{"theme":"dark"}');
      await write(['one', '.vscode', 'settings.json'], '{"editor.tabSize": ,}');
      const { diagnostics } = await discoverServers({ workspaces: [path('one')], user: places() });
      assert.deepEqual(
        diagnostics.map(({ server }) => server),
        ['a'],
      );
    });
  });

  it('reads the settings of a .code-workspace file', async () => {
    const text =
      '{"folders":[],"settings":{"mcp":{"servers":{"old":{"command":"1"}},"inputs":[]},"lmstudioBridge.mcp.servers":{"new":{"command":"2"}}}}';
    await writeFile(path('x.code-workspace'), text);
    const more = [workspaceFile(path('x.code-workspace'), path('one'))];
    const { servers } = await discoverServers({ workspaces: [], more });
    assert.deepEqual(
      servers.map(({ name, source }) => [name, source.scope, source.folder]),
      [
        ['old', 'workspace', path('one')],
        ['new', 'workspace', path('one')],
      ],
    );
  });

  it('says of two names for one server that they are one, and keeps both', async () => {
    const text =
      '{"mcpServers":{"a":{"command":"x","args":["1"]},"b":{"args":["1"],"command":"x"},"c":{"command":"x"}}}';
    await writeFile(path('one', '.mcp.json'), text);
    const found = await discoverServers({ workspaces: [path('one')] });
    assert.deepEqual(names(found), ['a', 'b', 'c']);
    assert.deepEqual(
      found.diagnostics.map(({ severity, message }) => `${severity} ${message}`),
      [`info Server "b" is the same as "a" of ${path('one', '.mcp.json')}:1.`],
    );
    await writeFile(path('one', '.mcp.json'), '{"mcpServers":{"a":{"command":"x","args":["${workspaceFolder}"]}}}');
    await writeFile(path('two', '.mcp.json'), '{"mcpServers":{"b":{"command":"x","args":["${workspaceFolder}"]}}}');
    assert.deepEqual((await discoverServers({ workspaces: [path('one'), path('two')] })).diagnostics, []);
  });

  it('never starts ourselves, by whatever name', async () => {
    const own = join(__dirname, '../../../dist/cli.js');
    await mkdir(path('lmstudio-bridge', 'dist'), { recursive: true });
    await writeFile(path('lmstudio-bridge', 'dist', 'bridge.js'), '');
    const servers = {
      npx: { command: 'npx', args: ['-y', 'lmstudio-bridge@latest', 'serve'] },
      bin: { command: '/usr/bin/lmstudio-bridge' },
      windows: { command: 'C:\\npm\\lmstudio-bridge.cmd' },
      installed: { command: 'node', args: ['../lmstudio-bridge/dist/bridge.js'], cwd: '${workspaceFolder}' },
      other: { command: 'npx', args: ['-y', 'lmstudio-bridge-enhanced'] },
      files: { command: 'node', args: ['cli.js', '/home/me/lmstudio-bridge'] },
    };
    await writeFile(path('one', '.mcp.json'), JSON.stringify({ mcpServers: servers }));
    const found = await discoverServers({ workspaces: [path('one')] });
    assert.deepEqual(names(found), ['other', 'files']);
    assert.deepEqual(
      found.diagnostics.map(({ severity, server }) => `${severity} ${server ?? ''}`),
      ['info npx', 'info bin', 'info windows', 'info installed'],
    );
    assertFails(() => selectServers(found, { kind: 'named', names: ['npx'] }), 'mcp-config', 'LM Studio Bridge itself');
    const [spec] = found.servers;
    assert.ok(spec?.transport.kind === 'stdio');
    const direct = { ...spec, transport: { ...spec.transport, command: 'node', args: [own] } };
    assert.equal(await isOwnBridge(direct, join(own, '..')), true);
    assert.equal(await isOwnBridge(direct, path('one')), false);
  });

  it('keeps every name exactly once, whatever the files say', () => {
    const specs = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('x', 'y'), fc.boolean()));
    fc.assert(
      fc.property(fc.array(specs), fc.constantFrom('x', 'none'), (files, own) => {
        const contents = files.map((entries, index) => {
          const servers = Object.fromEntries(entries.map(([name, command, disabled]) => [name, { command, disabled }]));
          return parseConfigFile(JSON.stringify({ servers }), givenSource(`/${index}`));
        });
        const isOwn = ({ transport }: ServerSpec): boolean => transport.kind === 'stdio' && transport.command === own;
        const merged = mergeServers(contents, isOwn);
        const given = contents.flatMap(({ servers }) => servers);
        const kept = merged.servers.map(({ name }) => name);
        assert.equal(new Set(kept).size, kept.length);
        assert.deepEqual(new Set(kept), new Set(given.filter((spec) => !isOwn(spec)).map(({ name }) => name)));
        for (const spec of merged.servers) {
          assert.equal(
            spec,
            given.find((other) => other.name === spec.name && !isOwn(other)),
          );
        }
      }),
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
    await writeFile(file, '{"servers":{\n"a":{"command":"1"},\n  "bad":{"command":1},\n  "web":{"url":"web"}}}');
    const found = await discoverServers({ workspaces: [], files: [file] });
    const select = (name: string) => () => selectServers(found, { kind: 'named', names: [name] });
    assertFails(select('web'), 'mcp-config', `${file}:4:16`, '"web" is not an address', /Available: a\./);
    assertFails(select('bad'), 'mcp-config', `${file}:3:20`);
    assertFails(select('nope'), 'mcp-config', `${file}:3:20`);
    assert.equal(selectServers(found, { kind: 'named', names: ['a'] }).length, 1);
  });
});
