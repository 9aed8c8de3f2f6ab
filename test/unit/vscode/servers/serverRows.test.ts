import assert from 'node:assert/strict';
import { BridgeError } from '../../../../src/base/errors';
import type { ConfigDiagnostic, ConfigSource, ServerSpec } from '../../../../src/mcp/serverSpec';
import type { ServerState } from '../../../../src/mcp/serverState';
import type { ServerTool } from '../../../../src/mcp/toolList';
import { type Row, type ShownServer, staleRows } from '../../../../src/vscode/servers/serverRow';
import { rowsOf } from '../../../../src/vscode/servers/serverRows';

const WORKSPACE: ConfigSource = { kind: 'mcp-json', file: '/p/.mcp.json', scope: 'workspace', folder: '/p' };
const user = (kind: ConfigSource['kind']): ConfigSource => ({
  kind,
  file: `/home/${kind}`,
  scope: 'user',
  folder: undefined,
});

const spec = (name: string, source = WORKSPACE): ServerSpec => ({
  name,
  source,
  disabled: false,
  origin: { file: source.file, line: 3, column: 5 },
  inputs: [],
  transport: { kind: 'stdio', command: 'npx', args: ['-y', 'a b'], env: { API_KEY: 'hunter2' }, cwd: undefined },
});

const tool = (name: string, more: Partial<ServerTool> = {}): ServerTool => ({
  name,
  description: `Does ${name}.`,
  inputSchema: { type: 'object' },
  readOnly: false,
  ...more,
});

const ready = (tools: readonly ServerTool[]): ServerState => ({
  ...{ kind: 'ready', since: 0, holders: 0 },
  offer: { tools, resources: [], templates: [], prompts: [], title: 'Files', version: '1.0', instructions: undefined },
});

const server = (name: string, more: Partial<ShownServer> = {}): ShownServer => ({
  spec: spec(name),
  state: { kind: 'stopped' },
  isOn: true,
  isTrusted: false,
  needsConsent: false,
  isToolOn: () => true,
  flagsOf: () => [],
  tokensOf: () => 700,
  ...more,
});

const rows = (
  servers: readonly ShownServer[],
  diagnostics: readonly ConfigDiagnostic[] = [],
  now = 0,
): readonly Row[] => rowsOf({ servers, diagnostics, now, placeOf: (file) => file.replace('/p/', '') });
const only = (shown: ShownServer, now = 0): Row => {
  const [row] = rows([shown], [], now);
  assert.ok(row);
  return row;
};
const failed = (message: string, retryAt?: number, code: BridgeError['code'] = 'mcp-start-failed'): ServerState => ({
  kind: 'failed',
  error: new BridgeError(code, message, { hint: 'Install it.' }),
  retryAt,
});

