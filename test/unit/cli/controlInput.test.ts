import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { type ControlLine, followControl, readControlLine } from '../../../src/cli/controlInput';
import { TaskControl } from '../../../src/tasks/runControl';
import { ManualClock } from '../../support/manualClock';

describe('a line on stdin', () => {
  const forms: fc.Arbitrary<ControlLine> = fc.oneof(
    fc
      .string({ unit: 'binary' })
      .filter((text) => text.trim() !== '')
      .map((text) => ({ type: 'message' as const, text })),
    fc.constantFrom('pause' as const, 'continue' as const, 'cancel' as const).map((type) => ({ type })),
  );

  it('is read where it is one of the four, and never throws', () => {
    fc.assert(fc.property(forms, (form) => assert.deepEqual(readControlLine(JSON.stringify(form)), form)));
    fc.assert(fc.property(fc.string(), (text) => assert.equal(readControlLine(`${text}x`), undefined)));
    for (const bad of ['', '{', '[]', 'null', '{"type":"stop"}', '{"type":"message"}', '{"type":"message","text":" "}'])
      assert.equal(readControlLine(bad), undefined, bad);
  });

  it('arrives whole however its bytes come, and a bad one costs only itself', async () => {
    const junk = fc.constantFrom('{', 'hello', '{"type":"message","text":5}', '{"type":"nothing"}');
    const line = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text.trim() !== ''),
      junk.map((text) => ({ junk: text })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.integer({ min: 1, max: 40 }), fc.boolean(), async (lines, size, isEnded) => {
        const control = new TaskControl();
        const warnings: string[] = [];
        control.onEvent((event) => {
          if (event.type === 'warning') warnings.push(event.code);
        });
        const input = new PassThrough();
        const cancel = (): never => assert.fail('nobody cancelled');
        const clock = new ManualClock();
        const following = followControl(input, { control, cancel, clock });
        const wire = lines.map((each) =>
          typeof each === 'string' ? JSON.stringify({ type: 'message', text: each }) : each.junk,
        );
        const bytes = Buffer.from(wire.join('\n') + (isEnded ? '\n' : ''));
        for (let at = 0; at < bytes.length; at += size) input.write(bytes.subarray(at, at + size));
        const over = new Promise((resolve) => input.on('end', resolve));
        input.end();
        await over;
        const texts = lines.filter((each) => typeof each === 'string');
        assert.deepEqual(
          control.takeUnheard(),
          texts.map((each) => each.trim()),
        );
        assert.equal(warnings.length, lines.length - texts.length);
        following.dispose();
        assert.equal(clock.pending, 0);
      }),
      { numRuns: 50 },
    );
  });

  it('of more than a megabyte is left out, and the next one counts', async () => {
    const control = new TaskControl();
    const warnings: string[] = [];
    control.onEvent((event) => {
      if (event.type === 'warning') warnings.push(event.message);
    });
    const input = new PassThrough();
    followControl(input, { control, cancel: () => undefined, clock: new ManualClock() });
    input.write(`${JSON.stringify({ type: 'message', text: 'x'.repeat(1_000_001) })}\n{"type":"pause"}\n`);
    const over = new Promise((resolve) => input.on('end', resolve));
    input.end();
    await over;
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /it has 10\d+ bytes$/);
    assert.equal(control.isPaused, true);
  });
});
