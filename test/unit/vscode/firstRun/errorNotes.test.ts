import assert from 'node:assert/strict';
import type { LogLevel } from '../../../../src/base/logger';
import { ErrorNotes } from '../../../../src/vscode/firstRun/errorNotes';

describe('the errors that the doctor is told of', () => {
  function watched() {
    const notes = new ErrorNotes(() => '2026-01-02T03:04:05.000Z');
    const lines: string[] = [];
    const log = (level: LogLevel, message: string): void => void lines.push(`${level}: ${message}`);
    const output = notes.watch({ logger: { log }, writeLine: () => undefined, show: () => undefined });
    return { notes, output, lines };
  }

  it('are the warnings and errors of the log, which has everything all the same', () => {
    const { notes, output, lines } = watched();
    for (const level of ['debug', 'info', 'warn', 'error'] as const) output.logger.log(level, `a ${level}`);
    assert.deepEqual(
      notes.all.map(({ message }) => message),
      ['a warn', 'a error'],
    );
    assert.equal(lines.length, 4);
    assert.equal(notes.all[0]?.at, '2026-01-02T03:04:05.000Z');
  });

  it('are the last twenty, short, on one line, and without credentials', () => {
    const { notes } = watched();
    for (let number = 1; number <= 25; number++) notes.note(`error ${number}`);
    assert.equal(notes.all.length, 20);
    assert.equal(notes.all.at(-1)?.message, 'error 25');
    notes.note(`sk-lm-abcdefgh:ABCDEFGHIJ\n\u202e${'x'.repeat(900)}`);
    const last = notes.all.at(-1)?.message ?? '';
    assert.match(last, /^sk-\[redacted\] �x+…$/);
    assert.equal(last.length, 500);
  });
});
