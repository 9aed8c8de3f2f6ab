/** What the rows of models say. */
import assert from 'node:assert/strict';
import type { CatalogModel } from '../../../../src/llm/lmstudio/catalog';
import { describeModel, modelLabel } from '../../../../src/vscode/models/modelText';
import { loaded } from '../../../support/models';

const withContexts = (...lengths: (number | null)[]): CatalogModel => ({
  ...loaded('a', null, { instances: lengths.map((contextLength, index) => ({ id: `a:${index}`, contextLength })) }),
  activity: 'idle',
});

describe('the context of a model in words', () => {
  const words = (model: CatalogModel): string =>
    describeModel(model, undefined)
      .split(' · ')
      .find((word) => word.endsWith('context')) ?? '';

  it('is that of every copy, each length once', () => {
    assert.equal(words(withContexts(8_192)), '8k of 32k context');
    assert.equal(words(withContexts(8_192, 4_096)), '8k + 4k of 32k context');
    assert.equal(words(withContexts(4_096, 4_096)), '4k of 32k context');
    assert.equal(words(withContexts(null, 4_096)), '4k of 32k context');
    assert.equal(words({ ...withContexts(8_192, 4_096), maxContextLength: null }), '8k + 4k context');
    assert.match(modelLabel(withContexts(8_192, 4_096), undefined), /, 8k \+ 4k of 32k context/);
  });
});

describe('the time that a copy has left', () => {
  const at = (minutes: number): number => minutes * 60_000;
  const model: CatalogModel = {
    ...loaded('a', null, { instances: [{ id: 'a', contextLength: null, ttlMs: at(30) }] }),
    activity: 'idle',
  };
  const left = (usedAt: number, today: number): string | undefined =>
    /unloads in .*$/.exec(describeModel(model, undefined, undefined, { usedAt, today }))?.[0];

  it('is counted in minutes, anew from each use', () => {
    assert.equal(left(at(100), at(110)), 'unloads in 20 min');
    assert.equal(left(at(110), at(110)), 'unloads in 30 min');
    assert.equal(left(at(100), at(129.5)), 'unloads in less than a minute');
    assert.equal(left(at(100), at(131)), undefined, 'something else has used it');
  });
});
