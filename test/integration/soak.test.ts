/** A small soak in every run of the tests; `npm run soak` is the large one. */
import assert from 'node:assert/strict';
import { FAULT_NAMES } from '../simulator/faults';
import { resources, surplus } from '../soak/leaks';
import { drawPlans, KINDS } from '../soak/plan';
import { Random } from '../soak/random';
import { soak } from '../soak/soak';
import { loopTurns } from '../soak/soakServer';
import { describeReport } from '../soak/table';

describe('a soak', () => {
  it('draws the same requests from the same seed, of every kind and with every fault', () => {
    const plans = drawPlans(1_000, new Random(7));
    assert.deepEqual(drawPlans(1_000, new Random(7)), plans);
    assert.notDeepEqual(drawPlans(1_000, new Random(8)), plans);
    assert.deepEqual(new Set(plans.map(({ kind }) => kind)), new Set(KINDS));
    const faults = new Set(plans.map(({ fault }) => fault));
    assert.deepEqual(
      FAULT_NAMES.filter((name) => !faults.has(name)),
      [],
    );
  });

  it('leaves no error without a code, no rejection, no socket and no timer', async function () {
    this.timeout(60_000);
    // The runner sets its own timer when it has been given the promise.
    await loopTurns(1);
    const report = await soak({ requests: 80, seed: 3 });
    assert.deepEqual(report.problems, [], describeReport(report));
    const outcomes = [...report.outcomes.values()].flatMap((codes) => [...codes.keys()]);
    for (const expected of ['ok', 'cancelled', 'engine-crashed', 'context-overflow'])
      assert.ok(outcomes.includes(expected), describeReport(report));
    assert.equal(report.outcomes.size, KINDS.length);
  });

  it('would see a timer that is left over', () => {
    const before = resources();
    const timer = setTimeout(() => undefined, 60_000);
    assert.deepEqual(surplus(before, resources()), ['1 Timeout']);
    clearTimeout(timer);
    assert.deepEqual(surplus(before, resources()), []);
  });
});
