/** What looking at the servers costs where somebody looks, where only the status bar is in view, and where nothing of ours is. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { Emitter } from '../../src/base/emitter';
import { MODELS_VIEW } from '../../src/vscode/ids';
import { keepAsking } from '../../src/vscode/models/modelPolling';
import type { TaskStatus } from '../../src/vscode/tasks/taskStatus';
import type { TestHooks } from '../../src/vscode/testHooks';
import type { Simulator } from '../simulator/server';
import { ManualClock } from '../support/manualClock';
import { activated, connectSimulator, eventually, setSetting } from './support';

/** Seconds. So long that the extension's own polling, which goes by the real time, asks nothing meanwhile. */
const INTERVAL = 3_600;
const INTERVAL_MS = INTERVAL * 1_000;
const LIST = 'GET /api/v1/models';

describe('looking at the servers', () => {
  let hooks: TestHooks;
  let simulator: Simulator;
  let clock: ManualClock;
  let asking: vscode.Disposable;
  // On some machines the window of the tests never has the focus.
  const windowChanged = new Emitter<vscode.WindowState>();
  const window = { state: { focused: true, active: true }, onDidChangeWindowState: windowChanged.event };
  const focus = (focused: boolean): void => {
    window.state = { focused, active: focused };
    windowChanged.fire(window.state);
  };

  before(async () => {
    hooks = await activated();
    await setSetting('refreshInterval', INTERVAL);
    simulator = await connectSimulator(hooks);
    await showView();
    clock = new ManualClock();
    asking = keepAsking({
      connections: hooks.connections,
      view: hooks.modelsView.view,
      tasks: { running: [], onDidChange: new Emitter<readonly TaskStatus[]>().event },
      tokens: { onDidChange: new Emitter<string>().event },
      window,
      clock,
    });
    await answered();
  });

  after(async () => {
    asking.dispose();
    await setSetting('refreshInterval', undefined);
    await simulator.close();
  });

  const showView = async (): Promise<void> => {
    await vscode.commands.executeCommand(`${MODELS_VIEW}.focus`);
    await eventually(() => assert.equal(hooks.modelsView.view.visible, true));
  };
  const hideView = async (): Promise<void> => {
    await vscode.commands.executeCommand('workbench.view.explorer');
    await eventually(() => assert.equal(hooks.modelsView.view.visible, false));
  };
  const toggleStatusBar = () => vscode.commands.executeCommand('workbench.action.toggleStatusbarVisibility');
  /** Until the answer is there, and the next question is planned. */
  const answered = (): Promise<void> => eventually(() => assert.equal(clock.pending, 1));
  /** What was asked while so much time went by. */
  const askedIn = async (ms: number): Promise<string[]> => {
    const before = simulator.requests.length;
    clock.advance(ms);
    await answered();
    return simulator.requests.slice(before).map(({ method, path }) => `${method} ${path}`);
  };

  it('takes one small request a poll while the view is open', async () => {
    for (let poll = 0; poll < 3; poll++) {
      assert.deepEqual(await askedIn(INTERVAL_MS - 1), []);
      assert.deepEqual(await askedIn(1), [LIST]);
    }
  });

  it('takes one in six times as long where only the status bar tells of them', async () => {
    await hideView();
    await answered();
    for (let poll = 0; poll < 2; poll++) {
      assert.deepEqual(await askedIn(6 * INTERVAL_MS - 1), []);
      assert.deepEqual(await askedIn(1), [LIST]);
    }
  });

  it('takes none where that is hidden too, not even what was planned, and one as soon as it is shown', async () => {
    await toggleStatusBar();
    try {
      await eventually(() => assert.equal(clock.pending, 0, 'nothing is planned'));
    } finally {
      const before = simulator.requests.length;
      await toggleStatusBar();
      await eventually(() => assert.ok(simulator.requests.length > before));
    }
    await answered();
  });

  it('takes none where another window is in front, and one as soon as this one is', async () => {
    focus(false);
    await eventually(() => assert.equal(clock.pending, 0, 'nothing is planned'));
    const before = simulator.requests.length;
    focus(true);
    await answered();
    const asked = simulator.requests.slice(before);
    assert.deepEqual(
      asked.map(({ method, path }) => `${method} ${path}`),
      [LIST],
    );
  });

  it('goes on at the pace of the view where that is opened without a status bar', async () => {
    await hideView();
    await toggleStatusBar();
    try {
      await eventually(() => assert.equal(clock.pending, 0));
      await showView();
      await answered();
      assert.deepEqual(await askedIn(INTERVAL_MS), [LIST]);
    } finally {
      await toggleStatusBar();
    }
  });
});
