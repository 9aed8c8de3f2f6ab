/** What the doctor and the self-test write for a person whose editor speaks German: no word of it is English. */
import assert from 'node:assert/strict';
import { errorMessage } from '../../../src/base/errors';
import { type FindingId, FINDINGS } from '../../../src/tasks/doctorCatalogue';
import type { DoctorFacts } from '../../../src/tasks/doctorFacts';
import { findingsOf } from '../../../src/tasks/doctorFindings';
import { doctorReport } from '../../../src/tasks/doctorReport';
import { transportWords } from '../../../src/tasks/doctorSecrets';
import { fitnessDocument } from '../../../src/tasks/fitnessDocument';
import { type ProbeReason, PROBES, type ProbeStatus, VERDICTS, type Verdict } from '../../../src/tasks/fitnessProbes';
import { parseTaskFile } from '../../../src/tasks/taskFile';
import { APPROVAL_POLICIES } from '../../../src/policy/approvalPolicy';
import { parseDefinition } from '../../../src/tasks/taskDefinition';
import { INPUT_KEYS, LIMIT_KEYS, TASK_FILE_KEYS } from '../../../src/tasks/taskFileKeys';
import { CASES } from '../../support/doctorCases';
import { healthy, healthyServer, mcpServer, otherServer } from '../../support/doctorFacts';
import { GERMAN, germanLines, inGerman } from '../../support/german';
import { loaded, model } from '../../support/models';

/** Each command is called by its remedy alone, so that it can be told from a text. */
const report = (facts: DoctorFacts) => (): string => doctorReport(facts, findingsOf(facts), (remedy) => `/${remedy}`);

/** Everything that a report can say and that no finding brings with it. */
const STATES = ['disabled', 'switched off', 'stopped', 'starting', 'ready', 'failed'] as const;
const MORE: readonly DoctorFacts[] = [
  healthy({
    mcp: {
      servers: [
        ...STATES.map((state) => mcpServer({ state, tail: ['1', '2'] })),
        ...[true, false].map((isTrusted) => mcpServer({ isTrusted, needsConsent: true, tools: 1, startMs: undefined })),
        mcpServer({
          isTrusted: false,
          transport: '/x',
          failure: { code: 'mcp-start-failed', message: '1.', hint: '2.' },
        }),
      ],
      diagnostics: (['error', 'warning', 'info'] as const).map((severity) => ({
        ...{ severity, message: '1.', server: undefined, file: '/a.json', line: 7, column: 2 },
      })),
    },
    models: {
      ...{ chosen: 'a/b', selfTest: 'no' },
      list: [
        loaded('a/b', 32_768, { toolUse: false }),
        model('e/f', { toolUse: true }),
        model('i/j', { instances: null }),
        model('k/l', { instances: [], isLoading: true }),
      ],
      speeds: new Map([['a/b', { firstByteMs: 12, tokensPerSecond: 3, promptTokensPerSecond: null }]]),
    },
    settings: { changed: [{ key: '/key', value: '"/value"' }], problems: [] },
    journals: { folder: '/j', bytes: 1, count: 1, interrupted: 0 },
    errors: [{ at: '2026', message: '1.' }],
    timings: (['done', 'failed', 'late'] as const).map((end) => ({ what: '/x', ms: 12, end })),
  }),
  healthy({
    otherServers: [
      otherServer({ root: '', answer: { kind: 'failed', code: 'usage', message: '1.', hint: '2.' } }),
      otherServer({ answer: { kind: 'online', latencyMs: 1, models: 1 } }),
    ],
    server: {
      ...healthyServer(),
      ...{ isConfigured: true, hasToken: true, otherAddress: 'http://127.0.0.1:4321' },
      answer: {
        kind: 'online',
        path: '/api/v0/models',
        latencyMs: 1,
        skipped: 2,
        isLmStudio: true,
        loadsJustInTime: false,
      },
    },
    models: { ...{ list: [], chosen: undefined, selfTest: undefined }, speeds: new Map() },
    mcp: { servers: [], diagnostics: [] },
    journals: undefined,
  }),
  healthy({
    server: {
      ...healthyServer(),
      answer: {
        kind: 'online',
        path: '/v1/models',
        latencyMs: 1,
        skipped: 0,
        isLmStudio: false,
        loadsJustInTime: null,
      },
    },
    editor: { ...healthy().editor, remote: '/ssh', isTrusted: false },
  }),
];

