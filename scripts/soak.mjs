// A thousand requests of every kind through the real client against the simulator, with random faults and cancels:
//   npm run soak -- [--requests N] [--seed N]
// Fails where an error has no code, a rejection is not handled, or a socket or a timer is left over.
import { ensureInstalled } from './ensure-installed.mjs';
import { runMain } from './lib/main.mjs';
import { inRepo, root } from './lib/paths.mjs';
import { run } from './lib/processes.mjs';

runMain(import.meta.url, async (args) => {
  await ensureInstalled();
  return run(process.execPath, ['--import', 'tsx', inRepo('test', 'soak', 'main.ts'), ...args], { cwd: root });
});
