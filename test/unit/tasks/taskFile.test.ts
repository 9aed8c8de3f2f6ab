import assert from 'node:assert/strict';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { parseTaskFile, type TaskFile } from '../../../src/tasks/taskFile';
import { fillInputs, requestOf } from '../../../src/tasks/taskFileRequest';
import { APPROVAL_POLICIES } from '../../../src/policy/approvalPolicy';

const lines = (...all: string[]): string => all.join('\n');

function parsed(text: string): TaskFile {
  const { file, problems } = parseTaskFile(text);
  assert.ok(file, JSON.stringify(problems));
  return file;
}

/** `line:column-line:column severity: message` */
function told(text: string): string[] {
  return parseTaskFile(text).problems.map(
    ({ severity, message, line, column, end }) => `${line}:${column}-${end.line}:${end.column} ${severity}: ${message}`,
  );
}

const WHOLE = lines(
  '---',
  'servers: [filesystem, "git hub"]',
  'model: qwen/qwen3-8b',
  'tools:',
  '  - write_file',
  '  - filesystem/read_file',
  'limits:',
  '  rounds: 12',
  '  tokens: 50000',
  '  minutes: 1.5',
  'approval: ask-always',
  'inputs:',
  '  topic: What to write about',
  '  length:',
  '    description: How long',
  '    default: 3',
  '  tone:',
  '---',
  '',
  'Write about ${input:topic}, ${input:length} pages, ${input:tone}.',
  '',
);

