import assert from 'node:assert/strict';
import { tellLoad } from '../../../../src/vscode/models/loadProgress';
import { ManualClock } from '../../../support/manualClock';

describe('the notification of a load', () => {
  const toldIn = (ms: number, sizeBytes: number | null) => {
    const clock = new ManualClock();
    const told: string[] = [];
    const telling = tellLoad(sizeBytes, (message) => told.push(message), clock);
    clock.advance(ms);
    telling.dispose();
    return { told, pending: clock.pending };
  };

  it('says the size once, then the time in long steps: a screen reader says every new text', () => {
    assert.deepEqual(toldIn(9_999, 5.03e9), { told: ['5.0 GB'], pending: 0 });
    assert.deepEqual(toldIn(30_000, 5.03e9).told, ['5.0 GB', '00:10', '00:20', '00:30']);
  });

  it('says only the time where the size is unknown', () => {
    assert.deepEqual(toldIn(15_000, null).told, ['00:10']);
  });
});
