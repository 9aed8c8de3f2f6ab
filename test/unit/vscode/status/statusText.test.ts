/** What the status bar says of waits, and of a server that is given a rest. */
import assert from 'node:assert/strict';
import type { Phase } from '../../../../src/agent/types';
import { LLMConnectionError } from '../../../../src/base/errors';
import type { StatusInput } from '../../../../src/vscode/status/statusInput';
import { tooltipMarkdown } from '../../../../src/vscode/status/statusLinks';
import { isMoving, statusView } from '../../../../src/vscode/status/statusText';
import { afterEvent } from '../../../../src/vscode/tasks/taskText';
import type { TaskStatus } from '../../../../src/vscode/tasks/taskStatus';
import { loaded, model } from '../../../support/models';
import { inGerman } from '../../../support/german';

const NOW = 100_000;
const ERROR = new LLMConnectionError('server-unreachable', 'No model server answers.');

function input(change: Partial<StatusInput> = {}): StatusInput {
  const health = { kind: 'online', listing: '/api/v1/models', latencyMs: 2, skipped: 0 } as const;
  const snapshot = { root: 'http://127.0.0.1:1234', health, models: [{ ...loaded('a/b'), activity: 'idle' as const }] };
  const { models } = change.snapshot ?? snapshot;
  const news = { models, loading: change.loading ?? [] };
  return {
    ...{ snapshot, newsOf: (server) => (server === undefined ? news : { models: [], loading: [] }) },
    ...{ state: 'online', tasks: [], loading: [], now: NOW, model: undefined, isTrusted: true, strays: 0 },
    ...{ breaker: { kind: 'closed' }, contexts: new Map(), retrying: new Set() },
    ...change,
  };
}

