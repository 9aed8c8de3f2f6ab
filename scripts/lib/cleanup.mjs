// What a script started ends with it: on a normal end, on an error, and on Ctrl+C.

/** @type {Array<() => unknown>} */
const pending = [];
let listening = false;
/** @type {Promise<void> | undefined} */
let running;

let interrupted = false;

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/**
 * Registers work to do before this process ends; last in, first out.
 * @param {() => unknown} work
 * @returns {() => Promise<void>} does the work now instead, once
 */
export function defer(work) {
  listen();
  pending.push(work);
  return async () => {
    const at = pending.indexOf(work);
    if (at < 0) return;
    pending.splice(at, 1);
    await work();
  };
}

/** Does everything that is registered. A step that fails does not keep the others from running. */
export function cleanUp() {
  running ??= (async () => {
    for (let work = pending.pop(); work; work = pending.pop()) {
      await Promise.resolve()
        .then(work)
        .catch((error) => console.error(`Cleaning up: ${error.message}`));
    }
    running = undefined;
  })();
  return running;
}

/** Whether a signal has asked this process to end: what fails from then on is no news, and nothing new may be started. */
export function isInterrupted() {
  return interrupted;
}

function listen() {
  if (listening) return;
  listening = true;
  for (const [signal, code] of Object.entries(SIGNALS)) {
    // A second Ctrl+C while the first one is being served changes nothing: cleanUp() has its own time limits.
    process.on(signal, () => {
      interrupted = true;
      void cleanUp().then(() => process.exit(code));
    });
  }
}
