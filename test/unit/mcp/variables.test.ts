import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { isBridgeError } from '../../../src/base/errors';
import { givenSource, type ServerSpec, type StdioSpec } from '../../../src/mcp/serverSpec';
import { type InputSource, resolveServer, type VariableContext } from '../../../src/mcp/variables';

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

  it('takes the folder of the entry before the first one', async () => {
    const source = {
      kind: 'mcp-json',
      file: '/project/lib/.mcp.json',
      scope: 'workspace',
      folder: resolve('/project/lib'),
    };
    const ofLib = {
      ...spec({ args: ['${workspaceFolder}', '${workspaceFolderBasename}'], cwd: 'src' }),
      source,
    } as ServerSpec;
    const { transport } = await resolveServer(ofLib, context, never);
    assert.ok(transport.kind === 'stdio');
    assert.deepEqual([...transport.args, transport.cwd], [resolve('/project/lib'), 'lib', resolve('/project/lib/src')]);
  });

  it('reads ${NAME} and ${NAME:-default} in the portable files, and a secret in them is one', async () => {
    const source = { ...givenSource('/x/.mcp.json'), kind: 'mcp-json' } as const;
    const env = { API_KEY: 'hush', EMPTY: '', DEEP: '${API_KEY}' };
    const args = ['${API_KEY}', '${NOPE:-a:b}', '${EMPTY:-full}', '${DEEP}'];
    const server = await resolveServer({ ...spec({ args }), source }, { ...context, env }, never);
    assert.ok(server.transport.kind === 'stdio');
    assert.deepEqual(server.transport.args, ['hush', 'a:b', 'full', '${API_KEY}']);
    assert.deepEqual(server.secrets, ['hush']);
    await assert.rejects(
      resolveServer({ ...spec({ args: ['${NOPE}'] }), source }, context, never),
      /uses \$\{NOPE\}, but the environment variable "NOPE" is not set/,
    );
  });

  it('asks for each input once; passwords and secrets of the envFile are secrets', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mcp-variables-'));
    try {
      await writeFile(join(folder, '.env'), 'API_KEY=from-file\nPLAIN=${env:KEY}\nOVER=file\n');
      const input = { description: undefined, default: undefined, isPassword: false, options: [] };
      const inputs = [
        { ...input, id: 'pass', kind: 'promptString', isPassword: true },
        { ...input, id: 'name', kind: 'promptString' },
        { ...input, id: 'unused', kind: 'promptString' },
      ] as const;
      const entry = spec({
        args: ['${input:name}', '${input:name}'],
        env: { X: 'p=${input:pass}', OVER: 'entry' },
        envFile: '.env',
      });
      const asked: string[] = [];
      const answer: InputSource = ({ id }) => {
        asked.push(id);
        return Promise.resolve(id === 'pass' ? 'geheim' : '${env:KEY}');
      };
      const server = await resolveServer(
        { ...entry, inputs },
        { ...context, workspaces: [folder], inputs: answer },
        never,
      );
      assert.ok(server.transport.kind === 'stdio');
      assert.deepEqual(asked, ['name', 'pass']);
      assert.deepEqual(server.transport.args, ['${env:KEY}', '${env:KEY}']);
      const env = { API_KEY: 'from-file', PLAIN: '${env:KEY}', OVER: 'entry', X: 'p=geheim' };
      assert.deepEqual({ ...server.transport.env }, env);
      assert.deepEqual(server.secrets, ['geheim', 'from-file']);
      await assert.rejects(
        resolveServer({ ...entry, inputs }, { ...context, workspaces: [folder] }, never),
        /no value was given/,
      );
      await rm(join(folder, '.env'));
      await assert.rejects(
        resolveServer({ ...spec({ envFile: '.env' }) }, { ...context, workspaces: [folder] }, never),
        /"demo" \(.*:7\) has the "envFile" .*\.env, which cannot be read/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('refuses commands of the editor, broken addresses and texts that the system would cut off', async () => {
    await assert.rejects(resolved({ args: ['${command:x}'] }), /would run a command of the editor/);
    await assert.rejects(resolved({ args: ['a\0b'] }), /the character 0/);
    const http = { kind: 'http', url: '${env:KEY}', headers: {}, protocol: 'auto' } as const;
    const message = 'has no address in "${env:KEY}"';
    await assert.rejects(
      resolveServer({ ...spec({}), transport: http }, context, never),
      (error) =>
        isBridgeError(error, 'mcp-config') && error.message.includes(message) && !error.message.includes('value'),
    );
  });

  it('gives every value exactly once, whatever it holds', async () => {
    const tricky = fc.oneof(
      fc.string(),
      fc.constantFrom('${env:A}', '${input:i}', '$&', '$1', '${', '}', '${userHome}'),
    );
    const part = fc.oneof(
      fc.record({ write: fc.constant('${env:A}'), give: fc.constant('env' as const) }),
      fc.record({ write: fc.constant('${input:i}'), give: fc.constant('input' as const) }),
      fc
        .string()
        .filter((text) => !/[${}\0]/.test(text))
        .map((write) => ({ write, give: undefined })),
    );
    const input = {
      id: 'i',
      kind: 'promptString',
      description: undefined,
      default: undefined,
      isPassword: false,
      options: [],
    } as const;
    await fc.assert(
      fc.asyncProperty(tricky, tricky, fc.array(part), async (ofEnv, ofInput, parts) => {
        fc.pre(!(ofEnv + ofInput).includes('\0'));
        const within = { ...context, env: { A: ofEnv }, inputs: () => Promise.resolve(ofInput) };
        const entry = { ...spec({ args: [parts.map(({ write }) => write).join('')] }), inputs: [input] };
        const { transport } = await resolveServer(entry, within, never);
        const expected = parts.map(({ write, give }) => (give === 'env' ? ofEnv : give === 'input' ? ofInput : write));
        assert.deepEqual(transport.kind === 'stdio' && transport.args, [expected.join('')]);
      }),
    );
  });

  it('says that no folder is open', async () => {
    await assert.rejects(resolved({ cwd: '${workspaceFolder}' }, { ...context, workspaces: [] }), /no folder is open/);
  });
});