/** Names of others, and what is the same in every language. */
const DATA = [
  ...[
    'LM Studio Bridge',
    'Visual Studio Code',
    'linux',
    'It failed.',
    'Odd.',
    'Oh.',
    'The setting x must be a number.',
  ],
  ...[
    'MCP server "x" ended.',
    'MCP server "x" is denied by the settings.',
    'Workspace',
    'npx, 2 arguments',
    'files',
    'gpu',
  ],
  ...['Journals', 'Model server', 'ssh-remote', 'gone/away', 'e/mbed', 'bad-response', 'mcp-start-failed'],
  ...['server-unreachable', 'server-timeout', 'wrong-server', 'auth-required', 'usage', ...Object.keys(FINDINGS)],
].sort((a, b) => b.length - a.length);

/** A word of the line that is neither a name, nor a place, nor a unit. */
function wordsLeft(line: string): string | undefined {
  const rest = DATA.reduce((text, data) => text.replaceAll(data, ''), line)
    .replaceAll(/\S*\/\S*/g, '')
    .replaceAll(/\d[\d.]* (?:ms|s|MB|x64)\b/g, '')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '');
  return /\p{L}{2,}/u.exec(rest)?.[0];
}

const OURS = new Set(Object.values(GERMAN));

function assertGerman(write: () => string): void {
  for (const { text, isFixed, stray } of germanLines(write)) {
    assert.equal(wordsLeft(stray), undefined, text);
    if (!isFixed) continue;
    const fixed = text.replace(/^(?:#+ |- |\d+\. )/, '');
    assert.ok(OURS.has(fixed), text);
    if (fixed.includes(' ')) assert.notEqual(GERMAN[fixed], fixed, 'not translated');
  }
}

describe('the report of the doctor in German', () => {
  for (const id of Object.keys(FINDINGS) as FindingId[]) {
    it(`has no English word where it finds ${id}`, () => {
      assertGerman(report(CASES[id]));
      assert.ok(inGerman(report(CASES[id])).includes(`(\`${id}\`)`));
    });
  }

  it('has none in its facts either', () => {
    for (const facts of MORE) assertGerman(report(facts));
  });

  it('reads as a person would write it', () => {
    const lines = inGerman(report(CASES['server-unreachable'])).split('\n');
    for (const line of [
      '# LM-Studio-Diagnose',
      '## Was als Nächstes zu tun ist',
      '1. Fehler: Unter http://127.0.0.1:1234 antwortet kein Modellserver. Was hilft: **/ask-again** (`server-unreachable`)',
      '- Wo: dieser Computer',
      '- Adresse: http://127.0.0.1:1234 (auf diesem Computer gesucht)',
      '- Antwort: keine (server-unreachable). It failed.',
      '- Zustand: bereit, 2 Werkzeuge, in 0.3 s gestartet',
      '- Einwilligung: darf starten, vertrauenswürdig',
    ])
      assert.ok(lines.includes(line), `${line}\n---\n${lines.join('\n')}`);
  });

  it('says in German how a server is reached', () => {
    const stdio = (args: readonly string[]) => () =>
      transportWords({ kind: 'stdio', command: '/x', args, env: { A: '1' }, cwd: undefined });
    assert.equal(inGerman(stdio(['1'])), '/x, 1 Argument, setzt A');
    assert.equal(inGerman(stdio([])), '/x, 0 Argumente, setzt A');
    const http = (url: string) => () => transportWords({ kind: 'http', url, headers: { B: '1' }, protocol: 'auto' });
    assert.equal(inGerman(http('${input:x}')), 'eine Adresse mit Variablen, Kopfzeilen B');
  });
});

describe('the document of a self-test in German', () => {
  const write = (verdict: Verdict, status: ProbeStatus, reason: ProbeReason | null, recovered: number) => (): string =>
    fitnessDocument(
      {
        ...{ model: 'a/b', variant: null, quantization: null, verdict, durationMs: 6_000, testedAt: '2026' },
        probes: PROBES.map(({ name }) => ({ name, rounds: 2, durationMs: 1_200, status, reason, recovered })),
      },
      'http://127.0.0.1:1234',
    );
  const reasons: readonly (ProbeReason | null)[] = [
    ...(['no-call', 'call-as-text', 'bad-arguments', 'gave-up', 'incomplete', 'wrong-answer'] as const),
    ...(['one-by-one', 'refused', 'time', null] as const),
  ];

  for (const verdict of VERDICTS) {
    it(`has no English word where the verdict is ${verdict}`, () => {
      for (const status of ['pass', 'partly', 'fail', 'unfinished'] as const)
        for (const reason of reasons)
          for (const recovered of [0, 1, 2]) assertGerman(write(verdict, status, reason, recovered));
    });
  }

  it('reads as a person would write it', () => {
    const lines = inGerman(write('reliable', 'pass', null, 0)).split('\n');
    assert.equal(lines[0], '# Selbsttest von a/b');
    assert.ok(lines.includes('**Zuverlässig, 5 von 5 Proben in 6.0 s.**'));
    assert.ok(lines.some((line) => line.startsWith('1. Verbinden Sie einen MCP-Server')));
  });
});

describe('the problems of task files in German', () => {
  /** Keys and values, which are the same in every language. */
  const known = new Set([
    ...[...TASK_FILE_KEYS, ...LIMIT_KEYS, ...INPUT_KEYS, ...APPROVAL_POLICIES].flatMap((key) => key.split('-')),
    ...['task', 'taskFile', 'input', 'modl', 'servrs'],
  ]);
  const assertNoWords = (stray: string, text: string): void => {
    assert.deepEqual(
      [...stray.matchAll(/\p{L}{2,}/gu)].map(String).filter((word) => !known.has(word)),
      [],
      text,
    );
  };

  it('have no English word', () => {
    const files = [
      '---\nservers: all',
      '---\n- a\n---\nx',
      '---\nservers: 3\nmodel: [a]\ntools: 3\nlimits: 3\napproval: b\ninputs: 3\n---\n',
      '---\nlimits:\n  rounds: 1.5\n  minutes: no\n  x: 1\n? [a]\n: b\ninputs:\n  a b: 3\n  c:\n    d: 1\nservrs: all\n---\n${input:q}',
      '---\ninputs:\n  c: "1"\n---\nx',
      `---\n${'#'.repeat(20_001)}\n---\nx`,
    ];
    for (const file of files) {
      const write = (): string =>
        parseTaskFile(file)
          .problems.map(({ message }) => message)
          .join('\n');
      assert.notEqual(inGerman(write), '', file);
      for (const { text, stray } of germanLines(write)) assertNoWords(stray, text);
    }
  });

  it('have none in tasks.json', () => {
    const definitions: readonly unknown[] = [
      ...[3, {}, { task: 'x', modl: 'y' }, { taskFile: 3 }, { taskFile: 'a', model: 'b' }, { taskFile: 'a', b: 'c' }],
      ...[
        { taskFile: 'a', inputs: 3 },
        { task: 'x', model: 3 },
      ],
    ];
    for (const definition of definitions) {
      const write = (): string => {
        try {
          parseDefinition(definition);
          return assert.fail(JSON.stringify(definition));
        } catch (error) {
          return errorMessage(error);
        }
      };
      assert.match(inGerman(write), /Aufgabe|Datei/);
      for (const { text, stray } of germanLines(write)) assertNoWords(stray, text);
    }
  });
});
