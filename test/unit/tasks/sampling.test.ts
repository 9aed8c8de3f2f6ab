import assert from 'node:assert/strict';
import { BridgeError, isBridgeError } from '../../../src/base/errors';
import type { SamplingRequest } from '../../../src/mcp/clientHost';
import { type SamplingApproval, SamplingDesk, type SamplingRun, UNATTENDED } from '../../../src/tasks/sampling';
import { answers, finish, reasoning, ScriptedModel, type Step, text } from '../../support/agent';

const never = new AbortController().signal;
const request: SamplingRequest = {
  server: 'files',
  systemPrompt: 'Be short.',
  messages: [
    { role: 'user', text: 'one', images: ['data:image/png;base64,AA=='] },
    { role: 'user', text: 'two', images: [] },
    { role: 'assistant', text: 'three', images: [] },
  ],
  maxTokens: 100_000,
  temperature: 0.5,
  stopSequences: ['END'],
};

function runOf(turns: readonly Step[][], more: Partial<SamplingRun> = {}) {
  const model = new ScriptedModel(turns);
  return { model, run: { label: 'Count', servers: ['files'], model, seesImages: false, ...more } };
}

describe('sampling', () => {
  it('asks the model without tools, with sides that take turns and a limit of its own', async () => {
    const desk = new SamplingDesk(UNATTENDED);
    const { model, run } = runOf([[reasoning('hm'), text('fo'), text('ur'), finish('length')]]);
    desk.open(run);
    const answer = await desk.answer(request, never);
    assert.deepEqual(answer, { kind: 'answered', model: 'scripted', text: 'four', isCutOff: true });
    assert.deepEqual(model.requests, [
      {
        messages: [
          { role: 'system', content: 'Be short.' },
          { role: 'user', content: 'one\n\ntwo' },
          { role: 'assistant', content: 'three', toolCalls: [] },
        ],
        tools: [],
        sampling: { maxTokens: 4096, temperature: 0.5, stop: ['END'] },
      },
    ]);
  });

  it('shows pictures to a model that sees', async () => {
    const desk = new SamplingDesk(UNATTENDED);
    const { model, run } = runOf([answers('a dot')], { seesImages: true });
    desk.open(run);
    await desk.answer(request, never);
    const [, user] = model.requests[0]?.messages ?? [];
    assert.ok(user?.role === 'user');
    assert.deepEqual(user.images, ['data:image/png;base64,AA==']);
  });

  it('answers only servers of a task that runs', async () => {
    const desk = new SamplingDesk(UNATTENDED);
    const { run } = runOf([answers('yes')]);
    const opened = desk.open(run);
    assert.equal((await desk.answer({ ...request, server: 'other' }, never)).kind, 'declined');
    opened.dispose();
    assert.equal((await desk.answer(request, never)).kind, 'declined');
  });

  it('asks before and after, and for a whole task only once', async () => {
    const asked: string[] = [];
    let before: Awaited<ReturnType<SamplingApproval['mayAsk']>> = { reason: 'No.' };
    let after: Awaited<ReturnType<SamplingApproval['maySend']>> = { reason: 'Not this.' };
    const desk = new SamplingDesk({
      mayAsk: ({ server }, { label }) => {
        asked.push(`may ${server} ask in ${label}`);
        return Promise.resolve(before);
      },
      maySend: (_, answer) => {
        asked.push(`send ${answer}`);
        return Promise.resolve(after);
      },
    });
    const { model, run } = runOf([answers('a'), answers('b'), answers('c'), answers('d')]);
    desk.open(run);
    assert.deepEqual(await desk.answer(request, never), { kind: 'declined', reason: 'No.' });
    assert.equal(model.requests.length, 0);
    before = 'once';
    assert.deepEqual(await desk.answer(request, never), { kind: 'declined', reason: 'Not this.' });
    after = true;
    assert.equal((await desk.answer(request, never)).kind, 'answered');
    before = 'task';
    assert.equal((await desk.answer(request, never)).kind, 'answered');
    assert.equal((await desk.answer(request, never)).kind, 'answered');
    const ask = 'may files ask in Count';
    assert.deepEqual(asked, [ask, ask, 'send a', ask, 'send b', ask]);
  });

  it('does not let a server keep the model for itself', async () => {
    const desk = new SamplingDesk(UNATTENDED);
    const { run } = runOf(Array.from({ length: 25 }, () => answers('again')));
    desk.open(run);
    for (let count = 0; count < 25; count++) assert.equal((await desk.answer(request, never)).kind, 'answered');
    const last = await desk.answer(request, never);
    assert.ok(last.kind === 'declined');
    assert.match(last.reason, /at most 25 answers/);
  });

  it('stops when the task ends and when the server gives up', async () => {
    const desk = new SamplingDesk(UNATTENDED);
    const { run } = runOf([['hang'], ['hang']]);
    const opened = desk.open(run);
    const giving = new AbortController();
    const first = desk.answer(request, giving.signal);
    giving.abort(new BridgeError('cancelled', 'The server gave up.'));
    await assert.rejects(first, /gave up/);
    const second = desk.answer(request, never);
    opened.dispose();
    await assert.rejects(second, (error) => isBridgeError(error, 'cancelled'));
  });
});
