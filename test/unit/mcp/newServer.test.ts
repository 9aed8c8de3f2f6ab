import assert from 'node:assert/strict';
import {
  nameProblem,
  namedOf,
  packageProblem,
  type ServerDraft,
  suggestName,
  suggestNameOfUrl,
  toEntry,
  urlProblem,
} from '../../../src/mcp/newServer';

const stdio = (args: readonly string[], env: Readonly<Record<string, string | null>> = {}): ServerDraft => ({
  kind: 'stdio',
  command: 'npx',
  args,
  env,
});
const http = (url: string, wantsToken = false): ServerDraft => ({ kind: 'http', url, protocol: 'http', wantsToken });

describe('the entry of a new server', () => {
  it('says only what there is', () => {
    assert.deepEqual(toEntry(stdio([]), 'a'), { name: 'a', entry: { type: 'stdio', command: 'npx' }, inputs: [] });
    assert.deepEqual(toEntry(http('https://a.example/mcp'), 'a').entry, { type: 'http', url: 'https://a.example/mcp' });
  });

  it('asks for every secret instead of holding it', () => {
    const secret = 'sk-1234567890abcdef';
    const args = ['-y', 'p', '--api-key', 'hunter2', '--token=hunter3', '--max-tokens', '100', secret];
    const env = { API_KEY: 'hunter4', REGION: 'eu', ASKED: null, PASSED: '${env:TOKEN}', PLAIN: secret };
    const { entry, inputs } = toEntry(stdio(args, env), 'My Server');
    const text = JSON.stringify(entry);
    for (const word of ['hunter', secret]) assert.ok(!text.includes(word), text);
    assert.deepEqual(entry['args'], [
      ...['-y', 'p', '--api-key', '${input:my_server_api_key}', '--token=${input:my_server_token}'],
      ...['--max-tokens', '100', '${input:my_server_argument_8}'],
    ]);
    assert.deepEqual(entry['env'], {
      API_KEY: '${input:my_server_api_key_2}',
      REGION: 'eu',
      ASKED: '${input:my_server_asked}',
      PASSED: '${env:TOKEN}',
      PLAIN: '${input:my_server_plain}',
    });
    assert.deepEqual(
      inputs.map(({ id, password }) => [id, password]),
      [
        ['my_server_api_key', true],
        ['my_server_token', true],
        ['my_server_argument_8', true],
        ['my_server_api_key_2', true],
        ['my_server_asked', false],
        ['my_server_plain', true],
      ],
    );
  });

  it('asks for the secrets of an address', () => {
    const { entry, inputs } = toEntry(http('https://a.example/mcp?api_key=hunter2&x=1', true), 'a');
    assert.deepEqual(entry, {
      type: 'http',
      url: 'https://a.example/mcp?api_key=${input:a_api_key}&x=1',
      headers: { Authorization: 'Bearer ${input:a_token}' },
    });
    assert.ok(inputs.every(({ password }) => password));
  });

  it('gets a name that people would give it', () => {
    const names: readonly (readonly [string, string])[] = [
      ['@modelcontextprotocol/server-filesystem', 'filesystem'],
      ['@modelcontextprotocol/server-filesystem@1.2.3', 'filesystem'],
      ['mcp-server-git', 'git'],
      ['mcp-server-git==1.0', 'git'],
      ['tavily-mcp', 'tavily'],
      ['mcp', 'mcp'],
      ['C:\\tools\\weather.exe', 'weather'],
      ['/opt/x/server.py', 'server'],
    ];
    for (const [text, name] of names) assert.equal(suggestName(text), name, text);
    assert.equal(namedOf(['npx', '-y', '@a/mcp-b', '/c']), 'b');
    assert.equal(namedOf(['/usr/bin/uvx', 'mcp-server-time']), 'time');
    assert.equal(namedOf(['docker', 'run', '-i', 'mcp/fetch']), 'fetch');
    assert.equal(namedOf(['./my-server', 'x']), 'my');
    assert.equal(suggestNameOfUrl('https://mcp.example.com/mcp'), 'example');
    assert.equal(suggestNameOfUrl('http://127.0.0.1:3000/mcp'), 'local-server');
  });

  it('is checked before anything is written', () => {
    for (const name of ['a', '@a/b', '@a/b@1.2.3', 'b@latest']) assert.equal(packageProblem(name, 'npm'), undefined);
    for (const name of ['', '-y', 'a b', '../x', 'https://x', '@a/']) assert.ok(packageProblem(name, 'npm'), name);
    for (const name of ['a', 'a-b', 'a[x]==1.2', 'a>=1']) assert.equal(packageProblem(name, 'pypi'), undefined);
    for (const name of ['', '-a', '@a/b', 'a b']) assert.ok(packageProblem(name, 'pypi'), name);
    for (const url of ['', 'example.com', 'ftp://a', 'file:///etc/passwd'])
      assert.match(urlProblem(url) ?? '', /^Write/);
    assert.match(urlProblem('https://me:pw@a.example') ?? '', /^Leave the name/);
    assert.equal(urlProblem('https://a.example/mcp'), undefined);
    assert.equal(nameProblem('a b-c.d_1', ['x']), undefined);
    assert.equal(nameProblem('x', ['x']), 'There is a server "x" already.');
    for (const name of ['', ' ', ' a', '-a', 'a/b', 'a\u202eb', 'a'.repeat(65)]) assert.ok(nameProblem(name, []), name);
  });
});
