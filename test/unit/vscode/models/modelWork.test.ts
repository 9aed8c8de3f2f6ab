import assert from 'node:assert/strict';
import type { Phase } from '../../../../src/agent/types';
import type { TaskEvent } from '../../../../src/tasks/types';
import { WorkAtModels } from '../../../../src/vscode/models/modelWork';
import { loaded } from '../../../support/models';

const started = (model: string): TaskEvent => ({
  ...{ type: 'run_start', at: 0, runId: 'r', task: 'Go', model, servers: [], toolCount: 0, toolTokens: 0 },
  ...{ contextLength: null, contextSource: null },
});

describe('what tasks wait for at a model', () => {
  let work: WorkAtModels;
  let changes: number;
  let uses: string[];

  beforeEach(() => {
    work = new WorkAtModels();
    changes = 0;
    uses = [];
    work.onDidChange(() => changes++);
    work.onDidUse(({ server, model }) => uses.push(`${server ?? ''}|${model}`));
  });

  const report = (id: number, event: TaskEvent, model?: string) => work.add({ id, request: { model }, event });
  const phase = (id: number, value: Phase) => report(id, { type: 'phase', ...value } as TaskEvent);

  it('is told in whole percent, and fires once for each', () => {
    report(1, started('a'));
    const reading = (progress: number | null): Phase => ({ phase: 'processing-prompt', estimatedMs: null, progress });
    phase(1, reading(null));
    assert.deepEqual(work.of(undefined, loaded('a')), { queued: 0, doing: 'processing-prompt', percent: undefined });
    for (const progress of [0.381, 0.384, 0.389, 0.39]) phase(1, reading(progress));
    assert.deepEqual(work.of(undefined, loaded('a')), { queued: 0, doing: 'processing-prompt', percent: 39 });
    assert.equal(changes, 3);
    phase(1, { phase: 'generating' });
    assert.deepEqual([work.of(undefined, loaded('a')), changes], [undefined, 4]);
    report(1, { type: 'text_delta', text: 'x' } as TaskEvent);
    report(1, { type: 'text_delta', text: 'y' } as TaskEvent);
    assert.equal(changes, 5, 'streamed text costs no drawing');
    assert.deepEqual(uses, ['|a', '|a']);
  });

  it('counts the tasks that are queued, by server and by the ids of copies', () => {
    report(1, started('a'), 'gpu::a');
    report(2, started('a:2'), 'gpu::a');
    for (const id of [1, 2]) phase(id, { phase: 'queued', place: id });
    const copies = loaded('a', null, { instances: ['a', 'a:2'].map((id) => ({ id, contextLength: null })) });
    assert.deepEqual(work.of('gpu', copies), { queued: 2, doing: undefined, percent: undefined });
    assert.equal(work.of(undefined, copies), undefined);
    phase(1, { phase: 'loading-model', progress: 0.5 });
    assert.deepEqual(work.of('gpu', copies), { queued: 1, doing: 'loading', percent: 50 });
  });

  it('ends with the task, however that ended', () => {
    for (const id of [1, 2]) {
      report(id, started('a'));
      phase(id, { phase: 'queued', place: 1 });
    }
    report(1, { type: 'run_end' } as TaskEvent);
    assert.equal(work.of(undefined, loaded('a'))?.queued, 1);
    work.keepOnly([]);
    assert.equal(work.of(undefined, loaded('a')), undefined);
    phase(2, { phase: 'queued', place: 1 });
    assert.equal(work.of(undefined, loaded('a')), undefined, 'what comes too late begins nothing');
  });
});
