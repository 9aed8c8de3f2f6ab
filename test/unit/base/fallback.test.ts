import assert from 'node:assert/strict';
import { Fallback } from '../../../src/base/fallback';

const MISSING = new Error('missing');
const BROKEN = new Error('broken');

function fallbackOf(answers: Record<string, string | Error>) {
  const fallback = new Fallback(Object.keys(answers), (error) => error === MISSING);
  const tried: string[] = [];
  const run = (): Promise<string> =>
    fallback.run((way) => {
      tried.push(way);
      const answer = answers[way];
      return typeof answer === 'string' ? Promise.resolve(answer) : Promise.reject(answer!);
    });
  return { fallback, tried, run };
}

describe('a fallback', () => {
  it('takes the first way that is there, and remembers it', async () => {
    const { fallback, run, tried } = fallbackOf({ best: MISSING, second: 'two', last: 'three' });
    assert.equal(fallback.chosen, undefined);
    assert.deepEqual([await run(), await run()], ['two', 'two']);
    assert.deepEqual(tried, ['best', 'second', 'second']);
    assert.equal(fallback.chosen, 'second');
  });

  it('does not take a worse way because a better one has trouble', async () => {
    const { fallback, run, tried } = fallbackOf({ best: BROKEN, second: 'two' });
    await assert.rejects(run(), BROKEN);
    assert.deepEqual([tried, fallback.chosen], [['best'], undefined]);
  });

  it('looks again from the top when the way it took is gone', async () => {
    const answers: Record<string, string | Error> = { best: MISSING, second: 'two' };
    const { fallback, run, tried } = fallbackOf(answers);
    await run();
    answers['second'] = MISSING;
    answers['best'] = 'one';
    assert.equal(await run(), 'one');
    assert.deepEqual([tried, fallback.chosen], [['best', 'second', 'second', 'best'], 'best']);
  });

  it('fails as the last way does where there is none', async () => {
    await assert.rejects(fallbackOf({ best: MISSING, second: MISSING }).run(), MISSING);
  });
});