function task(phase: Phase | undefined, change: Partial<TaskStatus> = {}): TaskStatus {
  return {
    ...{
      id: 1,
      runId: undefined,
      server: undefined,
      label: 'Go',
      startedAt: NOW - 8_000,
      round: 1,
      activity: 'writing',
      isWaiting: false,
      pause: undefined,
    },
    ...{ phase, since: NOW - 3_000, server: undefined, model: 'a/b' },
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
    assert.match(statusView(input({ tasks: [told] })).label, /loading the model, 50 percent$/);
    const starting = task(undefined, { round: 0 });
    const loading = [{ key: 'a/b', startedAt: NOW - 5_000 }];
    assert.equal(textWith(starting, { loading }), 'starting, 00:08, loading b, 5 s');
    assert.equal(textWith(starting, { loading: [{ key: 'a/b', startedAt: 0 }] }), 'starting, 00:08');
  });

  it('says what the server of the task does, whichever is the one of the next task', () => {
    const models = [{ ...model('a/b'), activity: 'loading' as const }];
    const waiting = task({ phase: 'processing-prompt', estimatedMs: null, progress: null }, { server: 'gpu' });
    const newsOf = (of: string | undefined): StatusInput['newsOf'] => {
      return (server) => ({ models: server === of ? models : [], loading: [] });
    };
    assert.equal(textWith(waiting, { newsOf: newsOf('gpu') }), 'round 1, 00:08, loading the model, 3 s');
    assert.equal(textWith(waiting, { newsOf: newsOf(undefined) }), 'round 1, 00:08, reading the prompt, 3 s');
    const { tooltip } = statusView(input({ tasks: [waiting], newsOf: newsOf('gpu') }));
    assert.match(tooltip, /Task "Go": round 1, loading the model, 3 s, 00:08\nModel: gpu::a\/b\n/);
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

  it('says that a question waits, also one that no task waits for', () => {
    const view = (strays: number, ...tasks: TaskStatus[]) => statusView(input({ strays, tasks }));
    assert.equal(view(1).text, '$(bell-dot) LM Studio: waiting for your answer');
    assert.deepEqual([view(1).isWarning, view(1).links[0]?.command], [true, 'lmstudioBridge.answerQuestion']);
    assert.equal(view(2, task(undefined)).text, '$(bell-dot) LM Studio: 2 questions wait for your answer');
    const waiting = task(undefined, { isWaiting: true });
    assert.equal(view(1, waiting).text, '$(bell-dot) LM Studio: waiting for your answer, 00:08');
  });

  it('has units as words for ears, and every task in the tooltip', () => {
    const waiting = task({ phase: 'processing-prompt', estimatedMs: 12_000, progress: null });
    const view = statusView(input({ tasks: [waiting, task({ phase: 'queued', place: 2 }, { label: 'Next' })] }));
    assert.match(view.text, /2 tasks, 00:08$/);
    assert.match(view.tooltip, /Task "Go": round 1, reading the prompt, 3 s of about 12 s, 00:08/);
    assert.match(view.tooltip, /Task "Next": round 1, queued, 2 ahead, 00:08/);
    const told = task({ phase: 'processing-prompt', estimatedMs: null, progress: 0.389 });
    assert.equal(statusView(input({ tasks: [told] })).label, 'LM Studio: round 1, reading the prompt, 38 percent');
    assert.equal(
      inGerman(() => statusView(input({ tasks: [told] })).label),
      'LM Studio: Runde 1, liest die Eingabe, 38 Prozent',
    );
  });

  it('tells ears no seconds, which would be another text each time, and minutes only when they are over', () => {
    const running = task(undefined, { model: undefined });
    const waiting = task(undefined, { isWaiting: true });
    const reading = task({ phase: 'processing-prompt', estimatedMs: 12_000, progress: null });
    const inputs: readonly Partial<StatusInput>[] = [
      { tasks: [running] },
      { tasks: [running, reading] },
      { tasks: [reading] },
      { tasks: [waiting] },
      { tasks: [waiting, waiting] },
      { tasks: [task(undefined, { pause: 'paused' })] },
      { loading: [{ key: 'a/b', startedAt: NOW - 8_000 }] },
      { loading: ['a/b', 'a/c'].map((key) => ({ key, startedAt: NOW - 8_000 })) },
    ];
    const said = (change: Partial<StatusInput>, later: number) =>
      statusView(input({ ...change, now: NOW + later })).label.replace('LM Studio: ', '');
    assert.deepEqual(
      inputs.map((change) => said(change, 0)),
      [
        ...['round 1', '2 tasks', 'round 1, reading the prompt', 'waiting for your answer'],
        ...['2 tasks wait for your answer', 'round 1, paused', 'loading b', 'loading 2 models'],
      ],
    );
    for (const change of inputs) {
      assert.equal(said(change, 51_999), said(change, 0));
      assert.match(said(change, 52_000), /, for 1 minute(, |$)/);
      assert.match(said(change, 120_000), /, for 2 minutes(, |$)/);
    }
  });
});

