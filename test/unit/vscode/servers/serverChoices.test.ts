import assert from 'node:assert/strict';
import { ServerChoices } from '../../../../src/vscode/servers/serverChoices';
import { serverSpec } from '../../../support/mcp/harness';

function memento(kept: Record<string, unknown> = {}) {
  return {
    keys: () => Object.keys(kept),
    get: (key: string) => kept[key] as never,
    update: (key: string, value: unknown) => {
      kept[key] = value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);
      return Promise.resolve();
    },
  };
}

describe('what a person has switched off among MCP servers', () => {
  it('is kept from one window to the next, each by itself', async () => {
    const state = memento();
    const choices = new ServerChoices(state);
    let changes = 0;
    choices.onDidChange(() => changes++);
    await choices.switchServer('a', false);
    await choices.switchTool('b', 'x', false);
    await choices.switchTool('b', 'y', false);
    await choices.switchTool('b', 'y', true);
    const next = new ServerChoices(state);
    assert.deepEqual([next.isServerOn('a'), next.isServerOn('b')], [false, true]);
    assert.deepEqual([next.isToolOn('b', 'x'), next.isToolOn('b', 'y'), next.isToolOn('c', 'x')], [false, true, true]);
    await next.switchServer('a', true);
    assert.equal(choices.isServerOn('a'), true);
    assert.equal(changes, 4);
  });

  it('takes any name, and anything that a window may have kept', async () => {
    const choices = new ServerChoices(memento());
    await choices.switchTool('__proto__', 'constructor', false);
    assert.equal(choices.isToolOn('__proto__', 'constructor'), false);
    assert.equal(choices.isToolOn('toString', 'constructor'), true);
    for (const serverChoices of [1, null, [], { servers: 'a', tools: [] }, { tools: { a: 1 } }]) {
      const odd = new ServerChoices(memento({ serverChoices }));
      assert.deepEqual([odd.isServerOn('a'), odd.isToolOn('a', 'x')], [true, true]);
    }
  });

  it('marks servers for tasks, but not those that their files disable', async () => {
    const choices = new ServerChoices(memento());
    await choices.switchServer('a', false);
    await choices.switchServer('c', false);
    const [a, b, c] = [serverSpec('a', 'x'), serverSpec('b', 'x'), { ...serverSpec('c', 'x'), disabled: true }];
    assert.deepEqual(choices.applyTo({ servers: [a, b, c], diagnostics: [] }).servers, [
      { ...a, disabled: true, isSwitchedOff: true },
      b,
      c,
    ]);
  });
});
