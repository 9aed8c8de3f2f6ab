/**
 * Runs inside the extension host in place of tests, with the extension as it ships: measures what a person would feel.
 * The model server is a process of its own, so what blocks this process is the editor's or ours.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import { COMMANDS, MODELS_VIEW } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import { activated, eventually, setSetting } from '../../test/host/support';
import type { Asked, Block, FrontFigures } from '../front';
import { answerText } from '../lib/frames';
import { ModelServerClient } from '../lib/modelServerClient';

const { env } = process;
const isQuick = env['BENCH_QUICK'] === '1';
const MODELS = 1_000;
const TOKENS = 10_000;
/** Faster than any local model, and long enough for fifty updates of a document, where all at once makes three. */
const STREAM_MS = 5_000;
/** The words of an answer repeat (lib/frames.ts); this one stands once in twelve. */
const WORD = 'pieces';
const WORDS = 12;
const POLL_SECONDS = 1;
const TOGGLE_STATUS_BAR = 'workbench.action.toggleStatusbarVisibility';
const WATCH_MS = isQuick ? 15_000 : 60_000;
const TIMES = isQuick ? 3 : 10;

export async function run(): Promise<void> {
  const server = await ModelServerClient.start(join(__dirname, '..'));
  const hooks = await activated();
  await setSetting('server.url', server.url);
  await setSetting('refreshInterval', POLL_SECONDS);
  await eventually(() => assert.equal(hooks.snapshot().root, server.url));
  const figures: FrontFigures = {
    idle: await idle(server),
    ...(await tree(server, hooks)),
    ...(await stream(server, hooks)),
    ...(await documents(server, hooks)),
    problems: vscode.window.state.focused ? [] : ['the window had no focus, so nobody looked at its views'],
  };
  server.stop();
  writeFileSync(env['BENCH_RESULT'] ?? '', JSON.stringify(figures));
  writeFileSync(env['LMSTUDIO_BRIDGE_TEST_RESULT'] ?? '', JSON.stringify({ passed: 1, failed: 0, skipped: 0 }));
}

async function idle(server: ModelServerClient): Promise<FrontFigures['idle']> {
  const perMinute = async (command: string): Promise<Asked> => {
    await vscode.commands.executeCommand(command);
    // What opening or closing a view asks for by itself.
    await sleep(3_000);
    await server.play({ kind: 'rounds', rounds: 0 });
    await sleep(WATCH_MS);
    const { requests, lists } = await server.marks();
    return { requests: (requests * 60_000) / WATCH_MS, polls: (lists * 60_000) / WATCH_MS };
  };
  const view = await perMinute(`${MODELS_VIEW}.focus`);
  const statusBar = await perMinute('workbench.view.explorer');
  const nothing = await perMinute(TOGGLE_STATUS_BAR);
  await vscode.commands.executeCommand(TOGGLE_STATUS_BAR);
  return { view, statusBar, nothing };
}

async function tree(
  server: ModelServerClient,
  hooks: TestHooks,
): Promise<Pick<FrontFigures, 'rows' | 'refreshBlocks'>> {
  await server.serveModels(MODELS, true);
  await vscode.commands.executeCommand(`${MODELS_VIEW}.focus`);
  await hooks.refresh();
  assert.equal(hooks.snapshot().models.length, MODELS);
  const rows: { ours: number; baseline: number }[] = [];
  const refreshBlocks: Block[] = [];
  for (let i = 0; i < TIMES; i++) {
    refreshBlocks.push(await longestBlock(() => hooks.refresh().then(() => sleep(500))));
    const ours = timed(() => hooks.treeRows().length);
    rows.push({
      ours,
      baseline: timed(() => hooks.snapshot().models.map(({ key }) => new vscode.TreeItem(key)).length),
    });
  }
  return { rows, refreshBlocks };
}

async function stream(
  server: ModelServerClient,
  hooks: TestHooks,
): Promise<Pick<FrontFigures, 'streamBlocks' | 'streamMs'>> {
  await server.serveModels(1);
  await hooks.refresh();
  await server.play({ kind: 'rounds', rounds: 0 });
  hooks.dialogs.answerNext('Start');
  // What a first task loads is no part of it.
  await runTask();
  await server.play({ kind: 'answer', tokens: TOKENS, framing: 'frames' });
  const streamBlocks: Block[] = [];
  const streamMs: number[] = [];
  for (let i = 0; i < TIMES; i++) {
    const before = hooks.transcriptLines.length;
    const start = performance.now();
    streamBlocks.push(await longestBlock(runTask));
    streamMs.push(performance.now() - start);
    const shown = hooks.transcriptLines.slice(before).join('\n').split(WORD).length - 1;
    if (shown < Math.floor(TOKENS / WORDS)) throw new Error(`Only ${String(shown)} of the words were shown.`);
  }
  return { streamBlocks, streamMs };
}

/** The same answer in the open document of its task: all at once, and over a while. */
async function documents(
  server: ModelServerClient,
  hooks: TestHooks,
): Promise<Pick<FrontFigures, 'documentBlocks' | 'pacedDocumentBlocks'>> {
  // What the first document loads, VS Code's own Markdown above all, is no part of it.
  await documentBlock(server, hooks, 0);
  const documentBlocks: Block[] = [];
  const pacedDocumentBlocks: Block[] = [];
  for (let i = 0; i < TIMES; i++) {
    documentBlocks.push(await documentBlock(server, hooks, 0));
    pacedDocumentBlocks.push(await documentBlock(server, hooks, STREAM_MS));
  }
  return { documentBlocks, pacedDocumentBlocks };
}

/** From the moment at which the document is open, without an answer, until it holds the whole answer. */
async function documentBlock(server: ModelServerClient, hooks: TestHooks, overMs: number): Promise<Block> {
  await server.play({ kind: 'answer', tokens: TOKENS, framing: 'frames', overMs, isHeld: true });
  const running = runTask();
  await eventually(() => assert.equal(hooks.running()[0]?.round, 1));
  await vscode.commands.executeCommand(COMMANDS.showTask, hooks.running()[0]?.id);
  const { document } = vscode.window.activeTextEditor ?? assert.fail('The document of the task is not open.');
  const block = await longestBlock(async () => {
    await server.release();
    await running;
    await eventually(() => assert.match(document.getText(), /\n## Done\n/));
  });
  assert.ok(document.getText().includes(answerText(TOKENS).trimEnd()), 'The document has not the whole answer.');
  await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
  return block;
}

async function runTask(): Promise<void> {
  const running = vscode.commands.executeCommand(COMMANDS.runWithServer, { server: 'memory', task: 'Write.' });
  await running;
}

/** The longest time for which nothing else had its turn in this process while the work went on. */
async function longestBlock(work: () => Promise<unknown>): Promise<Block> {
  let wall = performance.now();
  let cpu = process.cpuUsage();
  const longest = { wallMs: 0, cpuMs: 0 };
  const look = (): void => {
    const wallMs = performance.now() - wall;
    const { user, system } = process.cpuUsage(cpu);
    longest.wallMs = Math.max(longest.wallMs, wallMs);
    longest.cpuMs = Math.max(longest.cpuMs, Math.min(wallMs, (user + system) / 1_000));
    wall = performance.now();
    cpu = process.cpuUsage();
  };
  const looking = setInterval(look, 1);
  await work();
  clearInterval(looking);
  look();
  return longest;
}

function timed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
