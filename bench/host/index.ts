/**
 * Runs inside the extension host in place of tests: activates the extension under measurement and writes how long that
 * took, its code's loading included, and the host's CPU time meanwhile. Speaks to scripts/test-host.mjs as test/host/index.ts does.
 */
import { writeFileSync } from 'node:fs';
import * as vscode from 'vscode';

const { env } = process;

export async function run(): Promise<void> {
  const extension = vscode.extensions.getExtension(env['BENCH_EXTENSION'] ?? '');
  if (!extension) throw new Error(`The extension ${String(env['BENCH_EXTENSION'])} is not there.`);
  // One that activated with the start of the host cannot be timed any more.
  const wasActive = extension.isActive;
  const cpu = process.cpuUsage();
  const start = performance.now();
  await extension.activate();
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  writeFileSync(env['BENCH_RESULT'] ?? '', JSON.stringify({ ms, cpuMs: (user + system) / 1000, wasActive }));
  writeFileSync(env['LMSTUDIO_BRIDGE_TEST_RESULT'] ?? '', JSON.stringify({ passed: 1, failed: 0, skipped: 0 }));
}
