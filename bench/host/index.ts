/**
 * Runs inside the extension host in place of tests: activates extensions one after the other and writes how long each
 * took, its code's loading included, and the host's CPU time meanwhile. Speaks to scripts/test-host.mjs as test/host/index.ts does.
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';

const { env } = process;
/** A host that is still starting up does much else. */
const PAUSE_MS = 10;
const CALM_PAUSES = 30;
const LATE_MS = 5;
const LONGEST_WAIT_MS = 20_000;

export async function run(): Promise<void> {
  const result: Record<string, { ms: number; cpuMs: number }> = {};
  for (const id of (env['BENCH_EXTENSIONS'] ?? '').split(',')) {
    const extension = vscode.extensions.getExtension(id);
    if (!extension) throw new Error(`The extension ${id} is not there.`);
    if (extension.isActive) throw new Error(`${id} was active before it could be timed.`);
    await untilCalm();
    const cpu = process.cpuUsage();
    const start = performance.now();
    await extension.activate();
    const ms = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    result[id] = { ms, cpuMs: (user + system) / 1000 };
  }
  writeFileSync(env['BENCH_RESULT'] ?? '', JSON.stringify(result));
  writeFileSync(env['LMSTUDIO_BRIDGE_TEST_RESULT'] ?? '', JSON.stringify({ passed: 1, failed: 0, skipped: 0 }));
}

/** Until nothing else has kept this process busy for a while; on a machine that is never calm, not for ever. */
async function untilCalm(): Promise<void> {
  const end = performance.now() + LONGEST_WAIT_MS;
  for (let calm = 0; calm < CALM_PAUSES && performance.now() < end;) {
    const before = performance.now();
    await sleep(PAUSE_MS);
    calm = performance.now() - before < PAUSE_MS + LATE_MS ? calm + 1 : 0;
  }
}
