import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatCommandLine, parseCommandLine } from '../../../src/mcp/commandLine';

const argvOf = (line: string): readonly string[] => {
  const parsed = parseCommandLine(line);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.problem);
  return parsed.argv;
};

describe('a command line', () => {
  it('is taken apart at blanks, and quotes keep together', () => {
    assert.deepEqual(argvOf(`  npx -y  "@scope/a b" 'c "d"' e"f"g ""`), [
      'npx',
      '-y',
      '@scope/a b',
      'c "d"',
      'efg',
      '',
    ]);
    assert.deepEqual(argvOf(`node "say \\"hi\\"" it\\'s a\\ b`), ['node', 'say "hi"', "it's", 'a b']);
  });

  it('leaves the paths of Windows whole', () => {
    assert.deepEqual(argvOf(String.raw`C:\tools\server.exe "C:\My Files" \\host\share`), [
      String.raw`C:\tools\server.exe`,
      String.raw`C:\My Files`,
      String.raw`\\host\share`,
    ]);
  });

  it('takes what stands before it as variables, and the home folder as a variable', () => {
    assert.deepEqual(parseCommandLine(`A=1 B_2="x y" run C=3`), {
      ok: true,
      env: { A: '1', B_2: 'x y' },
      argv: ['run', 'C=3'],
    });
    assert.deepEqual(argvOf(`'A=1' run`), ['A=1', 'run'], 'a quoted word is no variable');
    assert.deepEqual(argvOf(`run ~/notes "~/notes" a~`), ['run', '${userHome}/notes', '~/notes', 'a~']);
    assert.deepEqual(parseCommandLine('A=1'), { ok: true, env: { A: '1' }, argv: [] });
  });

  it('refuses what only a shell could do, and a quote that is not closed', () => {
    for (const operator of ['|', '&&', '||', ';', '>', '<', '`', '$('] as const) {
      const parsed = parseCommandLine(`run ${operator} x`);
      assert.ok(!parsed.ok && parsed.problem.startsWith(`No shell runs the command, so ${operator} does nothing.`));
      assert.deepEqual(argvOf(`run '${operator} x'`), ['run', `${operator} x`]);
    }
    assert.deepEqual(parseCommandLine(`run "x`), { ok: false, problem: 'A quote is not closed: " is missing.' });
  });

  it('is what its words are written as, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (argv) => {
        assert.deepEqual(parseCommandLine(formatCommandLine(argv)), { ok: true, env: {}, argv });
      }),
    );
    const spiky = fc.string({ unit: fc.constantFrom('"', "'", '\\', ' ', '~', '/', '=', 'A', '|', '$', '(', '\n') });
    fc.assert(
      fc.property(fc.array(spiky, { minLength: 1 }), (argv) => {
        assert.deepEqual(argvOf(formatCommandLine(argv)), argv);
      }),
      { numRuns: 2000 },
    );
  });

  it('never throws, and never makes up characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (line) => {
        const parsed = parseCommandLine(line);
        if (!parsed.ok) return;
        const words = parsed.argv.map((word) => word.replace('${userHome}', '~'));
        for (const character of words.join(''))
          assert.ok(line.includes(character) || '${userHome}'.includes(character));
      }),
    );
  });
});
