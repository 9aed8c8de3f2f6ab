/** What looking at the servers costs where somebody looks, where only the status bar is in view, and where nothing of ours is. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { Emitter } from '../../src/base/emitter';
import { MODELS_VIEW } from '../../src/vscode/ids';
import { keepAsking } from '../../src/vscode/models/modelPolling';
import type { TaskStatus } from '../../src/vscode/tasks/taskStatus';
import type { TestHooks } from '../../src/vscode/testHooks';
import { type Simulator, startSimulator } from '../simulator/server';
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

describe('looking at several servers of which nothing but the status bar is in view', () => {
  let hooks: TestHooks;
  let main: Simulator;
  let gpu: Simulator;
  let clock: ManualClock;
  let asking: vscode.Disposable;
  const windowChanged = new Emitter<vscode.WindowState>();
  const window = { state: { focused: true, active: true }, onDidChangeWindowState: windowChanged.event };
  const focus = (focused: boolean): void => {
    window.state = { focused, active: focused };
    windowChanged.fire(window.state);
  };
  const tasksChanged = new Emitter<readonly TaskStatus[]>();
  const tasks = { running: [] as readonly TaskStatus[], onDidChange: tasksChanged.event };
  const nowRuns = (...running: readonly TaskStatus[]): void => {
    tasks.running = running;
    tasksChanged.fire(running);
  };
  const atWork: TaskStatus = {
    ...{
      id: 1,
      runId: undefined,
      label: 'Go',
      startedAt: 0,
      round: 1,
      activity: 'writing',
      phase: undefined,
      since: 0,
    },
    ...{ server: 'gpu', model: undefined, pause: undefined, isWaiting: false },
  };
  /** Until all answers are there, and of so many servers the next question is planned. */
  const planned = (servers: number): Promise<void> => eventually(() => assert.equal(clock.pending, servers));
  /** How often the further server was asked meanwhile. */
  const askedOfGpu = async (work: () => PromiseLike<unknown>): Promise<number> => {
    const before = gpu.requests.length;
    await work();
    return gpu.requests.length - before;
  };

  before(async () => {
    hooks = await activated();
    await setSetting('refreshInterval', INTERVAL);
    main = await connectSimulator(hooks);
    gpu = await startSimulator();
    await setSetting('servers', [{ name: 'gpu', url: gpu.url }]);
    await eventually(() => assert.equal(hooks.connections.named('gpu')?.connection.snapshot.health.kind, 'online'));
    await vscode.commands.executeCommand('workbench.view.explorer');
    await eventually(() => assert.equal(hooks.modelsView.view.visible, false));
    clock = new ManualClock();
    asking = keepAsking({
      ...{ connections: hooks.connections, view: hooks.modelsView.view, tasks, window, clock },
      tokens: { onDidChange: new Emitter<string>().event },
    });
    // Each is asked once at first.
    nowRuns(atWork);
    await planned(2);
    nowRuns();
    await planned(1);
  });

  after(async () => {
    asking.dispose();
    // As it was: what is looked at is asked more often.
    await vscode.commands.executeCommand(`${MODELS_VIEW}.focus`);
    await setSetting('refreshInterval', undefined);
    await setSetting('servers', undefined);
    await Promise.all([main.close(), gpu.close()]);
  });

  it('does not ask those that are unseen when the window comes to the front', async () => {
    const asked = await askedOfGpu(async () => {
      focus(false);
      await planned(0);
      focus(true);
      await planned(1);
      // Whatever was asked before is heard before this one.
      await hooks.connections.named('gpu')?.connection.refreshAnew();
    });
    assert.equal(asked, 1, 'only what was asked by hand');
  });

  it('asks the server of a task while it works, and seldom while that waits for the person or is paused', async () => {
    const step = (task: TaskStatus) => () => {
      nowRuns(task);
      return planned(2);
    };
    const pass = (ms: number) => () => {
      clock.advance(ms);
      return planned(2);
    };
    assert.equal(await askedOfGpu(step(atWork)), 1);
    assert.equal(await askedOfGpu(pass(INTERVAL_MS)), 1);
    for (const idle of [{ isWaiting: true }, { pause: 'paused' as const }]) {
      assert.equal(await askedOfGpu(step({ ...atWork, ...idle })), 0);
      assert.equal(await askedOfGpu(pass(6 * INTERVAL_MS - 1)), 0);
      assert.equal(await askedOfGpu(pass(1)), 1);
    }
  });

  it('asks nobody where such a task waits in a window that nobody looks at', async () => {
    nowRuns({ ...atWork, isWaiting: true });
    focus(false);
    await planned(0);
    nowRuns();
    focus(true);
    await planned(1);
  });
});
