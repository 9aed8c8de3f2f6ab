import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { isBridgeError } from '../../../src/base/errors';
import { givenSource, type ServerSpec, type StdioSpec } from '../../../src/mcp/serverSpec';
import { resolveServer, type VariableContext } from '../../../src/mcp/variables';

const context: VariableContext = {
  workspaces: [resolve('/project/app'), resolve('/project/lib')],
  userHome: '/home/me',
  env: { KEY: 'value', TRICK: '${env:KEY}', EMPTY: '' },
  pathSeparator: '/',
};

function spec(transport: Partial<StdioSpec>): ServerSpec {
  return {
    name: 'demo',
    disabled: false,
    origin: { file: '/project/app/.mcp.json', line: 7, column: 3 },
    source: givenSource('/project/app/.mcp.json'),
    inputs: [],
    transport: { kind: 'stdio', command: 'x', args: [], env: {}, cwd: undefined, ...transport },
  };
}

const never = new AbortController().signal;

async function resolved(transport: Partial<StdioSpec>, within: VariableContext = context) {
  const server = await resolveServer(spec(transport), within, never);
  assert.equal(server.transport.kind, 'stdio');
  return server.transport;
}

describe('mcp variables', () => {
  it('resolves every kind, in every field', async () => {
    const transport = await resolved({
      command: '${userHome}/bin/x',
      args: [
        '${workspaceFolder}',
        '--lib=${workspaceFolder:lib}${/}src',
        'a${pathSeparator}b',
        '${env:EMPTY}',
        '$HOME',
      ],
      env: { A: '${env:KEY}-${env:KEY}', B: null },
      cwd: 'tools',
    });
    assert.deepEqual(transport, {
      kind: 'stdio',
      command: '/home/me/bin/x',
      args: [context.workspaces[0], `--lib=${context.workspaces[1] ?? ''}/src`, 'a/b', '', '$HOME'],
      env: { A: 'value-value', B: null },
      cwd: resolve('/project/app/tools'),
    });
  });

  it('never expands what a variable yielded', async () => {
    assert.deepEqual((await resolved({ args: ['${env:TRICK}'] })).args, ['${env:KEY}']);
  });

  it('starts servers in the first workspace folder, or at home', async () => {
    assert.equal((await resolved({})).cwd, context.workspaces[0]);
    assert.equal((await resolved({}, { ...context, workspaces: [] })).cwd, resolve('/home/me'));
    assert.equal((await resolved({ cwd: '${workspaceFolder:lib}' })).cwd, context.workspaces[1]);
  });

  const missing: [string, RegExp][] = [
    ['${env:NOPE}', /uses \$\{env:NOPE\}, but the environment variable "NOPE" is not set/],
    ['${workspaceFolder:other}', /no workspace folder is called "other"/],
    ['${HOME}', /uses \$\{HOME\}, which is not a known variable/],
    ['${env:}', /not a known variable/],
  ];
  for (const [value, expected] of missing) {
    it(`names the variable, the entry and its place where ${value} has no value`, async () => {
      await assert.rejects(
        resolved({ env: { A: value } }),
        (error) =>
          isBridgeError(error, 'mcp-config') &&
          expected.test(error.message) &&
          error.message.includes('MCP server "demo" (/project/app/.mcp.json:7)') &&
          error.hint !== undefined,
      );
    });
  }

  it('says that no folder is open', async () => {
    await assert.rejects(resolved({ cwd: '${workspaceFolder}' }, { ...context, workspaces: [] }), /no folder is open/);
  });
});
