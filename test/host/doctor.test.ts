import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { COMMANDS, REPORT_SCHEME } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import { type Simulator, startSimulator } from '../simulator/server';
import { activated, connectSimulator, eventually, notices, setSetting, workspaceFolder } from './support';

/** Each planted in another place; none may be in the report. */
const PLANTED = {
  apiToken: 'sk-lm-abcdefgh:ABCDEFGHIJKLMNOPQRST',
  env: 'envSecretOfTheServer42',
  flag: 'flagSecretOfTheServer42',
  header: 'headerSecretOfTheServer42',
  query: 'querySecretOfTheServer42',
  setting: 'settingSecretOfTheServer42',
} as const;

/** Says all that it knows on stderr, and dies. */
const PROGRAM = 'console.error("started with", process.env.SOME_VALUE, process.argv.join(" ")); process.exit(3);';

describe('the doctor in the editor', () => {
  let hooks: TestHooks;
  let simulator: Simulator;
  let file = '';

  before(async () => {
    hooks = await activated();
    simulator = await connectSimulator(hooks, { token: PLANTED.apiToken });
    hooks.dialogs.answerNext(PLANTED.apiToken);
    await vscode.commands.executeCommand(COMMANDS.setToken);
    await eventually(() => assert.equal(hooks.snapshot().health.kind, 'online'));
    const { env, flag, header, query, setting } = PLANTED;
    mkdirSync(join(workspaceFolder(), '.vscode'), { recursive: true });
    file = join(workspaceFolder(), '.vscode', 'mcp.json');
    const servers = {
      leaky: { command: 'node', args: ['-e', PROGRAM, '--', `--api-key=${flag}`], env: { SOME_VALUE: env } },
      far: { url: `https://mcp.example/v1?key=${query}`, headers: { 'X-Thing': header } },
      odd: { args: [] },
    };
    writeFileSync(file, JSON.stringify({ servers }, null, 2));
    await setSetting('mcp.servers', { mine: { command: 'node', env: { ANYTHING: setting } } });
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
    await hooks.mcp.refresh();
  });

  beforeEach(() => hooks.dialogs.reset());

  after(async () => {
    await vscode.commands.executeCommand(COMMANDS.removeToken);
    await setSetting('mcp.servers', undefined);
    await setSetting('onModelSubstitution', undefined);
    rmSync(file, { force: true });
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await simulator.close();
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
  });

  const reports = () => vscode.workspace.textDocuments.filter(({ uri }) => uri.scheme === REPORT_SCHEME);

  /** Runs it until the document says this. */
  async function diagnosed(expected: RegExp): Promise<vscode.TextDocument> {
    await vscode.commands.executeCommand(COMMANDS.doctor);
    const document = vscode.window.activeTextEditor?.document;
    assert.ok(document?.uri.scheme === REPORT_SCHEME);
    await eventually(() => assert.match(document.getText(), expected));
    return document;
  }

  it('shows one document of Markdown source that begins with what to do next', async () => {
    const document = await diagnosed(/# LM Studio Doctor/);
    assert.equal(document.languageId, 'markdown');
    assert.equal(vscode.workspace.fs.isWritableFileSystem(REPORT_SCHEME) ?? false, false);
    const text = document.getText();
    assert.equal(/^## (.*)$/m.exec(text)?.[1], 'What to do next');
    assert.match(text, /mcp\.json:\d+: .*What helps: \*\*View: Show Problems\*\* \(`mcp-file-(wrong|doubtful)`\)/);
    assert.match(text, /- API token: set\n/);
    assert.match(text, /- Kind: LM Studio, 0\.4\.0 or newer\n- Just-in-time loading: on\n/);
    assert.match(text, /\| qwen\/qwen3-8b \| loaded \| \d+ \| \d+ \| trained \|/);
    assert.match(text, /- lmstudioBridge\.mcp\.servers: mine\n/);
    assert.match(text, /- Reached by: node, 4 arguments, sets SOME_VALUE\n/);
    assert.match(text, /- Reached by: https:\/\/mcp\.example\/…, headers X-Thing\n/);
    assert.match(text, /- Model server: \d+ ms\n/);
  });

  it('has the last words of a server that failed, and no secret in any place', async () => {
    hooks.dialogs.answerNext('Start');
    await assert.rejects(hooks.mcp.start('leaky'));
    const document = await diagnosed(/`mcp-failed`/);
    const text = document.getText();
    assert.match(text, /started with \[redacted\] .*--api-key=\[redacted\]/);
    for (const [place, secret] of Object.entries(PLANTED)) assert.ok(!text.includes(secret), `${place}: ${secret}`);
    await vscode.commands.executeCommand(COMMANDS.copyReport);
    assert.equal(await vscode.env.clipboard.readText(), text);
    assert.match(notices(hooks).at(-1)?.message ?? '', /^The report was copied\./);
  });

  it('has the command that helps above each finding, and keeps to one document', async () => {
    const document = await diagnosed(/# LM Studio Doctor/);
    // The document of the report before it is renewed a moment after the lenses are.
    await eventually(async () => {
      const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
        'vscode.executeCodeLensProvider',
        document.uri,
      );
      const all = lenses.map(({ range, command }) => [document.lineAt(range.start).text, command?.title ?? '']);
      assert.deepEqual(
        all.filter(([line]) => line === '# LM Studio Doctor').map(([, title]) => title),
        ['Copy Report', 'Run Again'],
      );
      const findings = document.getText().match(/^\d+\. .*\*\*.*\*\*/gm) ?? [];
      assert.ok(findings.length > 1);
      for (const finding of findings) {
        const title = all.find(([line]) => line?.startsWith(finding))?.[1];
        assert.ok(title !== undefined && finding.includes(`**${title}**`), finding);
      }
    });
    assert.equal(reports().filter(({ uri }) => uri.path.includes('Doctor')).length, 1);
  });

  it('says what is wrong with a setting, and what differs from the default', async () => {
    await setSetting('onModelSubstitution', 'whatever');
    const document = await diagnosed(/`setting-wrong`/);
    assert.match(
      document.getText(),
      /^1\. Error: The setting lmstudioBridge\.onModelSubstitution must be .*Open Settings/m,
    );
    assert.match(document.getText(), /- lmstudioBridge\.onModelSubstitution: "whatever"\n/);
    await setSetting('onModelSubstitution', undefined);
  });

  it('knows every setting, and shows no password of an address', async () => {
    await setSetting('refreshInterval', 0);
    await setSetting('task.show', 'nowhere');
    await setSetting('servers', [{ name: 'bad', url: 'bob:hunter2@gpu:1234' }]);
    try {
      const text = (await diagnosed(/setting lmstudioBridge\.task\.show must be/)).getText();
      assert.match(text, /The setting lmstudioBridge\.refreshInterval must be a number of at least 1; it is 0\./);
      assert.match(
        text,
        /The setting lmstudioBridge\.servers: The "url" of the server "bad": .* user name or password/,
      );
      assert.match(text, /^- lmstudioBridge\.servers: bad \("…@gpu:1234"\)$/m);
      await setSetting('server.url', 'bob:hunter2@gpu:1234');
      const second = (await diagnosed(/^- lmstudioBridge\.server\.url: "…@gpu:1234"$/m)).getText();
      for (const said of [text, second]) assert.ok(!said.includes('hunter2'));
    } finally {
      for (const key of ['refreshInterval', 'task.show', 'servers'] as const) await setSetting(key, undefined);
      await setSetting('server.url', simulator.url);
    }
  });

  it('says of every other model server whether it is well, or what is wrong with it', async () => {
    const token = 'sk-lm-ijklmnop:ABCDEFGHIJKLMNOPQRST';
    const [well, closed] = await Promise.all([startSimulator(), startSimulator({ token })]);
    await setSetting('servers', [
      { name: 'well', url: well.url },
      { name: 'closed', url: closed.url },
      { name: 'gone', url: 'http://127.0.0.1:9' },
    ]);
    await eventually(() => assert.equal(hooks.connections.all.length, 4));
    try {
      const text = (await diagnosed(/`other-server-token`/)).getText();
      assert.ok(
        text.includes(`lmstudioBridge.servers: well (${well.url}), closed (${closed.url}), gone (http://127.0.0.1:9)`),
      );
      assert.match(text, /^- Server "well" at http:\S+: answers in \d+ ms, \d+ models$/m);
      assert.match(text, /^- Server "closed" at http:\S+: no answer \(auth-required\)\. /m);
      assert.match(text, /^- Server "gone" at http:\S+: no answer \(server-unreachable\)\. /m);
      assert.match(text, /Model server "gone": No model server answers .*\*\* \(`other-server-failed`\)$/m);
      assert.match(text, /^- Model server "well": \d+ ms$/m);
    } finally {
      await setSetting('servers', undefined);
      await Promise.all([well.close(), closed.close()]);
    }
  });

  it('tells a missing token from a refused one, and a server that is gone from both', async () => {
    await vscode.commands.executeCommand(COMMANDS.removeToken);
    await diagnosed(/1\. Error: .*\*\*LM Studio: Set API Token…\*\* \(`token-missing`\)/);
    hooks.dialogs.answerNext('sk-lm-ZZZZZZZZ:ABCDEFGHIJKLMNOPQRST');
    await vscode.commands.executeCommand(COMMANDS.setToken);
    const refused = await diagnosed(/`token-refused`/);
    assert.ok(!refused.getText().includes('ZZZZZZZZ'));
    await simulator.close();
    const gone = await diagnosed(/`server-(unreachable|not-running)`/);
    assert.match(gone.getText(), /- Answer: none \(server-unreachable\)\./);
  });
});