describe('the status bar of a server that is given a rest', () => {
  const open = { kind: 'open', error: ERROR, retryAt: NOW + 3_200 } as const;

  it('says when the next try is, also where the list still says that all is well', () => {
    for (const state of ['online', 'offline'] as const) {
      const view = statusView(input({ state, breaker: open }));
      assert.equal(view.text, '$(warning) LM Studio: not answering, next try in 4 s');
      assert.equal(view.label, 'LM Studio: not answering, next try in a few seconds');
      assert.equal(view.isWarning, true);
      assert.match(view.tooltip, /\nRequests: not answering, next try in 4 s$/);
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

describe('the status bar of a server that is not well', () => {
  const online = input().snapshot;
  const withStrain = (strain: 'slow' | 'repeated') => {
    const health = { kind: 'online', listing: '/api/v1/models', latencyMs: 2_400, skipped: 0, strain } as const;
    return statusView(input({ snapshot: { ...online, health } }));
  };

  it('says so beside the model, without the alarm of one that is away', () => {
    assert.deepEqual(
      [withStrain('slow').text, withStrain('repeated').text],
      ['$(warning) LM Studio: b, answering slowly', '$(warning) LM Studio: b, answering only when asked again'],
    );
    assert.equal(withStrain('slow').isWarning, false);
    assert.match(withStrain('slow').tooltip, /^Answers in 2400 ms \(\/api\/v1\/models\)$/m);
    assert.match(withStrain('repeated').tooltip, /^Answers in 2400 ms, but only when asked again/m);
  });

  it('says that a task asks again, and forgets it when the model answers', () => {
    const running = task(undefined);
    const view = statusView(input({ tasks: [running], retrying: new Set([1]) }));
    assert.equal(view.text, '$(warning) LM Studio: round 1, 00:08, asking again');
    assert.equal(statusView(input({ tasks: [running] })).text, '$(sync~spin) LM Studio: round 1, 00:08');
  });
});

describe('the context in the status bar', () => {
  const contexts = new Map([[1, { usedTokens: 3_355, limit: 8_192 }]]);

  it('stands beside the model of the one running task, as a share; in the tooltip as tokens', () => {
    const view = statusView(input({ tasks: [task(undefined)], contexts }));
    assert.equal(view.text, '$(sync~spin) LM Studio: round 1, 00:08, b, context 41 %');
    assert.match(view.label, /b, context 41 percent$/);
    assert.match(view.tooltip, /^Model: a\/b, 3,355 of 8,192 tokens of context$/m);
  });

  it('makes room for what the task waits for, and for other tasks', () => {
    const waiting = task({ phase: 'queued', place: 1 });
    assert.match(statusView(input({ tasks: [waiting], contexts })).text, /00:08, queued, 1 ahead$/);
    const both = [task(undefined), task(undefined, { id: 2 })];
    assert.match(statusView(input({ tasks: both, contexts })).text, /2 tasks, 00:08$/);
  });

  it('is never more than all of it', () => {
    const over = new Map([[1, { usedTokens: 9_000, limit: 8_192 }]]);
    assert.match(statusView(input({ tasks: [task(undefined)], contexts: over })).text, /context 100 %$/);
  });

  it('is that of the copy in memory where no task runs', () => {
    assert.match(statusView(input()).tooltip, /^Model: a\/b, loaded with 8,192 tokens of context$/m);
  });
});

describe('the tooltip of the status bar', () => {
  it('keeps names of models and tasks from being markup, and links to commands of ours only', () => {
    const bad = task(undefined, { label: '[click](command:evil) $(rocket) <b>', model: 'x/[y](http://z)' });
    const { tooltip, links } = statusView(input({ tasks: [bad] }));
    const markdown = tooltipMarkdown(tooltip, links);
    const targets = [...markdown.matchAll(/(?<!\\)\]\(([^)]*)\)/g)].map(([, target]) => target);
    assert.deepEqual(
      targets,
      links.map(({ command }) => `command:${command}`),
    );
    assert.doesNotMatch(markdown, /\$\(|<b>|http:/);
  });

  it('offers what helps in each state', () => {
    const first = (change: Partial<StatusInput>) => statusView(input(change)).links[0]?.command;
    assert.equal(first({ state: 'auth' }), 'lmstudioBridge.setToken');
    assert.equal(first({ state: 'offline' }), 'lmstudioBridge.refreshModels');
    assert.equal(first({ state: 'misconfigured' }), 'lmstudioBridge.openSettings');
    assert.equal(first({ tasks: [task(undefined, { isWaiting: true })] }), 'lmstudioBridge.answerQuestion');
    assert.equal(first({ tasks: [task(undefined)] }), 'lmstudioBridge.showOutput');
  });
});

describe('the seconds in the status bar', () => {
  it('are counted only while they are shown', () => {
    assert.equal(isMoving(input()), false);
    assert.equal(isMoving(input({ tasks: [task(undefined)] })), true);
    assert.equal(isMoving(input({ loading: [{ key: 'a/b', startedAt: NOW }] })), true);
    assert.equal(isMoving(input({ breaker: { kind: 'open', error: ERROR, retryAt: NOW + 1 } })), true);
    assert.equal(isMoving(input({ breaker: { kind: 'open', error: ERROR, retryAt: NOW } })), false);
  });
});
