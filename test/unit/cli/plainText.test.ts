/** What a person reads of a run, on both streams. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { OutputStream } from '../../../src/cli/output';
import { plainText } from '../../../src/cli/plainText';
import type { RunEvent } from '../../../src/tasks/types';
import { ManualClock } from '../../support/manualClock';

const USAGE = { promptTokens: null, completionTokens: null, reasoningTokens: null };
const END: RunEvent = {
  ...{ type: 'run_end', status: 'completed', code: null, text: '', rounds: 1 },
  ...{ usage: USAGE, recoveredCalls: 0, durationMs: 1_000, compactions: 0, prefixShare: null },
};
const STALLED: RunEvent = { type: 'warning', code: 'stalled', message: 'The server has sent nothing for 120 s.' };
const reading = (estimatedMs: number | null): RunEvent => ({
  type: 'phase',
  phase: 'processing-prompt',
  estimatedMs,
  progress: null,
});
const textOf = (text: string): RunEvent => ({ type: 'text_delta', text });

function person({ isTerminal = false, isInMemory = true } = {}) {
  const clock = new ManualClock();
  const streams = [new PassThrough(), new PassThrough()] as const;
  const [out, err] = streams.map((stream) => new OutputStream(Object.assign(stream, { isTTY: isTerminal })));
  assert.ok(out && err);
  const render = plainText({ out, err, clock }, () => isInMemory);
  return {
    clock,
    sees: (...events: RunEvent[]): void => {
      for (const event of events) render({ ...event, at: clock.now() });
    },
    stdout: () => String(streams[0].read() ?? ''),
    stderr: () => String(streams[1].read() ?? ''),
  };
}

describe('a run for people', () => {
  it('keeps an answer whole, whatever is said in its middle', () => {
    const { sees, stdout, stderr } = person();
    sees(textOf('One '), STALLED, { type: 'phase', phase: 'generating' }, textOf('two.'), {
      type: 'usage',
      prefixShare: null,
      ...USAGE,
    });
    assert.equal(stdout(), 'One two.\n');
    assert.equal(stderr(), 'Warning: The server has sent nothing for 120 s.\n');
  });

  it('begins a new line with the next round, a call, the end, and never an empty one', () => {
    const call: RunEvent = {
      ...{ type: 'tool_call', id: '1', server: 'files', tool: 'read', arguments: {}, recovered: false },
    };
    for (const event of [{ type: 'round_start', round: 2 } as const, call, END]) {
      const { sees, stdout } = person();
      sees(textOf('One.'), event, textOf('Two.\n'), END);
      assert.equal(stdout(), 'One.\nTwo.\n', event.type);
    }
  });

  it('keeps a warning apart from the answer on the same screen', () => {
    const { sees, stderr } = person({ isTerminal: true });
    sees(STALLED, textOf('One '), STALLED);
    assert.match(stderr(), /^Warning: [^\n]+\n\nWarning: [^\n]+\n$/);
  });

  it('says every ten seconds that the prompt is still being read, and how long it may take', () => {
    const { clock, sees, stderr } = person();
    sees(reading(45_000));
    clock.advance(9_999);
    assert.equal(stderr(), '');
    clock.advance(10_001);
    assert.equal(
      stderr(),
      'Still reading the prompt (10 s of about 45 s, estimated) …\n' +
        'Still reading the prompt (20 s of about 45 s, estimated) …\n',
    );
    clock.advance(30_000);
    assert.match(stderr(), /\(40 s of about 45 s, estimated\) …\nStill reading the prompt \(50 s\) …\n$/);
    sees({ type: 'phase', phase: 'generating' });
    clock.advance(60_000);
    assert.equal(stderr(), '');
    assert.equal(clock.pending, 0);
  });

  it('has no estimate where there is none, and does not know a load from reading', () => {
    const { clock, sees, stderr } = person({ isInMemory: false });
    sees(reading(null));
    clock.advance(70_000);
    assert.match(stderr(), /Still loading the model or reading the prompt \(1 min 10 s\) …\n$/);
  });

  it('leaves no timer behind, however the run ends', () => {
    const { clock, sees } = person();
    sees(reading(null), { type: 'error', code: 'cancelled', message: 'Cancelled.', hint: null }, END);
    assert.equal(clock.pending, 0);
  });
});