describe('a task file', () => {
  it('says what to do, with what, and within what', () => {
    assert.deepEqual(parsed(WHOLE), {
      text: 'Write about ${input:topic}, ${input:length} pages, ${input:tone}.',
      servers: { kind: 'named', names: ['filesystem', 'git hub'] },
      model: 'qwen/qwen3-8b',
      tools: ['write_file', 'filesystem/read_file'],
      limits: { rounds: 12, tokens: 50_000, minutes: 1.5 },
      approval: 'ask-always',
      inputs: [
        { name: 'topic', description: 'What to write about', default: undefined },
        { name: 'length', description: 'How long', default: '3' },
        { name: 'tone', description: undefined, default: undefined },
      ],
    });
    assert.deepEqual(told(WHOLE), []);
  });

  it('needs no front matter, and one without lines is none', () => {
    for (const text of [
      'Say hello.',
      '---\n---\nSay hello.',
      '---\n# nothing\n---\nSay hello.\n',
      '\ufeffSay hello.',
    ]) {
      const file = parsed(text);
      assert.equal(file.text, 'Say hello.');
      assert.deepEqual(file.servers, { kind: 'none' });
    }
  });

  it('reads the same with the line breaks and the mark of Windows', () => {
    assert.deepEqual(parsed(`\ufeff${WHOLE.replaceAll('\n', '\r\n')}`), parsed(WHOLE));
  });

  it('takes "all", "none", a name alone and an empty list as servers', () => {
    const servers = (value: string) => parsed(`---\nservers: ${value}\n---\nx`).servers;
    assert.deepEqual(servers('all'), { kind: 'all' });
    assert.deepEqual(servers('none'), { kind: 'none' });
    assert.deepEqual(servers('files'), { kind: 'named', names: ['files'] });
    assert.deepEqual(servers('[]'), { kind: 'none' });
    assert.deepEqual(servers('[a, b, a]'), { kind: 'named', names: ['a', 'b'] });
  });

  it('tells where it names servers and a model', () => {
    const { names } = parseTaskFile(WHOLE);
    assert.deepEqual(
      names.map(({ kind, name, line, column, end }) => `${kind} ${name} ${line}:${column}-${end.column}`),
      ['server filesystem 2:11-21', 'server git hub 2:23-32', 'model qwen/qwen3-8b 3:8-21'],
    );
    assert.deepEqual(parseTaskFile('---\nservers: all\n---\nx').names, []);
    assert.equal(parseTaskFile('---\nservers: [all]\nfoo: 1\n---\nx').names.length, 1);
  });

  it('leaves a line "---" in the text alone', () => {
    assert.equal(parsed('---\nmodel: m\n---\none\n---\ntwo').text, 'one\n---\ntwo');
  });

  it('says of every slip where it is, what it is, and what may have been meant', () => {
    const cases: readonly (readonly [string, string])[] = [
      ['server: all', '2:1-2:7 error: "server" is not known in front matter. Did you mean "servers"?'],
      [
        'colour: red',
        '2:1-2:7 error: "colour" is not known in front matter. Known are "servers", "model", "tools", "limits", "approval", "inputs".',
      ],
      ['aproval: ask', '2:1-2:8 error: "aproval" is not known in front matter. Did you mean "approval"?'],
      [
        'approval: ask-alway',
        '2:11-2:20 error: "ask-alway" is no value of "approval". Did you mean "ask-always" or "ask"?',
      ],
      ['approval: 3', '2:11-2:12 error: "approval" must be a text.'],
      ['model:', '2:7-2:7 error: "model" must be a text.'],
      ['servers: [1]', '2:10-2:13 error: "servers" must be a list of names, or one of the words "all" and "none".'],
      ['limits: 3', '2:9-2:10 error: "limits" must hold "rounds", "tokens", "minutes", each on a line of its own.'],
      ['limits: { round: 3 }', '2:11-2:16 error: "round" is not known in "limits". Did you mean "rounds"?'],
      ['limits: { rounds: 0 }', '2:19-2:20 error: "rounds" must be a whole number above 0.'],
      ['limits: { rounds: 1.5 }', '2:19-2:22 error: "rounds" must be a whole number above 0.'],
      ['limits: { minutes: -1 }', '2:20-2:22 error: "minutes" must be a number above 0.'],
      ['inputs: [a]', '2:9-2:12 error: "inputs" must hold a name on each line, such as "topic: What to write about".'],
      ['- model', '2:1-2:8 error: The front matter must be lines of the form "key: value".'],
    ];
    for (const [front, expected] of cases) {
      assert.deepEqual(told(`---\n${front}\n---\nDo it.`), [expected]);
      assert.equal(parseTaskFile(`---\n${front}\n---\nDo it.`).file, undefined, front);
    }
  });

  it('says where the YAML itself is broken', () => {
    const [problem] = parseTaskFile('---\nmodel: a\nmodel: b\n---\nx').problems;
    assert.match(problem?.message ?? '', /no valid YAML: Map keys must be unique/);
    assert.equal(problem?.line, 3);
    assert.match(told('---\nmodel: [a\n---\nx')[0] ?? '', /no valid YAML/);
  });

  it('says so where the front matter has no end, and where there is nothing to do', () => {
    assert.deepEqual(told('---\nmodel: a\n'), [
      '1:1-1:4 error: The front matter has no end: close it with a line "---".',
    ]);
    assert.deepEqual(told('---\nmodel: a\n---\n \n'), [
      '5:1-5:1 error: The task is missing: write below the front matter what to do.',
    ]);
  });

  it('compares the inputs with their uses', () => {
    const text = (front: string, body: string) => `---\ninputs:\n  ${front}\n---\n${body}`;
    assert.deepEqual(told(text('topic: What', 'About ${input:topc}.')), [
      '3:3-3:8 warning: The input "topic" is not used: the text names it as ${input:topic}.',
      '5:7-5:20 error: There is no input "topc" in the front matter. Did you mean "topic"?',
    ]);
    assert.deepEqual(told('About ${input:a}.'), ['1:7-1:17 error: There is no input "a" in the front matter.']);
    assert.deepEqual(told(text('to pic: What', '${input:to pic}')), [
      '3:3-3:9 error: The name "to pic" may hold letters, digits, "_", "-" and "." only.',
    ]);
    assert.deepEqual(told(text('a: { defalt: x }', '${input:a}')), [
      '3:8-3:14 error: "defalt" is not known in the input "a". Did you mean "default"?',
    ]);
  });

  it('never throws, and points into the file, whatever it is given', () => {
    const bit = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '---\n',
        '\r\n',
        'servers:',
        'inputs:\n  a: ',
        '- ',
        '[',
        '{',
        '&a ',
        '*a',
        '<<: ',
        '${input:',
        '}',
        '!!x ',
      ),
    );
    fc.assert(
      fc.property(fc.array(bit, { maxLength: 30 }), fc.boolean(), (bits, isFramed) => {
        const text = isFramed ? `---\n${bits.join('')}\n---\nx` : bits.join('');
        const { file, problems } = parseTaskFile(text);
        assert.equal(
          file === undefined,
          problems.some(({ severity }) => severity === 'error'),
        );
        const all = text.split(/\r\n|\r|\n/);
        for (const { line, column, end } of problems) {
          for (const place of [{ line, column }, end]) {
            assert.ok(place.line >= 1 && place.line <= all.length, `${place.line} of ${all.length}`);
            assert.ok(place.column >= 1 && place.column <= (all[place.line - 1] ?? '').length + 2);
          }
        }
      }),
      { numRuns: 1000 },
    );
    assert.equal(parseTaskFile(`---\n${'['.repeat(19_000)}\n---\nx`).file, undefined);
    assert.match(told(`---\n${'['.repeat(50_000)}\n---\nx`).join(''), /^2:1-2:1 error: The front matter is longer/);
  });

  it('reads back what was written', () => {
    const word = fc.stringMatching(/^[\p{L}\p{N}_./-]{1,20}$/u);
    const name = fc.stringMatching(/^[a-z_][a-z0-9_-]{0,8}$/);
    const words = fc
      .string({ minLength: 1, unit: 'grapheme' })
      .filter((text) => text.trim() !== '' && !/[\u0085\u2028\u2029\r]/.test(text));
    const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
    const front = fc.record({
      servers: maybe(fc.oneof(fc.constantFrom('all', 'none'), fc.uniqueArray(words, { minLength: 1 }))),
      model: maybe(words),
      tools: maybe(fc.uniqueArray(word, { minLength: 1 })),
      limits: maybe(
        fc.record({
          rounds: maybe(fc.integer({ min: 1 })),
          tokens: maybe(fc.integer({ min: 1 })),
          minutes: maybe(fc.double({ min: 0.01, max: 1e6, noNaN: true })),
        }),
      ),
      approval: maybe(fc.constantFrom(...APPROVAL_POLICIES)),
      inputs: fc.dictionary(name, fc.record({ description: words, default: maybe(fc.string()) }), { maxKeys: 4 }),
    });
    fc.assert(
      fc.property(front, (given) => {
        const body = ['Do it.', ...Object.keys(given.inputs).map((input) => `\${input:${input}}`)].join('\n');
        const file = parsed(`---\n${stringify(given, { keepUndefined: false })}---\n${body}`);
        const servers = Array.isArray(given.servers)
          ? { kind: 'named', names: given.servers }
          : { kind: given.servers ?? 'none' };
        assert.deepEqual(file, {
          text: body,
          servers,
          model: given.model,
          tools: given.tools ?? [],
          limits: { rounds: undefined, tokens: undefined, minutes: undefined, ...given.limits },
          approval: given.approval,
          inputs: Object.entries(given.inputs).map(([input, said]) => ({
            name: input,
            description: said.description,
            default: said.default,
          })),
        });
      }),
    );
  });
});

