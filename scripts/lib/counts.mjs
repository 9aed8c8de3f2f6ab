/** `failures`: what failed and why, a text each. @typedef {{ passed: number, failed: number, skipped: number, failures?: string[] }} Counts */

/** @param {Counts[]} all @returns {Counts} */
export function sum(all) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const counts of all) for (const key of Object.keys(total)) total[key] += counts[key];
  return total;
}

/** The closing line of every test script. @param {Counts} counts */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** A stage in which nothing ran has not passed. @param {Counts} counts */
export function isGood({ passed, failed }) {
  return failed === 0 && passed > 0;
}
