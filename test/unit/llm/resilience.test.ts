import assert from 'node:assert/strict';
import { BridgeError, ERROR_CODES, type ErrorCode, LLMClientError } from '../../../src/base/errors';
import { classifyText, serverError } from '../../../src/llm/errors';
import { isPassing, RESILIENCE_DEFAULTS, ServerPolicy } from '../../../src/llm/resilience';
import { readRetryAfter } from '../../../src/llm/retryAfter';
import { ManualClock } from '../../support/manualClock';

describe('what may succeed a little later', () => {
  it('is a busy server and an answer that broke off, and no other code', () => {
    const passing = ERROR_CODES.filter((code) => isPassing(new BridgeError(code, '')));
    assert.deepEqual(passing, ['stream-interrupted', 'rate-limited']);
  });

  it('is decided by the status where there is one', () => {
    const ofStatus = (status: number): boolean => isPassing(classifyText(status, 'Something', 'http://x'));
    assert.deepEqual(
      [200, 400, 401, 403, 404, 409, 422, 429, 500, 501, 502, 503, 504].filter(ofStatus),
      [429, 502, 503, 504],
    );
  });

  it('is no 400, even one that speaks of the queue (E16): it has waited long enough', () => {
    const queued = classifyText(400, 'Request timed out in the queue', 'http://x');
    assert.equal(queued.code, 'rate-limited');
    assert.equal(isPassing(queued), false);
    assert.equal(isPassing(classifyText(200, 'Request timed out in the queue', 'http://x')), true);
  });
});

describe('the policy of a server', () => {
  const policy = new ServerPolicy({ clock: new ManualClock(), random: () => 1 });

  it('gives a turn three attempts within seconds, with full jitter', () => {
    const interrupted = serverError('stream-interrupted', 'Broke.');
    const waits = [1, 2, 3].map((attempt) => policy.turns.delayAfter(interrupted, attempt));
    assert.deepEqual(waits, [2_000, 4_000, undefined]);
    const lucky = new ServerPolicy({ clock: new ManualClock(), random: () => 0 });
    assert.equal(lucky.turns.delayAfter(interrupted, 1), 0);
  });

  it('waits as long as the server wants, up to a minute', () => {
    const busy = (retryAfterMs: number) => new LLMClientError('rate-limited', 'Busy.', { status: 429, retryAfterMs });
    assert.equal(policy.turns.delayAfter(busy(45_000), 1), 45_000);
    assert.equal(policy.turns.delayAfter(busy(61_000), 1), undefined);
  });

  it('repeats no turn that failed for good', () => {
    const final: readonly ErrorCode[] = ['context-overflow', 'engine-crashed', 'auth-required', 'server-unreachable'];
    for (const code of final) assert.equal(policy.turns.delayAfter(serverError(code, ''), 1), undefined, code);
  });

  it('takes other limits for a part of it', () => {
    const short = new ServerPolicy(
      { clock: new ManualClock(), random: () => 1 },
      { turns: { ...RESILIENCE_DEFAULTS.turns, attempts: 1 } },
    );
    assert.equal(short.turns.delayAfter(serverError('rate-limited', ''), 1), undefined);
  });

  it('keeps a person waiting for a list no longer than half a second', () => {
    const { attempts, maxMs, maxRetryAfterMs } = RESILIENCE_DEFAULTS.reads;
    assert.ok((attempts - 1) * Math.max(maxMs, maxRetryAfterMs) <= 500);
  });
});

describe('Retry-After', () => {
  const read = (headers: Record<string, string>, now = Date.parse('2026-01-01T00:00:00Z')) =>
    readRetryAfter(new Headers(headers), now);

  it('comes in seconds', () => {
    assert.equal(read({ 'retry-after': '3' }), 3_000);
    assert.equal(read({ 'retry-after': ' 0 ' }), 0);
    assert.equal(read({ 'retry-after': '0.25' }), 250);
  });

  it("comes as a date, measured by the server's clock, else by ours", () => {
    const until = 'Thu, 01 Jan 2026 00:00:10 GMT';
    assert.equal(read({ 'retry-after': until }), 10_000);
    assert.equal(read({ 'retry-after': until, date: 'Thu, 01 Jan 2026 00:00:04 GMT' }), 6_000);
    assert.equal(read({ 'retry-after': until, date: 'Thu, 01 Jan 2026 00:01:00 GMT' }), 0, 'a date in the past is now');
  });

  it('is nothing where it is missing or nonsense', () => {
    for (const value of ['', 'soon', 'NaN', 'tomorrow at noon'])
      assert.equal(read({ 'retry-after': value }), undefined);
    assert.equal(read({}), undefined);
  });
});
