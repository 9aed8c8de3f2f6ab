// A program that is ended in a way that it does not notice. It says so when its servers run and all of them are watched.
import { systemClock } from '../../../src/base/clock';
import { WATCHED_AFTER_MS } from '../../../src/mcp/processTree';
import { openToolbox } from '../../../src/mcp/toolbox';
import { connectionsIn, fakeServer } from './harness';

const env = { PID_FILE: process.env['PID_FILE'] ?? null };
void openToolbox(
  [fakeServer('grandchild', env), fakeServer('stubborn', env)],
  connectionsIn([process.cwd()]),
  new AbortController().signal,
).then(({ failures }) => {
  // This timer is the youngest: when it fires, those have fired that tell the watchdog of each server.
  systemClock.after(WATCHED_AFTER_MS, () => {
    process.stdout.write(failures.length === 0 ? 'ready\n' : 'failed\n');
  });
});
