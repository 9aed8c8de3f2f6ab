import assert from 'node:assert/strict';
import { ToolSizes } from '../../../../src/vscode/servers/toolSizes';

/** What a window keeps. */
function memento(kept: Record<string, unknown> = {}) {
  return {
    keys: () => Object.keys(kept),
    get: (key: string) => kept[key] as never,
    update: (key: string, value: unknown) => {
      kept[key] = value;
      return Promise.resolve();
    },
  };
}

const size = (server: string, tools: number, tokens: number) => ({ server, tools, tokens, offered: tools });

describe('what the tools of a server come to', () => {
  it('is known from its last run, also in the next window', async () => {
    const state = memento();
    const sizes = new ToolSizes(state);
    assert.equal(sizes.wordsFor('files'), undefined);
    await sizes.record([size('files', 14, 1_936), size('web', 1, 90)]);
    await sizes.record([size('web', 2, 999)]);
    const next = new ToolSizes(state);
    assert.equal(next.wordsFor('files'), '14 tools, 1.9k tokens');
    assert.equal(next.wordsFor('web'), '2 tools, 999 tokens');
    await sizes.record([size('web', 1, 1_000)]);
    assert.equal(next.wordsFor('web'), '1 tool, 1.0k tokens');
  });

  it('is not read out of what something else has written there', () => {
    for (const kept of ['x', [], { files: 3 }, { files: { tools: '1', tokens: 2 } }]) {
      assert.equal(new ToolSizes(memento({ toolSizes: kept })).wordsFor('files'), undefined);
    }
    assert.equal(new ToolSizes(memento()).wordsFor('constructor'), undefined);
  });
});
