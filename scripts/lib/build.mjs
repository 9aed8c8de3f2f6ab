import { step } from './log.mjs';
import { Failure } from './main.mjs';
import { inRepo, root } from './paths.mjs';
import { run } from './processes.mjs';

/** Builds dist/ (no flag) or what the tests need (`--tests`). */
export async function build(...flags) {
  await step(flags.includes('--tests') ? 'Building the tests' : 'Building dist/', async () => {
    const code = await run(process.execPath, [inRepo('esbuild.js'), ...flags], { cwd: root });
    if (code !== 0) throw new Failure('The build failed; its reason stands above.');
  });
}
