import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { isBridgeError } from '../../../src/base/errors';
import type { ServerSpec, StdioSpec } from '../../../src/mcp/serverSpec';
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
    transport: { kind: 'stdio', command: 'x', args: [], env: {}, cwd: undefined, ...transport },
  };
}

describe('mcp variables', () => {
  it('resolves every kind, in every field', () => {
    const { transport } = resolveServer(
      spec({
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
      }),
      context,
    );
    assert.deepEqual(transport, {
      kind: 'stdio',
      command: '/home/me/bin/x',
      args: [context.workspaces[0], `--lib=${context.workspaces[1] ?? ''}/src`, 'a/b', '', '$HOME'],
      env: { A: 'value-value', B: null },
      cwd: resolve('/project/app/tools'),
    });
  });

  it('never expands what a variable yielded', () => {
    assert.deepEqual(resolveServer(spec({ args: ['${env:TRICK}'] }), context).transport.args, ['${env:KEY}']);
  });

  it('starts servers in the first workspace folder, or at home', () => {
    assert.equal(resolveServer(spec({}), context).transport.cwd, context.workspaces[0]);
    assert.equal(resolveServer(spec({}), { ...context, workspaces: [] }).transport.cwd, resolve('/home/me'));
    assert.equal(resolveServer(spec({ cwd: '${workspaceFolder:lib}' }), context).transport.cwd, context.workspaces[1]);
  });

  const missing: [string, RegExp][] = [
    ['${env:NOPE}', /uses \$\{env:NOPE\}, but the environment variable "NOPE" is not set/],
    ['${workspaceFolder:other}', /no workspace folder is called "other"/],
    ['${HOME}', /uses \$\{HOME\}, which is not a known variable/],
    ['${env:}', /not a known variable/],
  ];
  for (const [value, expected] of missing) {
    it(`names the variable, the entry and its place where ${value} has no value`, () => {
      assert.throws(
        () => resolveServer(spec({ env: { A: value } }), context),
        (error) =>
          isBridgeError(error, 'mcp-config') &&
          expected.test(error.message) &&
          error.message.includes('MCP server "demo" (/project/app/.mcp.json:7)') &&
          error.hint !== undefined,
      );
    });
  }

  it('says that no folder is open', () => {
    assert.throws(
      () => resolveServer(spec({ cwd: '${workspaceFolder}' }), { ...context, workspaces: [] }),
      /no folder is open/,
    );
  });
});
