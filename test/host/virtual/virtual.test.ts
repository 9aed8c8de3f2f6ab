import assert from 'node:assert/strict';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { RunEnd } from '../../../src/tasks/types';
import { COMMANDS, EXTENSION_ID } from '../../../src/vscode/ids';
import type { TestHooks } from '../../../src/vscode/testHooks';
import type { Simulator } from '../../simulator/server';
import { activated, connectSimulator, eventually, notices, questions, rejection, setSetting } from '../support';

const WHY = /^The folders of this window are not on this computer's disk, so their MCP servers cannot be started\./;

describe('in a folder that is on no disk', () => {
  let hooks: TestHooks;
  let simulator: Simulator;

  before(async () => {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    assert.equal(folder?.uri.scheme, 'memfs');
    const readme = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder.uri, 'README.md'));
    assert.match(new TextDecoder().decode(readme), /in memory/);
    hooks = await activated();
    simulator = await connectSimulator(hooks);
  });

  beforeEach(() => hooks.dialogs.reset());

  after(async () => {
    await setSetting('mcp.servers', undefined);
    await simulator.close();
  });

  it('is there, and shows the models', async () => {
    assert.equal(vscode.extensions.getExtension(EXTENSION_ID)?.isActive, true);
    await eventually(() => assert.match(hooks.status()?.text ?? '', /LM Studio: qwen3-8b/));
    assert.ok(hooks.treeRows().length > 0);
  });

  it('does not read the servers of the folder, and says why there are none', async () => {
    await hooks.serversView.read();
    assert.deepEqual(hooks.mcp.entries, []);
    assert.equal(hooks.serversView.welcome, 'virtual');
  });

  it('says why a task cannot have them, in one sentence that names what to do', async () => {
    await vscode.commands.executeCommand(COMMANDS.runWithAllServers);
    const [notice] = notices(hooks);
    assert.match(notice?.message ?? '', WHY);
    assert.match(notice?.message ?? '', /your own settings/);
    assert.match(await rejection(COMMANDS.runWithAllServers, { task: 'What is here?' }), WHY);
    assert.ok(!simulator.requests.some(({ path }) => path.endsWith('/chat/completions')));
  });

  it('does not offer to make a file where none can be made', async () => {
    await vscode.commands.executeCommand(COMMANDS.openMcpConfig);
    assert.match(notices(hooks)[0]?.message ?? '', WHY);
    assert.equal(vscode.window.activeTextEditor, undefined);
  });

  it("runs a task with a server of the person's own", async () => {
    const program = join(
      vscode.extensions.getExtension(EXTENSION_ID)?.extensionPath ?? '',
      'test/support/mcp/booking.mjs',
    );
    await setSetting('mcp.servers', { trains: { command: 'node', args: [program] } });
    await hooks.serversView.read();
    assert.deepEqual(
      hooks.mcp.entries.map(({ spec }) => spec.name),
      ['trains'],
    );
    simulator.setScript([{ text: 'No seats were needed.' }]);
    hooks.dialogs.answerNext('Start');
    const args = { server: 'trains', task: 'Are there seats?' };
    const end = await vscode.commands.executeCommand<RunEnd>(COMMANDS.runWithServer, args);
    assert.equal(end.status, 'completed', JSON.stringify(end));
    assert.equal(questions(hooks).length, 1, 'consent is asked for as anywhere');
  });
});
