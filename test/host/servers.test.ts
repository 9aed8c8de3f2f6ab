import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as vscode from 'vscode';
import type { RunEnd } from '../../src/tasks/types';
import { COMMANDS } from '../../src/vscode/ids';
import type { ServerNode } from '../../src/vscode/servers/serversTree';
import { readRows, type TestHooks, type TreeRow } from '../../src/vscode/testHooks';
import type { Simulator } from '../simulator/server';
import { activated, connectSimulator, eventually, notices, questions, workspaceFolder } from './support';

const { Checked, Unchecked } = vscode.TreeItemCheckboxState;

describe('the view of MCP servers', () => {
  let hooks: TestHooks;
  let simulator: Simulator;
  let file: string;
  let original: string;

  const rows = (): readonly TreeRow[] => readRows(hooks.serversView.tree);
  const row = (label: string): TreeRow => {
    const found = rows().find((candidate) => candidate.label === label);
    assert.ok(found, `there is no row "${label}"`);
    return found;
  };
  const nodeOf = (server: string): ServerNode => {
    const node = hooks.serversView.tree.nodeOf(server);
    assert.ok(node, `there is no server "${server}"`);
    return node;
  };
  const below = (node: ServerNode, ...labels: string[]): ServerNode => {
    const { tree } = hooks.serversView;
    return labels.reduce((parent, label) => {
      const child = tree.getChildren(parent).find((one) => tree.getTreeItem(one).label === label);
      assert.ok(child, `there is no row "${label}"`);
      return child;
    }, node);
  };
  const run = (args: unknown): Thenable<RunEnd> => vscode.commands.executeCommand<RunEnd>(COMMANDS.runWithServer, args);

  before(async () => {
    hooks = await activated();
    simulator = await connectSimulator(hooks);
    file = join(workspaceFolder(), '.mcp.json');
    original = readFileSync(file, 'utf8');
    const { mcpServers } = JSON.parse(original) as { mcpServers: Record<string, unknown> };
    const everything = require.resolve('@modelcontextprotocol/server-everything/dist/index.js', {
      paths: [resolve(workspaceFolder(), '..'), process.cwd(), __dirname],
    });
    const servers = {
      ...mcpServers,
      everything: { command: 'node', args: [everything] },
      broken: { command: 'node', args: ['-e', 'console.error("no key\\u202e"); process.exit(3)'] },
      off: { command: 'node', disabled: true },
      odd: { args: [] },
    };
    writeFileSync(file, JSON.stringify({ mcpServers: servers }, null, 2));
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
    await vscode.commands.executeCommand(COMMANDS.refreshMcpServers);
  });

  beforeEach(() => {
    hooks.dialogs.reset();
  });

  after(async () => {
    writeFileSync(file, original);
    rmSync(join(workspaceFolder(), '.vscode', 'mcp.json'), { force: true });
    for (const server of ['everything', 'filesystem', 'broken']) {
      await vscode.commands.executeCommand(COMMANDS.stopMcpServer, { target: { kind: 'server', server } });
    }
    await vscode.commands.executeCommand(COMMANDS.refreshMcpServers);
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
    await simulator.close();
  });

  it('lists servers with state and origin, to eyes and ears, and the problems of their files', () => {
    assert.equal(row('everything').description, 'stopped, asks before its first start · .mcp.json');
    assert.equal(
      row('everything').accessibleLabel,
      'everything, MCP server, stopped, asks before its first start, from .mcp.json',
    );
    assert.equal(row('everything').contextValue, 'server.consent.untrusted.workspace');
    assert.match(row('everything').tooltip, /Command: node .*server-everything.*\n/);
    assert.match(row('everything').tooltip, /Defined in: .*\.mcp\.json:\d+/);
    assert.match(row('off').description, /^disabled in its file/);
    assert.match(row('.mcp.json').description, /^1 problem$/);
    assert.match(row('.mcp.json').children[0]?.label ?? '', /"odd"/);
  });

  it('starts a server after consent, and shows what it has', async () => {
    hooks.dialogs.answerNext('Start');
    await vscode.commands.executeCommand(COMMANDS.startMcpServer, nodeOf('everything'));
    assert.equal(questions(hooks).length, 1);
    await eventually(() => assert.match(row('everything').description, /^ready · \d+ tools, [\d.]+k tokens · /));
    assert.equal(row('everything').contextValue, 'server.ready.untrusted.workspace');
    const [tools, resources, prompts] = row('everything').children;
    assert.deepEqual([tools?.label, resources?.label, prompts?.label], ['Tools', 'Resources', 'Prompts']);
    const echo = tools?.children.find(({ label }) => label === 'echo');
    assert.match(echo?.description ?? '', /^(read-only|may change things) · \d+ tokens$/);
    assert.match(echo?.accessibleLabel ?? '', /^echo, tool of everything, /);
    assert.match(echo?.tooltip ?? '', /does not count, because the server is not marked as trusted/);
  });

  it('draws nothing again where nothing changed, and keeps its nodes', async () => {
    const { tree } = hooks.serversView;
    const fired: unknown[] = [];
    const listening = tree.onDidChangeTreeData((nodes) => fired.push(nodes));
    const before = nodeOf('everything');
    await vscode.commands.executeCommand(COMMANDS.refreshMcpServers);
    listening.dispose();
    assert.deepEqual(fired, []);
    assert.equal(nodeOf('everything'), before);
  });

  it('opens a resource as a document that cannot be written', async () => {
    const resource = hooks.serversView.tree.getChildren(below(nodeOf('everything'), 'Resources'))[0];
    await vscode.commands.executeCommand(COMMANDS.readMcpResource, resource);
    await eventually(() => assert.equal(vscode.window.activeTextEditor?.document.uri.scheme, 'lmstudio-bridge'));
    assert.notEqual(vscode.window.activeTextEditor?.document.getText().trim(), '');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('keeps a tool from the model whose box is not ticked, in a real task', async () => {
    const offered = async (): Promise<string[]> => {
      simulator.setScript([{ text: 'Done.' }]);
      const end = await run({ server: 'everything', task: 'Say hello' });
      assert.equal(end.status, 'completed');
      const body = simulator.requests.findLast(({ path }) => path.endsWith('/chat/completions'))?.body;
      const { tools } = body as unknown as { tools: { function: { name: string } }[] };
      return tools.map((tool) => tool.function.name);
    };
    const all = await offered();
    assert.ok(all.includes('echo'));
    await hooks.serversView.switch([[below(nodeOf('everything'), 'Tools', 'echo'), Unchecked]]);
    await eventually(() => assert.match(row('everything').description, /, 1 off · /));
    assert.deepEqual(
      await offered(),
      all.filter((name) => name !== 'echo'),
    );
    await hooks.serversView.switch([[below(nodeOf('everything'), 'Tools', 'echo'), Checked]]);
    await eventually(() => assert.doesNotMatch(row('everything').description, /off/));
  });

  it('keeps a server from tasks whose box is not ticked, and stops it', async () => {
    await hooks.serversView.switch([[nodeOf('everything'), Unchecked]]);
    await eventually(() => assert.match(row('everything').description, /^switched off · /));
    assert.equal(row('everything').contextValue, 'server.off.untrusted.workspace');
    await assert.rejects(
      async () => run({ server: 'everything', task: 'Say hello' }),
      /MCP server "everything" is switched off in the view "MCP Servers"/,
    );
    await hooks.serversView.switch([[nodeOf('everything'), Checked]]);
    await eventually(() => assert.match(row('everything').description, /^stopped · /));
  });

  it('says why a server failed, with its last output, and counts it', async () => {
    hooks.dialogs.answerNext('Start');
    await vscode.commands.executeCommand(COMMANDS.startMcpServer, nodeOf('broken'));
    await eventually(() => assert.match(row('broken').description, /^failed: /));
    assert.ok(hooks.serversView.badge?.value === 1, JSON.stringify(hooks.serversView.badge));
    assert.match(row('broken').tooltip, /Last output:\nno key�$/);
    assert.equal(row('broken').children[0]?.label, 'Why it failed');
    await eventually(() => assert.deepEqual(notices(hooks)[0]?.actions, ['Show Details']));
    await vscode.commands.executeCommand(COMMANDS.showMcpError, below(nodeOf('broken'), 'Why it failed'));
    const text = vscode.window.activeTextEditor?.document.getText() ?? '';
    assert.match(text, /Its last output was:\nno key/);
    assert.match(text, /Command: node/);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('marks a server as trusted, and no longer', async () => {
    hooks.dialogs.answerNext('Trust');
    await vscode.commands.executeCommand(COMMANDS.trustMcpServer, nodeOf('everything'));
    await eventually(() => assert.equal(row('everything').contextValue, 'server.stopped.trusted.workspace'));
    await vscode.commands.executeCommand(COMMANDS.distrustMcpServer, nodeOf('everything'));
    await eventually(() => assert.equal(row('everything').contextValue, 'server.stopped.untrusted.workspace'));
  });

  it('goes to the entry of a server, and copies its name', async () => {
    await vscode.commands.executeCommand(COMMANDS.goToMcpDefinition, nodeOf('broken'));
    const editor = vscode.window.activeTextEditor;
    assert.match(editor?.document.lineAt(editor.selection.active.line).text ?? '', /"broken": \{/);
    await vscode.commands.executeCommand(COMMANDS.copyMcpName, nodeOf('broken'));
    assert.equal(await vscode.env.clipboard.readText(), 'broken');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('adds a server from a command, keeps its secret out of the file, and shows the entry', async () => {
    const npm = ['npm Package', '@scope/mcp-notes', '${workspaceFolder}', 'API_KEY REGION=eu', 'notes'];
    hooks.dialogs.answerNext(...npm, join('.vscode', 'mcp.json'));
    await vscode.commands.executeCommand(COMMANDS.addMcpServer);
    assert.deepEqual(notices(hooks), []);
    const text = readFileSync(join(workspaceFolder(), '.vscode', 'mcp.json'), 'utf8');
    assert.deepEqual(JSON.parse(text), {
      servers: {
        notes: {
          type: 'stdio',
          command: 'npx',
          args: ['-y', '@scope/mcp-notes', '${workspaceFolder}'],
          env: { REGION: 'eu', API_KEY: '${input:notes_api_key}' },
        },
      },
      inputs: [
        {
          id: 'notes_api_key',
          type: 'promptString',
          description: 'API_KEY of the MCP server "notes"',
          password: true,
        },
      ],
    });
    assert.match(vscode.window.activeTextEditor?.document.fileName ?? '', /mcp\.json$/);
    await eventually(() => assert.match(row('notes').description, /^stopped/));
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('adds to a file what is not lost there, and refuses one with an error', async () => {
    hooks.dialogs.answerNext('Command', 'node "a b.mjs"', '', 'own', '.mcp.json');
    await vscode.commands.executeCommand(COMMANDS.addMcpServer);
    const { mcpServers } = JSON.parse(readFileSync(file, 'utf8')) as { mcpServers: Record<string, unknown> };
    assert.deepEqual(mcpServers['own'], { type: 'stdio', command: 'node', args: ['a b.mjs'] });
    assert.ok('broken' in mcpServers && 'filesystem' in mcpServers);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');

    const before = '{ "servers": {';
    const other = join(workspaceFolder(), '.vscode', 'mcp.json');
    writeFileSync(other, before);
    hooks.dialogs.answerNext('Address', 'https://example.com/mcp', 'No Token', 'web', join('.vscode', 'mcp.json'));
    await vscode.commands.executeCommand(COMMANDS.addMcpServer);
    await eventually(() =>
      assert.match(notices(hooks)[0]?.message ?? '', /^Nothing was added to .*mcp\.json, line 1\./),
    );
    assert.deepEqual(notices(hooks)[0]?.actions, ['Open File']);
    assert.equal(readFileSync(other, 'utf8'), before);
    rmSync(other);
  });
});
