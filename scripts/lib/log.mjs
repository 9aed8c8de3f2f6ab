/** @param {string} message one line about what is being done */
export function say(message) {
  console.log(`• ${message}`);
}

/**
 * Says what is being done, does it, and says how long it took where that was noticeable.
 * @template T
 * @param {string} message
 * @param {() => Promise<T> | T} work
 * @returns {Promise<T>}
 */
export async function step(message, work) {
  const start = performance.now();
  say(`${message} …`);
  const result = await work();
  const seconds = (performance.now() - start) / 1000;
  if (seconds >= 2) say(`${message}: done in ${seconds.toFixed(0)} s`);
  return result;
}