describe('the rows of the MCP servers', () => {
  it('stand by origin: the workspace first, then products, in the order of the files', () => {
    const servers = [
      server('c', { spec: spec('c', user('claude-desktop')) }),
      server('l', { spec: spec('l', user('lm-studio')) }),
      server('b'),
      server('a'),
    ];
    assert.deepEqual(
      rows(servers).map(({ label, description }) => [label, description]),
      [
        ['b', 'stopped · .mcp.json'],
        ['a', 'stopped · .mcp.json'],
        ['l', 'stopped · LM Studio'],
        ['c', 'stopped · Claude Desktop'],
      ],
    );
  });

  it('say every state in words and by an icon, and give the menus something to go by', () => {
    const now = 65_000;
    const message = 'MCP server "a" (/p/.mcp.json:3) ended at once.\nIts last output was:\nno key';
    const cases: readonly (readonly [Partial<ShownServer>, string, string, string])[] = [
      [{}, 'stopped', 'circle-outline', 'stopped'],
      [{ needsConsent: true }, 'stopped, asks before its first start', 'question', 'consent'],
      [{ state: { kind: 'starting', since: 2_000 } }, 'starting, 01:03', 'loading~spin', 'starting'],
      [{ state: ready([tool('x')]) }, 'ready · 1 tool, 700 tokens', 'circle-filled', 'ready'],
      [
        { state: ready([tool('x'), tool('y')]), isToolOn: (name) => name === 'x' },
        'ready · 1 tool, 700 tokens, 1 off',
        'circle-filled',
        'ready',
      ],
      [
        { state: ready([]), isOn: false },
        'ready, switched off for new tasks · 0 tools, 0 tokens',
        'circle-filled',
        'ready',
      ],
      [{ state: failed(message) }, 'failed: ended at once', 'error', 'failed'],
      [{ state: failed(message, 69_500) }, 'failed: ended at once, next try in 5 s', 'sync', 'restarting'],
      [{ state: failed('No.', undefined, 'auth-required') }, 'needs you to sign in', 'key', 'signIn'],
      [{ isBlocked: 'Your setting forbids it.' }, 'blocked: Your setting forbids it.', 'shield', 'blocked'],
      [{ isOn: false }, 'switched off', 'circle-slash', 'off'],
      [{ spec: { ...spec('a'), disabled: true } }, 'disabled in its file', 'circle-slash', 'disabled'],
    ];
    for (const [more, words, icon, context] of cases) {
      const row = only(server('a', more), now);
      assert.equal(row.description, `${words} · .mcp.json`);
      assert.equal(row.icon.id, icon);
      assert.equal(row.context, `server.${context}.untrusted.workspace`);
      const spoken = (words.split(' · ')[0] ?? '')
        .replace(', 01:03', '')
        .replace('next try in 5 s', 'tried again soon');
      assert.ok(row.accessibleLabel.startsWith(`a, MCP server, ${spoken}`), row.accessibleLabel);
      assert.equal(only(server('a', more), now + 1_500).accessibleLabel, row.accessibleLabel, 'no seconds for ears');
    }
    assert.equal(only(server('a', { isTrusted: true })).context, 'server.stopped.trusted.workspace');
    assert.equal(only(server('a', { spec: { ...spec('a'), disabled: true } })).checkbox, undefined);
  });

  it('tell the facts as plain text: no value of a variable, no hidden character', () => {
    const evil = {
      ...spec('a\u202eb'),
      transport: { ...spec('a').transport, args: ['sk-1234567890abcdef', '\u001b[31m'] } as ServerSpec['transport'],
    };
    const { tooltip, label } = only(
      server('a', { spec: evil, state: failed('Gone.\nIts last output was:\nx\u202ey') }),
    );
    assert.equal(label, 'a�b');
    assert.doesNotMatch(tooltip, /hunter2|1234567890|[\u202e\u001b]/);
    assert.match(tooltip, /^a�b\nState: failed: Gone\nWhat to do: Install it\.\nCommand: npx/);
    assert.match(tooltip, /Environment variables: API_KEY\n/);
    assert.match(tooltip, /Comes from: \.mcp\.json, this workspace\nDefined in: \/p\/\.mcp\.json:3\n/);
    assert.match(tooltip, /Last output:\nx�y$/);
  });

  it('show tools with what they do, what they cost, and what is odd about them', () => {
    const flag = { kind: 'hidden-characters', severity: 'warning', message: 'It has hidden characters.' } as const;
    const tools = [tool('read', { readOnly: true }), tool('drop', { destructive: true }), tool('odd')];
    const shown = server('a', {
      state: ready(tools),
      isToolOn: (name) => name !== 'drop',
      flagsOf: ({ name }) => (name === 'odd' ? [flag] : []),
    });
    const [group] = only(shown).children;
    assert.equal(group?.description, '3, 2.1k tokens');
    assert.deepEqual(
      group.children.map(({ label, description, icon, checkbox }) => [label, description, icon.id, checkbox?.isOn]),
      [
        ['read', 'read-only · 700 tokens', 'eye', true],
        ['drop', 'destructive · 700 tokens · off', 'flame', false],
        ['odd', 'may change things · 700 tokens · 1 warning', 'warning', true],
      ],
    );
    assert.match(group.children[2]?.tooltip ?? '', /Warning: It has hidden characters\.\n\nDoes odd\.$/);
    assert.match(group.children[0]?.tooltip ?? '', /says that it only reads, which does not count/);
    assert.equal(group.children[0]?.accessibleLabel, 'read, tool of a, read-only, 700 tokens');
  });

  it('show problems below their server, and those of no server below their file', () => {
    const problem = (name: string | undefined, message: string): ConfigDiagnostic => ({
      ...{ severity: 'error', message, server: name, file: '/p/.mcp.json', line: 7, column: 1 },
    });
    const all = rows([server('a')], [problem('a', 'Odd.'), problem('b', 'Bad.'), problem(undefined, 'Broken.')]);
    assert.equal(all[0]?.description, 'stopped · 1 problem · .mcp.json');
    assert.equal(all[0].children[0]?.label, 'Odd.');
    assert.deepEqual([all[1]?.label, all[1]?.description], ['.mcp.json', '2 problems']);
    assert.deepEqual(
      all[1]?.children.map(({ label }) => label),
      ['Bad.', 'Broken.'],
    );
    assert.deepEqual(rows([], [problem(undefined, 'Broken.')]), [], 'the welcome text says it');
  });
});

describe('the rows of MCP servers that are out of date', () => {
  const tools = Array.from({ length: 1_000 }, (_, index) => tool(`t${index}`));
  const quiet = server('quiet', { state: ready(tools) });
  const starting = (name: string): ShownServer => server(name, { state: { kind: 'starting', since: 0 } });
  const idsOf = (list: readonly Row[]): readonly string[] => list.map(({ id }) => id);

  it('are none where nothing changed, with a thousand tools too', () => {
    assert.deepEqual(staleRows(rows([quiet, server('b')]), rows([quiet, server('b')])), []);
  });

  it('are only the server that counts seconds, not the thousand tools beside it', () => {
    const later = rows([quiet, starting('b')], [], 1_000);
    assert.deepEqual(staleRows(rows([quiet, starting('b')]), later), [idsOf(later)[1]]);
  });

  it('are one tool, and what says how many are on, where one box changed', () => {
    const off = server('quiet', { state: ready(tools), isToolOn: (name) => name !== 't7' });
    const after = rows([off]);
    assert.deepEqual(staleRows(rows([quiet]), after), idsOf(after));
  });

  it('are all where servers came, went or changed places', () => {
    const [a, b] = [server('a'), server('b')];
    assert.equal(staleRows(rows([a]), rows([a, b])), 'all');
    assert.equal(staleRows(rows([a, b]), rows([b, a])), 'all');
    assert.equal(staleRows(rows([a]), rows([])), 'all');
  });

  it('have an id of their own each, whatever servers and tools are called', () => {
    const names = ['a', 'a","b', '["a"]', '\ud800'];
    const ids: string[] = [];
    const walk = (list: readonly Row[]): void => {
      for (const row of list) {
        ids.push(row.id);
        walk(row.children);
      }
    };
    walk(rows(names.map((name) => server(name, { spec: spec(name), state: ready(names.map((one) => tool(one))) }))));
    assert.equal(new Set(ids).size, ids.length);
  });
});
