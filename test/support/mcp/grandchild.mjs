// Starts a process that outlives it, as npx or a shell would leave one behind. `die` ends only the server itself.
import { spawn } from 'node:child_process';
import { reportPid, serve, tool } from './rpc.mjs';

const sleeper = spawn(
  process.execPath,
  ['-e', 'process.on("SIGTERM", () => undefined); setInterval(() => undefined, 1000)'],
  {
    stdio: ['ignore', 'inherit', 'inherit'],
  },
);
sleeper.unref();
reportPid(sleeper.pid);
process.stdin.on('end', () => process.exit(0));
serve({ tools: [tool('die')], onCall: () => process.exit(1) });