describe('a task file that runs', () => {
  const person = { model: 'mine', toolCalls: 'auto', maxRounds: 50, maxTokens: undefined, timeoutMs: 60_000 } as const;

  it('narrows the limits of the settings and never widens them', () => {
    const request = requestOf(fillInputs(parsed(WHOLE), { topic: 'cats', tone: 'dry' }), person);
    assert.equal(request.task, 'Write about cats, 3 pages, dry.');
    assert.equal(request.model, 'qwen/qwen3-8b');
    assert.equal(request.maxRounds, 12);
    assert.equal(request.maxTokens, 50_000);
    assert.equal(request.timeoutMs, 60_000);
    assert.equal(request.approval, 'ask-always');
    const wide = requestOf(fillInputs(parsed('---\nlimits: {rounds: 99, tokens: 9, minutes: 0.5}\n---\nx'), {}), {
      ...person,
      maxTokens: 5,
    });
    assert.deepEqual([wide.maxRounds, wide.maxTokens, wide.timeoutMs, wide.model], [50, 5, 30_000, 'mine']);
    assert.ok(!('approval' in wide) && !('tools' in wide));
  });

  it('takes a value as it is, whatever stands in it', () => {
    const file = parsed('---\ninputs: {a: A, b: B}\n---\n${input:a} ${input:b} $1');
    assert.equal(fillInputs(file, { a: '${input:b} $&', b: 'B' }).text, '${input:b} $& B $1');
  });

  it('says which value is missing, and which is one too many', () => {
    const file = parsed(WHOLE);
    assert.throws(() => fillInputs(file, { topic: 'cats' }), /input "tone" .* no value/);
    assert.throws(() => fillInputs(file, { topic: 'a', tone: 'b', toString: 'c' }), /no input "toString"/);
    assert.throws(() => fillInputs(parsed('---\ninputs: {constructor: }\n---\n${input:constructor}'), {}), /no value/);
  });
});
