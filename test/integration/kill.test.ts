/** A few kills in every run of the tests; `npm run kill-test` makes a hundred. */
import assert from 'node:assert/strict';
import { drawKill, MOMENTS } from '../kill/plan';
import { describeReport, killTest } from '../kill/killTest';
import { Random } from '../soak/random';

describe('kills at random moments', () => {
  it('are drawn the same from the same seed, at every kind of moment', () => {
    const draw = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 60 }, (_, index) => drawKill(index, random));
    };
    assert.deepEqual(draw(7), draw(7));
    assert.notDeepEqual(draw(7), draw(8));
    assert.deepEqual(new Set(draw(7).map(({ moment }) => moment)), new Set(MOMENTS));
  });

  it('leave a journal that can be read, a task that can be resumed or discarded, and no line written twice', async function () {
    this.timeout(180_000);
    const report = await killTest({ kills: 10, seed: 5 });
    assert.deepEqual(report.problems, [], describeReport(report));
    assert.ok(report.resumed > 0, describeReport(report));
  });
});
