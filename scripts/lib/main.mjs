import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cleanUp, isInterrupted } from './cleanup.mjs';

/** A failure whose message is the whole story for the person at the terminal; it needs no stack. */
export class Failure extends Error {}

/**
 * Runs `main` when the module is the program that node was started with, and ends the process with its exit code.
 * @param {string} moduleUrl the caller's import.meta.url
 * @param {(args: string[]) => Promise<number | void>} main
 */
export function runMain(moduleUrl, main) {
  if (!process.argv[1] || realpathSync(process.argv[1]) !== fileURLToPath(moduleUrl)) return;
  main(process.argv.slice(2))
    .catch((error) => {
      // The signal's handler ends the process, with its own exit code.
      if (isInterrupted()) return new Promise(() => undefined);
      console.error(error instanceof Failure ? `Error: ${error.message}` : error);
      return 1;
    })
    .then(async (code) => {
      await cleanUp();
      process.exit(code ?? 0);
    });
}
