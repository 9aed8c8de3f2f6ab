import { existsSync } from 'node:fs';
import { Failure } from './main.mjs';
import { inRepo, root } from './paths.mjs';
import { startGroup } from './processes.mjs';

/**
 * Starts the LM Studio simulator on a free port.
 * @param {string[]} [args] further options of test/simulator/main.ts
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>} `url` has no slash at its end
 */
export async function startSimulator(args = []) {
  const program = inRepo('test', 'simulator', 'main.ts');
  if (!existsSync(program)) throw new Failure('The simulator (test/simulator/main.ts) is not there.');
  const { child, exited, stop } = startGroup(process.execPath, ['--import', 'tsx', program, '--port', '0', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const announced = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => {
        // Its request log goes on for as long as it runs; only the beginning matters here.
        if (text.length < 20_000) text += chunk;
        const url = /https?:\/\/[\w.[\]:-]+:\d+(?=[^\d])/.exec(text)?.[0];
        if (url) resolve(url);
      });
    }
  });
  const late = new Promise((resolve) => setTimeout(resolve, 30_000).unref());
  const url = await Promise.race([announced, exited.then(() => undefined), late]);
  if (url) return { url, stop };
  await stop();
  throw new Failure(`The simulator did not start:\n${text.trim()}`);
}
