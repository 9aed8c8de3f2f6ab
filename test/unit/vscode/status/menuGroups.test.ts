import assert from 'node:assert/strict';
import { COMMANDS } from '../../../../src/vscode/ids';
import { menuGroups, type MenuInput } from '../../../../src/vscode/status/menuGroups';

const IDLE: MenuInput = {
  ...{ state: 'online', hasTask: false, hasLoad: false, hasQuestion: false, canPause: false, canContinue: false },
  title: 'LM Studio',
  lms: { isFound: false, isEnabled: false },
};

function commands(change: Partial<MenuInput> = {}): readonly string[] {
  return menuGroups({ ...IDLE, ...change }).flatMap(({ actions }) => actions.map(({ command }) => command));
}

describe('the menu of the status bar', () => {
  it('has no empty group and no command twice, in every state', () => {
    for (const state of ['unknown', 'online', 'offline', 'auth', 'wrong-server', 'misconfigured'] as const) {
      for (const is of [false, true]) {
        const doing = { hasTask: is, hasLoad: is, hasQuestion: is, canPause: is, canContinue: is };
        const input = { ...IDLE, ...doing, state, lms: { isFound: is, isEnabled: is } };
        const groups = menuGroups(input);
        for (const { heading, actions } of groups) assert.ok(actions.length > 0, `${state}: ${heading}`);
        const all = commands(input);
        assert.equal(new Set(all).size, all.length, `${state}: ${all.join()}`);
        assert.ok(all.includes(COMMANDS.doctor) && all.includes(COMMANDS.openWalkthrough), state);
      }
    }
  });

  it('begins with what is going on, else with what helps', () => {
    assert.equal(commands({ hasTask: true, hasQuestion: true })[0], COMMANDS.answerQuestion);
    assert.equal(commands({ state: 'auth' })[0], COMMANDS.setToken);
    assert.equal(commands({ state: 'misconfigured' })[0], COMMANDS.openSettings);
    assert.equal(commands({ state: 'offline', lms: { isFound: true, isEnabled: false } })[0], COMMANDS.startServer);
    assert.equal(commands()[0], COMMANDS.runWithServer);
  });

  it('offers nothing that needs a server where there is none', () => {
    const offline = commands({ state: 'offline' });
    for (const command of [COMMANDS.runWithServer, COMMANDS.loadModel, COMMANDS.selfTest, COMMANDS.startServer])
      assert.ok(!offline.includes(command), command);
  });
});
