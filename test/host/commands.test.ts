import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { RunEnd } from '../../src/tasks/types';
import { COMMANDS, SETTINGS_SECTION } from '../../src/vscode/ids';
import type { ServerNode } from '../../src/vscode/servers/serversTree';
import { readRows, type TestHooks, type TreeRow } from '../../src/vscode/testHooks';
import { type Simulator, startSimulator } from '../simulator/server';
import {
  activated,
  connectSimulator,
  eventually,
  notices,
  questions,
  rowOf,
  setSetting,
  workspaceFolder,
} from './support';

interface ServerFile {
  readonly mcpServers: Record<string, { command: string; args: string[] }>;
}

describe('the commands of rows and views', () => {
  let hooks: TestHooks;
  let simulator: Simulator;
  let file = '';
  let original = '';

  const server = (name: string): TreeRow => {
    const row = readRows(hooks.serversView.tree).find(({ label }) => label === name);
    assert.ok(row, `there is no server "${name}"`);
    return row;
  };
  const node = (name: string): ServerNode => {
    const found = hooks.serversView.tree.nodeOf(name);
    assert.ok(found, `there is no server "${name}"`);
    return found;
  };
  /** What the workbench shows in its output panel has a document of its own. */
  const isOutputOpen = (name: RegExp): boolean =>
    vscode.workspace.textDocuments.some(({ uri }) => uri.scheme === 'output' && name.test(uri.path));

  const outputs = (): string => vscode.workspace.textDocuments.map(({ uri }) => uri.toString()).join(' ');

  before(async () => {
    hooks = await activated();
    simulator = await connectSimulator(hooks);
    file = join(workspaceFolder(), '.mcp.json');
    original = readFileSync(file, 'utf8');
    const { mcpServers } = JSON.parse(original) as ServerFile;
    const known = mcpServers['filesystem'];
    assert.ok(known);
    const [program = ''] = known.args;
    const everything = { ...known, args: [program.replace('server-filesystem', 'server-everything')] };
    writeFileSync(file, JSON.stringify({ mcpServers: { ...mcpServers, everything } }));
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
    await vscode.commands.executeCommand(COMMANDS.refreshMcpServers);
  });

  beforeEach(() => {
    hooks.dialogs.reset();
  });

  afterEach(() => assert.equal(hooks.dialogs.unusedAnswers, 0, 'every answer was asked for'));

  after(async () => {
    writeFileSync(file, original);
    for (const name of ['everything', 'filesystem']) await hooks.stopServer(name);
    await vscode.commands.executeCommand(COMMANDS.refreshMcpServers);
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
    await setSetting('model', undefined);
    await simulator.close();
  });

  it('ask the server again: Refresh Models', async () => {
    const before = simulator.requests.length;
    await vscode.commands.executeCommand(COMMANDS.refreshModels);
    assert.ok(simulator.requests.slice(before).some(({ path }) => path.endsWith('/models')));
    const { length } = hooks.snapshot().models;
    const [told] = notices(hooks);
    assert.deepEqual([told?.level, told?.message], ['info', `LM Studio answers. It has ${length} models.`]);
    // What the view's own button found stands in its rows.
    hooks.dialogs.reset();
    await vscode.commands.executeCommand(COMMANDS.refreshModelsView);
    assert.deepEqual(notices(hooks), []);
  });

  it('say what is wrong where the server does not answer: Refresh Models', async () => {
    const { port } = simulator;
    await simulator.close();
    await vscode.commands.executeCommand(COMMANDS.refreshModels);
    const [told] = notices(hooks);
    assert.equal(told?.level, 'error');
    assert.match(told.message, /^No model server answers at /);
    simulator = await startSimulator({ port });
    await vscode.commands.executeCommand(COMMANDS.refreshModels);
  });

  it('use the model of a row for tasks: Use Model for Tasks', async () => {
    const model = hooks.snapshot().models.find(({ key }) => key === 'openai/gpt-oss-20b');
    await vscode.commands.executeCommand(COMMANDS.useForTasks, { kind: 'model', model });
    assert.equal(vscode.workspace.getConfiguration(SETTINGS_SECTION).get('model'), 'openai/gpt-oss-20b');
    await eventually(() => assert.match(rowOf(hooks, 'GPT-OSS 20B').description, /for tasks/));
    await setSetting('model', undefined);

    const embedding = hooks.snapshot().models.find(({ kind }) => kind === 'embedding');
    await vscode.commands.executeCommand(COMMANDS.useForTasks, { kind: 'model', model: embedding });
    assert.match(notices(hooks).at(-1)?.message ?? '', /^Tasks need a chat model\./);
  });

  it('open the settings of the extension: Open Settings', async () => {
    await vscode.commands.executeCommand(COMMANDS.openSettings);
    await eventually(() => assert.equal(vscode.window.tabGroups.activeTabGroup.activeTab?.label, 'Settings'));
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
  });

  it('show what the product writes: Show Output', async () => {
    await vscode.commands.executeCommand(COMMANDS.showOutput);
    await eventually(() => assert.ok(isOutputOpen(/LM Studio Bridge/)));
  });

  it('show the view of MCP servers: Show MCP Servers', async () => {
    await vscode.commands.executeCommand('workbench.view.explorer');
    await vscode.commands.executeCommand(COMMANDS.showMcpServers);
    await eventually(() => assert.equal(hooks.serversView.tree.getChildren().length > 0, true));
  });

  it('run a task with the server of a row: Run Task with This MCP Server', async () => {
    simulator.setScript([{ text: 'Here I am.' }]);
    hooks.dialogs.answerNext('Say something', 'Start');
    const end = await vscode.commands.executeCommand<RunEnd>(COMMANDS.runWithThisServer, node('filesystem'));
    assert.equal(end.text, 'Here I am.');
    assert.equal(questions(hooks)[0]?.message, 'Start the MCP server "filesystem"?');
    const body = simulator.requests.findLast(({ path }) => path.endsWith('/chat/completions'))?.body;
    assert.match(JSON.stringify(body), /list_directory/);
    assert.ok(
      !hooks.dialogs.seen.some(({ kind }) => kind === 'pickOne' || kind === 'pickMany'),
      'no server is asked for',
    );
  });

  it('start a running server anew, without asking again: Restart MCP Server', async () => {
    const starts = (): number => hooks.serverLines.filter((line) => /^filesystem.*running on stdio/.test(line)).length;
    assert.match(server('filesystem').contextValue, /^server\.ready\./);
    // What it writes to stderr may be heard after its first answer.
    await eventually(() => assert.ok(starts() > 0));
    const before = starts();
    await vscode.commands.executeCommand(COMMANDS.restartMcpServer, node('filesystem'));
    await eventually(() => assert.equal(starts(), before + 1));
    await eventually(() => assert.match(server('filesystem').contextValue, /^server\.ready\./));
    assert.deepEqual(questions(hooks), []);
  });

  it('show the log of a server: Show Log of MCP Server', async () => {
    await vscode.commands.executeCommand(COMMANDS.showMcpLog, node('filesystem'));
    await eventually(() => assert.ok(isOutputOpen(/MCP\W+filesystem/), outputs()));
  });

  it('are offered for the rows that they fit: resources and prompts', async () => {
    hooks.dialogs.answerNext('Start');
    await vscode.commands.executeCommand(COMMANDS.startMcpServer, node('everything'));
    await eventually(() => assert.equal(server('everything').children.length, 3));
    const kinds = server('everything').children.map(({ children }) => children[0]?.contextValue);
    assert.deepEqual(kinds, ['tool', 'resource', 'prompt']);
  });
});
