import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Tool } from '../../../src/agent/types';
import {
  afterCall,
  cautionFor,
  effectsOf,
  type FlowEffects,
  type FlowServer,
  type FlowState,
  NOTHING_READ,
  READ_BEFORE,
} from '../../../src/policy/dataFlow';

const LOCAL: FlowServer = { isRemote: false, hasCredentials: false, isTrusted: false };
const REMOTE: FlowServer = { ...LOCAL, isRemote: true };

function tool(server: string, name: string, more: Partial<Tool> = {}, ...fields: string[]): Tool {
  const properties = Object.fromEntries(fields.map((field) => [field, {}]));
  const definition = { name, description: '', inputSchema: { type: 'object', properties } };
  return { definition, server, name, readOnly: false, ...more };
}

const words = ({ readsPrivate, readsForeign, sends }: FlowEffects): string =>
  [readsPrivate && 'private', readsForeign && 'foreign', sends && 'sends'].filter(Boolean).join(' ');
const effects = (one: Tool, server: FlowServer | undefined = LOCAL, args = {}): string =>
  words(effectsOf(one, server, args));

describe('what a call may do with data', () => {
  it('is to read something private where nothing speaks of the world outside', () => {
    for (const one of [tool('filesystem', 'read_text_file'), tool('memory', 'search_nodes'), tool('db', 'query')])
      assert.equal(effects(one), 'private', one.name);
    assert.equal(effects(tool('files', 'x', { readOnly: true, openWorld: false })), 'private');
  });

  it('is to read strangers, and to send, where it reaches out: by its claim, its names or its fields', () => {
    const open = [
      tool('a', 'b', { openWorld: true, readOnly: true }),
      tool('fetch', 'get'),
      tool('a', 'sendEmail'),
      tool('a', 'http_request'),
      tool('a', 'look', {}, 'url'),
      tool('github', 'list'),
    ];
    for (const one of open) assert.equal(effects(one), 'foreign sends', `${one.server}/${one.name}`);
    assert.equal(effects(tool('a', 'b', { openWorld: false }), REMOTE), 'foreign sends');
  });

  it('is not made harmless by the claim of a server that nobody trusts', () => {
    const claimed = tool('a', 'fetch_url', { openWorld: false, readOnly: true });
    assert.equal(effects(claimed), 'foreign sends');
    assert.equal(effects(claimed, { ...LOCAL, isTrusted: true }), 'private');
    assert.equal(effects(claimed, { ...REMOTE, isTrusted: true }), 'foreign sends');
    assert.equal(effects(claimed, undefined), 'foreign sends');
  });

  it('is private too where the server has credentials, or the address is inside', () => {
    assert.equal(effects(tool('github', 'list'), { ...LOCAL, hasCredentials: true }), 'private foreign sends');
    const inside = [
      'http://localhost:8080/x',
      'https://a:b@10.0.0.1',
      'file:///etc/passwd',
      'http://[::1]/',
      'http://nas.local',
      'http://0x7f.1/',
    ];
    for (const url of inside)
      assert.equal(effects(tool('fetch', 'fetch'), LOCAL, { deep: [{ url }] }), 'private foreign sends', url);
    const outside = [
      'https://example.com',
      'https://10.example.com.evil.net',
      'https://172.32.0.1',
      'localhost is nice',
    ];
    for (const url of outside) assert.equal(effects(tool('fetch', 'fetch'), LOCAL, { url }), 'foreign sends', url);
  });

  it('is to read and to send for what runs commands', () => {
    assert.equal(effects(tool('a', 'run_command')), 'private sends');
    assert.equal(effects(tool('shell', 'start')), 'private sends');
  });
});

describe('the guard of a run', () => {
  const FILES = tool('files', 'read');
  const FETCH = tool('fetch', 'fetch');
  const after = (state: FlowState, one: Tool): FlowState => afterCall(state, one, effectsOf(one, LOCAL, {}));
  const caution = (state: FlowState, one: Tool) => cautionFor(state, effectsOf(one, LOCAL, {}));

  it('speaks only when private data and foreign texts were read, and the call sends', () => {
    const both = after(after(NOTHING_READ, FILES), FETCH);
    assert.equal(caution(NOTHING_READ, FETCH), undefined);
    assert.equal(caution(after(NOTHING_READ, FILES), FETCH), undefined);
    assert.equal(caution(after(NOTHING_READ, FETCH), FETCH), undefined);
    assert.equal(caution(both, FILES), undefined);
    assert.match(caution(both, FETCH) ?? '', /private \(files\/read\), and texts .* \(fetch\/fetch\)/);
    assert.notEqual(caution(after(after(NOTHING_READ, FETCH), FILES), FETCH), undefined, 'in any order');
  });

  it('speaks for every call that sends once a run was taken up again', () => {
    assert.match(caution(READ_BEFORE, FETCH) ?? '', /before the interruption/);
    assert.equal(caution(READ_BEFORE, FILES), undefined);
  });

  it('names few reads, and shows names as they are', () => {
    let state = after(NOTHING_READ, FETCH);
    for (let index = 0; index < 7; index++)
      state = after(after(state, tool('files', `read${index}`)), tool('files', 'read0'));
    state = after(state, tool('f\u202eiles\n', 'x'));
    assert.match(caution(state, FETCH) ?? '', /files\/read3 and 4 more\)/);
    assert.doesNotMatch(caution(after(after(NOTHING_READ, FETCH), tool('f\u202e\n', 'x')), FETCH) ?? '', /[\u202e\n]/);
  });

  it('never forgets: what it warns of once it warns of until the run ends', () => {
    const calls = fc.array(
      fc.constantFrom(FILES, FETCH, tool('a', 'run_command'), tool('b', 'x', { openWorld: true })),
    );
    fc.assert(
      fc.property(calls, calls, (before, more) => {
        const state = before.reduce(after, NOTHING_READ);
        if (caution(state, FETCH) !== undefined) assert.notEqual(caution(more.reduce(after, state), FETCH), undefined);
      }),
    );
  });
});
