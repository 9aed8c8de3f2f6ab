import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

/** Mocha's spec reporter, which also writes counts.mjs' `Counts` to the file that the reporter option `output` names. */
export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      const texts = this.failures.map((test) => `${test.fullTitle()}\n${test.err.stack ?? test.err.message}`);
      const counts = { passed: passes, failed: failures, skipped: pending, failures: texts };
      writeFileSync(options.reporterOptions.output, JSON.stringify(counts));
    });
  }
}
