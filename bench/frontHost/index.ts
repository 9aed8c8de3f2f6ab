/**
 * Runs inside the extension host in place of tests, with the extension as it ships: measures what a person would feel.
 * The model server is a process of its own, so what blocks this process is the editor's or ours.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import { COMMANDS, MODELS_VIEW } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import { activated, eventually, setSetting } from '../../test/host/support';
import type { FrontFigures } from '../front';
import { ModelServerClient } from '../lib/modelServerClient';

const { env } = process;
const isQuick = env['BENCH_QUICK'] === '1';
const MODELS = 1_000;
const TOKENS = 10_000;
/** The words of an answer repeat (lib/frames.ts); this one stands once in twelve. */
const WORD = 'pieces';
const WORDS = 12;
const POLL_SECONDS = 1;
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
    problems: vscode.window.state.focused ? [] : ['the window had no focus, so nobody looked at its views'],
  };
  server.stop();
  writeFileSync(env['BENCH_RESULT'] ?? '', JSON.stringify(figures));
  writeFileSync(env['LMSTUDIO_BRIDGE_TEST_RESULT'] ?? '', JSON.stringify({ passed: 1, failed: 0, skipped: 0 }));
}

async function idle(server: ModelServerClient): Promise<FrontFigures['idle']> {
  const perMinute = async (command: string): Promise<number> => {
    await vscode.commands.executeCommand(command);
    // What opening or closing a view asks for by itself.
    await sleep(3_000);
    await server.play({ kind: 'rounds', rounds: 0 });
    await sleep(WATCH_MS);
    return ((await server.marks()).requests * 60_000) / WATCH_MS;
  };
  const visible = await perMinute(`${MODELS_VIEW}.focus`);
  const hidden = await perMinute('workbench.view.explorer');
  return { visible, hidden, full: 60 / POLL_SECONDS };
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
  const refreshBlocks: number[] = [];
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
  const streamBlocks: number[] = [];
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

async function runTask(): Promise<void> {
  const running = vscode.commands.executeCommand(COMMANDS.runWithServer, { server: 'memory', task: 'Write.' });
  await running;
}

/** Milliseconds for which this process did nothing else while the work went on. */
async function longestBlock(work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await work();
  delay.disable();
  return delay.max / 1e6;
}

function timed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
