import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { COMMANDS } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import { activated, connectSimulator, eventually, setSetting, workspaceFolder } from './support';

describe('problems of MCP files', () => {
  let hooks: TestHooks;
  let file: string;

  before(async () => {
    hooks = await activated();
    file = join(workspaceFolder(), '.cursor', 'mcp.json');
    mkdirSync(dirname(file), { recursive: true });
  });

  beforeEach(() => hooks.dialogs.reset());

  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    rmSync(dirname(file), { recursive: true, force: true });
    await eventually(() => assert.deepEqual(problems(), []));
  });

  const problems = (of = file): string[] =>
    vscode.languages
      .getDiagnostics(vscode.Uri.file(of))
      .filter(({ source }) => source === 'LM Studio Bridge')
      .map(({ severity, message, range: { start, end } }) => {
        const place = `${start.line + 1}:${start.character + 1}-${end.character + 1}`;
        return `${vscode.DiagnosticSeverity[severity]} ${place} ${message}`;
      });

  async function fix(title: string): Promise<string> {
    const uri = vscode.Uri.file(file);
    const document = await vscode.workspace.openTextDocument(uri);
    // One that is open still is read anew a moment after the file was written; saved before that, it would be in conflict.
    const written = readFileSync(file, 'utf8');
    await eventually(() => assert.equal(document.getText(), written));
    const whole = new vscode.Range(0, 0, document.lineCount, 0);
    const kind = vscode.CodeActionKind.QuickFix.value;
    let action: vscode.CodeAction | undefined;
    await eventually(async () => {
      const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
        'vscode.executeCodeActionProvider',
        uri,
        whole,
        kind,
      );
      action = actions.find((candidate) => candidate.title === title);
      assert.ok(action, `${title} is not among ${actions.map((candidate) => candidate.title).join(', ')}`);
    });
    assert.ok(action?.edit);
    assert.equal(await vscode.workspace.applyEdit(action.edit), true);
    await document.save();
    return readFileSync(file, 'utf8');
  }

  it('appear when the file is written, at their places, and go when it is mended by a quick fix', async () => {
    const entries = '"a": { "type": "pigeon", "command": "x" },\n    "b": { "command": "x", "args": ["${HOME}"] }';
    writeFileSync(file, `{\n  "mcpServers": {\n    ${entries}\n  }\n}\n`);
    await eventually(() =>
      assert.deepEqual(problems(), [
        'Error 3:5-8 Server "a" has the unknown type "pigeon".',
        'Warning 4:38-45 Server "b" uses ${HOME}, which is not a known variable.',
      ]),
    );
    assert.match(await fix('Replace by ${userHome}'), /"\$\{userHome\}"/);
    await eventually(() => assert.equal(problems().length, 1));
    assert.doesNotMatch(await fix('Remove "type"'), /pigeon/);
    await eventually(() => assert.deepEqual(problems(), []));
  });

  it('name the definition that hides another, and follow the file when it is deleted', async () => {
    writeFileSync(file, '{ "mcpServers": { "memory": { "command": "x" } } }');
    await eventually(() =>
      assert.match(problems().join(), /^Information 1:19-27 Server "memory" is not used: .*\.mcp\.json:10/),
    );
    assert.match(await fix('Rename to "memory-2"'), /"memory-2"/);
    await eventually(() => assert.deepEqual(problems(), []));
    writeFileSync(file, '{ "mcpServers": ');
    await eventually(() => assert.match(problems().join(), /^Error .* Syntax error/));
    rmSync(file);
    await eventually(() => assert.deepEqual(problems(), []));
  });

  it('of the files of other products are shown where they are errors', async () => {
    const own = join(homedir(), '.cursor', 'mcp.json');
    mkdirSync(dirname(own), { recursive: true });
    try {
      writeFileSync(own, '{ "mcpServers": { "memory": { "command": "x" }, "mine": {} } }');
      await eventually(() => assert.deepEqual(problems(own), ['Error 1:49-55 Server "mine" has no "command".']));
      await setSetting('mcp.products', ['lm-studio']);
      await eventually(() => assert.deepEqual(problems(own), []));
    } finally {
      await setSetting('mcp.products', undefined);
      rmSync(dirname(own), { recursive: true });
    }
  });

  it('show servers of the person with the product that they come from', async () => {
    const own = join(homedir(), '.cursor', 'mcp.json');
    mkdirSync(dirname(own), { recursive: true });
    const simulator = await connectSimulator(hooks);
    try {
      writeFileSync(own, '{ "mcpServers": { "mine": { "command": "x" } } }');
      hooks.dialogs.reset();
      await setSetting('mcp.servers', { ours: { url: 'https://example.com/mcp' } });
      await vscode.commands.executeCommand(COMMANDS.runWithServer);
      const [pick] = hooks.dialogs.seen;
      assert.ok(pick?.kind === 'pickOne', JSON.stringify(hooks.dialogs.seen));
      const rows = pick.choices.map(({ label, description = '' }) => `${label}: ${description}`);
      assert.ok(
        rows.some((row) => /^mine: Cursor · .*mcp\.json:1$/.test(row)),
        rows.join('\n'),
      );
      assert.ok(
        rows.some((row) => /^ours: Setting · .*settings\.json:\d+$/.test(row)),
        rows.join('\n'),
      );
    } finally {
      await simulator.close();
      await setSetting('mcp.servers', undefined);
      rmSync(dirname(own), { recursive: true });
    }
  });
});
