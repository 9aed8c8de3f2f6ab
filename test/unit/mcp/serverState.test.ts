import assert from 'node:assert/strict';
import { mayFollow, type ServerState } from '../../../src/mcp/serverState';

const KINDS: readonly ServerState['kind'][] = ['stopped', 'starting', 'ready', 'failed'];

describe('the states of a server', () => {
  it('follow one another in the ways that are written down, and in no other', () => {
    const ways = KINDS.flatMap((from) => KINDS.filter((to) => mayFollow(from, to)).map((to) => `${from} → ${to}`));
    assert.deepEqual(ways, [
      'stopped → starting',
      'starting → stopped',
      'starting → ready',
      'starting → failed',
      'ready → stopped',
      'ready → ready',
      'ready → failed',
      'failed → stopped',
      'failed → starting',
    ]);
  });
});
