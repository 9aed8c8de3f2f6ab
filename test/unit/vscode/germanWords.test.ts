/** Words and numbers that are put into texts: they are looked up, and written as in the language, too. */
import assert from 'node:assert/strict';
import * as l10n from '@vscode/l10n';
import { writeNumbersIn } from '../../../src/base/numberText';
import type { TaskStatus } from '../../../src/vscode/tasks/taskStatus';
import type { Tasks } from '../../../src/vscode/tasks/tasks';
import { askForLoadOptions } from '../../../src/vscode/models/loadDialog';
import { describeModel, modelFacts } from '../../../src/vscode/models/modelText';
import { shownAnswer } from '../../../src/vscode/questions/elicitationInputs';
import type { ShownServer } from '../../../src/vscode/servers/serverRow';
import { rowsOf } from '../../../src/vscode/servers/serverRows';
import { TaskActions } from '../../../src/vscode/tasks/taskActions';
import { ScriptedDialogs } from '../../../src/vscode/testHooks';
import { GERMAN } from '../../support/german';
import { loaded } from '../../support/models';

const MODEL = { ...loaded('a/b', 40_960, { sizeBytes: 5_500_000_000 }), activity: 'idle' } as const;

const ANY: ShownServer = {
  spec: {
    source: { kind: 'mcp-json', file: '/p/.mcp.json', scope: 'workspace', folder: '/p' },
    ...{ name: 'files', disabled: false, inputs: [], origin: { file: '/p/.mcp.json', line: 3, column: 5 } },
    transport: { kind: 'stdio', command: 'npx', args: [], env: {}, cwd: undefined },
  },
  ...{ state: { kind: 'stopped' }, isOn: true, isTrusted: false, needsConsent: false },
  ...{ isToolOn: () => true, flagsOf: () => [], tokensOf: () => undefined },
};

describe('in a German VS Code, words and numbers within a text', () => {
  beforeEach(() => {
    l10n.config({ contents: GERMAN });
    writeNumbersIn('de');
  });

  afterEach(() => {
    l10n.config({ contents: {} });
    writeNumbersIn('en');
  });

  it('are German: how bad a problem of a file is', () => {
    const problem = { message: 'Kaputt.', server: undefined, file: '/a.json', line: 7, column: 2 } as const;
    const diagnostics = (['error', 'warning', 'info'] as const).map((severity) => ({ severity, ...problem }));
    const [row] = rowsOf({ servers: [ANY], diagnostics, now: 0, placeOf: (path) => path }).slice(-1);
    const labels = row?.children.map(({ accessibleLabel }) => accessibleLabel.split(':')[0]);
    assert.deepEqual(labels, ['Fehler', 'Warnung', 'Hinweis']);
  });

  it('are German: options of a load that are on or off, and numbers', async () => {
    const dialogs = new ScriptedDialogs();
    dialogs.answerNext(undefined);
    const options = { contextLength: 32_768, flashAttention: true, offloadKvCacheToGpu: false };
    await askForLoadOptions(MODEL, options, dialogs);
    const [pick] = dialogs.seen;
    assert.ok(pick?.kind === 'pickOne');
    assert.deepEqual(
      pick.choices.slice(1, 4).map(({ description }) => description),
      ['32.768', 'ein', 'aus'],
    );
  });

  it('are German: sizes and speeds of a model', () => {
    const speed = { tokensPerSecond: 4.25, firstByteMs: 1_250, promptTokensPerSecond: 1_410 };
    const row = describeModel(MODEL, undefined, undefined, { speed });
    assert.match(row, / 5,5 GB /);
    assert.match(row, / 4,3 /);
    const facts = modelFacts(MODEL, undefined, undefined, { speed });
    assert.match(facts, /32\.768 Tokens/);
    assert.match(facts, /1,3 s.*1\.410/);
  });

  it('are German: an answer that is an empty list', () => {
    const type = { kind: 'many', options: [], minItems: undefined, maxItems: undefined } as const;
    const field = { name: 'x', title: 'X', description: undefined, isRequired: false, default: undefined, type };
    assert.equal(shownAnswer(field, { x: [] }), '(nichts)');
  });

  it('are German: what a task does that one is asked for', async () => {
    const task: TaskStatus = {
      ...{ id: 1, runId: undefined, label: 'Eins', startedAt: 0, round: 2, activity: 'schreibt', phase: undefined },
      ...{ since: 0, server: undefined, model: undefined, pause: undefined, isWaiting: false },
    };
    const running = [task, { ...task, pause: 'pausing' as const }, { ...task, pause: 'paused' as const }];
    const dialogs = new ScriptedDialogs();
    dialogs.answerNext(undefined);
    await new TaskActions({ running } as unknown as Tasks, dialogs).cancel();
    const [pick] = dialogs.seen;
    assert.ok(pick?.kind === 'pickOne');
    assert.deepEqual(
      pick.choices.map(({ description }) => description),
      ['Runde 2, schreibt', 'Runde 2, schreibt, dann angehalten', 'Runde 2, angehalten'],
    );
  });
});
