import assert from 'node:assert/strict';
import { paceFor, type Scene } from '../../../../src/vscode/models/pollingPace';

const UNSEEN: Scene = {
  ...{ isFocused: false, isViewShown: false, isStatusBarShown: true, tasks: [], nextServer: undefined },
};
const AT_WORK = { server: 'gpu', isWaiting: false, pause: undefined };

describe('how often a server is asked', () => {
  /** Of the main server, of "gpu" and of "lab". */
  const paces = (change: Partial<Scene>): number[] =>
    [undefined, 'gpu', 'lab'].map((server) => paceFor(server, { ...UNSEEN, ...change }));

  it('goes by what can be seen: the view has all servers, the status bar that of the tasks', () => {
    assert.deepEqual(paces({}), [0, 0, 0]);
    assert.deepEqual(paces({ isFocused: true }), [1, 0, 0]);
    assert.deepEqual(paces({ isFocused: true, nextServer: 'lab' }), [0, 0, 1]);
    assert.deepEqual(paces({ isFocused: true, isStatusBarShown: false }), [0, 0, 0]);
    assert.deepEqual(paces({ isViewShown: true }), [1, 1, 1]);
    assert.deepEqual(paces({ isViewShown: true, isFocused: true }), [2, 2, 2]);
  });

  it('is often for the server of a task that works, whatever is seen, and not for the others', () => {
    assert.deepEqual(paces({ tasks: [AT_WORK] }), [0, 2, 0]);
    assert.deepEqual(paces({ tasks: [{ ...AT_WORK, pause: 'pausing' }] }), [0, 2, 0]);
    assert.deepEqual(paces({ tasks: [AT_WORK], isFocused: true }), [1, 2, 0]);
  });

  it('is that of the status bar for a task that waits for the person or is paused, and nothing where nobody looks', () => {
    for (const idle of [
      { isWaiting: true },
      { pause: 'paused' as const },
      { isWaiting: true, pause: 'pausing' as const },
    ]) {
      const tasks = [{ ...AT_WORK, ...idle }];
      assert.deepEqual(paces({ tasks }), [0, 0, 0]);
      assert.deepEqual(paces({ tasks, isFocused: true }), [1, 1, 0]);
      assert.deepEqual(paces({ tasks: [...tasks, AT_WORK] }), [0, 2, 0]);
    }
  });
});
