// Tasks that write are killed at random moments, then resumed or discarded; nothing may be written twice:
//   npm run kill-test -- [--kills N] [--seed N]
// Fails where a journal cannot be read, a task cannot be resumed or discarded, or a line is in the tool's log twice.
import { ensureInstalled } from './ensure-installed.mjs';
import { build } from './lib/build.mjs';
import { runMain } from './lib/main.mjs';
import { inRepo, root } from './lib/paths.mjs';
import { run } from './lib/processes.mjs';

runMain(import.meta.url, async (args) => {
  await ensureInstalled();
  await build();
  return run(process.execPath, ['--import', 'tsx', inRepo('test', 'kill', 'main.ts'), ...args], { cwd: root });
});
