import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hintFromOutput, installHint, type Machine } from '../../../src/mcp/startHints';

/** As the programs write it, shortened; with a piece of the hint. */
const RECORDED: readonly (readonly [string, RegExp])[] = [
  [
    "npm error code E404\nnpm error 404 Not Found - GET https://registry.npmjs.org/@acme%2fno-such-server - Not found\nnpm error 404\nnpm error 404  '@acme/no-such-server@*' is not in this registry.\n",
    /npm has no package "@acme\/no-such-server"/,
  ],
  ['npm ERR! code E404\nnpm ERR! 404 Not Found - GET https://registry.npmjs.org/x', /npm does not have this package/],
  [
    'npm error code ETARGET\nnpm error notarget No matching version found for left-pad@99.0.0.\n',
    /does not have this version/,
  ],
  [
    '  × No solution found when resolving tool dependencies:\n  ╰─▶ Because mcp-server-nothing was not found in the package registry and you require mcp-server-nothing, we can conclude that your requirements are unsatisfiable.',
    /PyPI has no package/,
  ],
  ['ERROR: No matching distribution found for mcp-nothing', /PyPI has no package "mcp-nothing"/],
  ['An executable named `mcp-git` is not provided by package `mcp-server-git`.', /"--from mcp-server-git"/],
  [
    "npm WARN EBADENGINE Unsupported engine {\nnpm WARN EBADENGINE   package: 'x@1.0.0',\nnpm WARN EBADENGINE   required: { node: '>=22' },",
    /newer Node\.js/,
  ],
  ["SyntaxError: Unexpected token '??='\n    at Loader.moduleStrategy", /newer Node\.js/],
  ['npm error code EAI_AGAIN\nnpm error syscall getaddrinfo', /could not be downloaded/],
  ['Error: listen EADDRINUSE: address already in use 127.0.0.1:3000\n    at Server', /The port 3000 is taken/],
  ['OSError: [Errno 98] Address already in use', /A port that the server wants is taken/],
  [
    "Error: Cannot find module '/home/me/server/dist/index.js'\n    at Module._resolveFilename",
    /did not find "\/home\/me/,
  ],
  ["ModuleNotFoundError: No module named 'mcp'", /the module "mcp"/],
  ['/usr/bin/python3: No module named mcp_server_git', /the module "mcp_server_git"/],
  ['docker: Cannot connect to the Docker daemon at unix:///var/run/docker.sock.', /Docker is not running/],
  ['Error: BRAVE_API_KEY environment variable is required', /BRAVE_API_KEY: add it to "env"/],
  ['GITHUB_PERSONAL_ACCESS_TOKEN is not set', /GITHUB_PERSONAL_ACCESS_TOKEN/],
  ['Please set SLACK_BOT_TOKEN and SLACK_TEAM_ID environment variables', /SLACK_BOT_TOKEN/],
  ["KeyError: 'OPENAI_API_KEY'", /OPENAI_API_KEY/],
];

describe('hints for servers that do not start', () => {
  for (const [output, expected] of RECORDED) {
    it(`knows ${JSON.stringify(output.split('\n')[0])}`, () => {
      assert.match(hintFromOutput(output) ?? '', expected);
    });
  }

  it('says nothing about what it does not know', () => {
    for (const output of ['', 'Server running on stdio', 'fatal: out of luck', 'Error: boom\n    at main (x.js:1:1)']) {
      assert.equal(hintFromOutput(output), undefined, output);
    }
  });

  describe('where the command was not found', () => {
    let home = '';
    const machine = (env: Machine['env'] = {}): Machine => ({ platform: 'linux', home, env });

    beforeEach(async () => {
      home = await mkdtemp(join(tmpdir(), 'hints-'));
    });
    afterEach(() => rm(home, { recursive: true, force: true }));

    async function install(...path: string[]): Promise<string> {
      const folder = join(home, ...path.slice(0, -1));
      await mkdir(folder, { recursive: true });
      await writeFile(join(home, ...path), '');
      return folder;
    }

    it('finds the newest of nvm, and says how to reach it', async () => {
      await install('.nvm', 'versions', 'node', 'v9.11.2', 'bin', 'some-npx');
      const folder = await install('.nvm', 'versions', 'node', 'v22.3.0', 'bin', 'some-npx');
      const hint = await installHint('some-npx', machine());
      assert.ok(hint.includes(`${join(folder, 'some-npx')} (nvm)`), hint);
      assert.ok(hint.includes(`"PATH": "${folder}:\${env:PATH}"`), hint);
    });

    for (const [owner, ...path] of [
      ['Volta', '.volta', 'bin', 'tool-x'],
      ['asdf', '.asdf', 'shims', 'tool-x'],
      ['fnm', '.local', 'share', 'fnm', 'aliases', 'default', 'bin', 'tool-x'],
      ['mise', '.local', 'share', 'mise', 'shims', 'tool-x'],
      ['uv or pipx', '.local', 'bin', 'tool-x'],
    ] as const) {
      it(`finds what ${owner} has`, async () => {
        await install(...path);
        assert.ok((await installHint('tool-x', machine())).includes(`(${owner})`));
      });
    }

    it('says what to install, and on which machine', async () => {
      assert.match(await installHint('tool-x', machine()), /^Install it, or give its full path in "command"\.$/);
      assert.match(await installHint('tool-x', machine({ WSL_DISTRO_NAME: 'Ubuntu' })), /in WSL \(Ubuntu\), not in W/);
      assert.match(await installHint('tool-x', machine({ SSH_CONNECTION: '1 2 3 4' })), /machine that you are conn/);
      assert.match(await installHint('tool-x', machine({ REMOTE_CONTAINERS: 'true' })), /in the container/);
    });
  });
});
