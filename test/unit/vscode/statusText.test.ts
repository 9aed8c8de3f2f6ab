/** What the status bar says of waits, and of a server that is given a rest. */
import assert from 'node:assert/strict';
import type { Phase } from '../../../src/agent/types';
import { LLMConnectionError } from '../../../src/base/errors';
import type { StatusInput } from '../../../src/vscode/statusInput';
import { statusView } from '../../../src/vscode/statusText';
import { afterEvent } from '../../../src/vscode/tasks/taskText';
import type { TaskStatus } from '../../../src/vscode/tasks/taskStatus';
import { loaded, model } from '../../support/models';

const NOW = 100_000;
const ERROR = new LLMConnectionError('server-unreachable', 'No model server answers.');

function input(change: Partial<StatusInput> = {}): StatusInput {
  const health = { kind: 'online', listing: '/api/v1/models', latencyMs: 2, skipped: 0 } as const;
  return {
    snapshot: { root: 'http://127.0.0.1:1234', health, models: [{ ...loaded('a/b'), activity: 'idle' }] },
    ...{ state: 'online', tasks: [], loading: [], now: NOW, model: undefined, isTrusted: true },
    ...{ breaker: { kind: 'closed' }, contexts: new Map(), retrying: new Set() },
    ...change,
  };
}

function task(phase: Phase | undefined, change: Partial<TaskStatus> = {}): TaskStatus {
  return {
    ...{
      id: 1,
      label: 'Go',
      startedAt: NOW - 8_000,
      round: 1,
      activity: 'writing',
      isWaiting: false,
      pause: undefined,
    },
    ...{ phase, since: NOW - 3_000, model: 'a/b' },
    ...change,
  };
}

const textWith = (status: TaskStatus, change: Partial<StatusInput> = {}): string =>
  statusView(input({ tasks: [status], ...change })).text.replace('$(sync~spin) LM Studio: ', '');

describe('the status bar during a task', () => {
  it('says what the task waits for', () => {
    assert.equal(textWith(task({ phase: 'queued', place: 1 })), 'round 1, 00:08, queued, 1 ahead');
    assert.equal(textWith(task({ phase: 'connecting' })), 'round 1, 00:08, connecting');
    const reading = { phase: 'processing-prompt', estimatedMs: 12_000, progress: null } as const;
    assert.equal(textWith(task(reading, { since: NOW })), 'round 1, 00:08, reading the prompt, about 12 s');
    assert.equal(textWith(task(reading)), 'round 1, 00:08, reading the prompt, 3 s of about 12 s');
    assert.equal(textWith(task({ ...reading, estimatedMs: null })), 'round 1, 00:08, reading the prompt, 3 s');
    const known = task({ ...reading, progress: 0.389 });
    assert.equal(textWith(known), 'round 1, 00:08, reading the prompt, 38 %, 3 s');
    assert.equal(textWith(task(undefined)), 'round 1, 00:08');
  });

  it('knows a load from reading', () => {
    const { snapshot } = input();
    const models = [{ ...model('a/b'), activity: 'loading' as const }];
    const waiting = task({ phase: 'processing-prompt', estimatedMs: null, progress: null });
    assert.equal(textWith(waiting, { snapshot: { ...snapshot, models } }), 'round 1, 00:08, loading the model, 3 s');
    const told = task({ phase: 'loading-model', progress: 0.5 });
    assert.equal(textWith(told), 'round 1, 00:08, loading the model, 50 %, 3 s');
    assert.match(statusView(input({ tasks: [told] })).label, /loading the model, 50 percent, 3 seconds$/);
    const starting = task(undefined, { round: 0 });
    const loading = [{ key: 'a/b', startedAt: NOW - 5_000 }];
    assert.equal(textWith(starting, { loading }), 'starting, 00:08, loading b, 5 s');
    assert.equal(textWith(starting, { loading: [{ key: 'a/b', startedAt: 0 }] }), 'starting, 00:08');
  });

  it('says that it is paused, or will be', () => {
    const view = (...tasks: TaskStatus[]) => statusView(input({ tasks }));
    const paused = task(undefined, { pause: 'paused' });
    assert.equal(view(paused).text, '$(debug-pause) LM Studio: round 1, paused, 00:08');
    assert.match(view(paused).tooltip, /Task "Go": round 1, paused, 00:08/);
    assert.equal(view(paused, paused).text, '$(debug-pause) LM Studio: 2 tasks, paused, 00:08');
    const pausing = task(undefined, { pause: 'pausing', label: 'Next' });
    assert.match(view(pausing).tooltip, /Task "Next": round 1, writing, then paused/);
    assert.equal(view(paused, pausing).text, '$(sync~spin) LM Studio: 2 tasks, 00:08');
    assert.match(view(task(undefined, { pause: 'paused', isWaiting: true })).text, /waiting for your answer/);
  });

  it('has units as words for ears, and every task in the tooltip', () => {
    const waiting = task({ phase: 'processing-prompt', estimatedMs: 12_000, progress: null });
    const view = statusView(input({ tasks: [waiting, task({ phase: 'queued', place: 2 }, { label: 'Next' })] }));
    assert.match(view.text, /2 tasks, 00:08$/);
    assert.match(view.tooltip, /Task "Go": round 1, reading the prompt, 3 s of about 12 s, 00:08/);
    assert.match(view.tooltip, /Task "Next": round 1, queued, 2 ahead, 00:08/);
    const { label } = statusView(input({ tasks: [waiting] }));
    assert.match(label, /reading the prompt, 3 seconds of about 12 seconds$/);
    const long = task({ phase: 'processing-prompt', estimatedMs: 61_000, progress: null }, { since: NOW - 1_000 });
    assert.match(
      statusView(input({ tasks: [long] })).label,
      /reading the prompt, 1 second of about 1 minute 1 second$/,
    );
  });
});

describe('the status bar of a server that is given a rest', () => {
  const open = { kind: 'open', error: ERROR, retryAt: NOW + 3_200 } as const;

  it('says when the next try is, also where the list still says that all is well', () => {
    for (const state of ['online', 'offline'] as const) {
      const view = statusView(input({ state, breaker: open }));
      assert.equal(view.text, '$(warning) LM Studio: not answering, next try in 4 s');
      assert.equal(view.label, 'LM Studio: not answering, next try in 4 seconds');
      assert.equal(view.isWarning, true);
      assert.match(view.tooltip, /\nRequests: not answering, next try in 4 s\n/);
    }
  });

  it('says so while it tries, and when a try is due', () => {
    const words = (breaker: StatusInput['breaker']): string => statusView(input({ breaker })).text;
    assert.match(words({ ...open, kind: 'half-open' }), /: not answering, trying now$/);
    assert.match(words({ ...open, retryAt: NOW }), /: not answering$/);
  });

  it('says first what the server itself said', () => {
    assert.match(statusView(input({ state: 'auth', breaker: open })).text, /needs API token/);
  });
});

describe('a step of progress', () => {
  it('does not begin its phase anew', () => {
    const first = { phase: 'processing-prompt', estimatedMs: 12_000, progress: null } as const;
    const step = { type: 'phase', at: 5, ...first, progress: 0.4 } as const;
    assert.deepEqual(afterEvent(step, NOW, first), { phase: step });
    assert.deepEqual(afterEvent(step, NOW, { phase: 'loading-model', progress: 1 }), { phase: step, since: NOW });
  });
});
