import assert from 'node:assert/strict';
import { askServers } from '../../../src/vscode/askServers';
import { ManualClock } from '../../support/manualClock';
import { gate } from '../../simulator/gate';

/** A server that answers when its gate opens. */
function serverAt(name: string | undefined) {
  const answer = gate();
  return { name, answer, connection: { refresh: () => answer.promise } };
}

/** Lets everything go on that waits for nothing but its turn. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the question to several model servers', () => {
  it('is answered as soon as all have answered', async () => {
    const clock = new ManualClock();
    const servers = [serverAt(undefined), serverAt('gpu')];
    const asking = askServers(servers, clock, 2_000);
    for (const { answer } of servers) answer.open();
    assert.deepEqual(await asking, []);
    assert.equal(clock.pending, 0, 'no timer is left');
  });

  it('waits for the main server, and not for ever for another one', async () => {
    const clock = new ManualClock();
    const [main, gpu, lab] = [serverAt(undefined), serverAt('gpu'), serverAt('lab')];
    let late: readonly unknown[] | undefined;
    const asking = askServers([main, gpu, lab], clock, 2_000).then((names) => {
      late = names;
    });
    lab.answer.open();
    clock.advance(60_000);
    await settled();
    assert.equal(late, undefined, 'the main one has not answered');
    main.answer.open();
    await settled();
    clock.advance(1_999);
    await settled();
    assert.equal(late, undefined);
    clock.advance(1);
    await asking;
    assert.deepEqual(late, [gpu]);
  });

  it('can leave the main one out, and ask nobody', async () => {
    const clock = new ManualClock();
    const gpu = serverAt('gpu');
    const asking = askServers([gpu], clock, 250);
    await settled();
    clock.advance(250);
    assert.deepEqual(await asking, [gpu]);
    assert.deepEqual(await askServers([], clock, 250), []);
    assert.equal(clock.pending, 0);
  });
});
