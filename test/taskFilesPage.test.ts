/** docs/task-files.md: its examples run, and its tables are those of the code. So are the arguments in other documents. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EXIT_CODES, EXIT_USAGE } from '../src/tasks/exitCodes';
import { parseDefinition } from '../src/tasks/taskDefinition';
import { parseTaskFile, type TaskFile } from '../src/tasks/taskFile';
import { INPUT_KEYS, LIMIT_KEYS, TASK_FILE_KEYS } from '../src/tasks/taskFileKeys';
import { fillInputs } from '../src/tasks/taskFileRequest';
import type { TaskRequest } from '../src/tasks/types';
import { COMMANDS } from '../src/vscode/ids';
import { parseRunArguments } from '../src/vscode/tasks/runArguments';

const ROOT = resolve(__dirname, '..');
const page = read('docs/task-files.md');
const { contributes } = JSON.parse(read('package.json')) as {
  contributes: {
    taskDefinitions: readonly { type: string; properties: Readonly<Record<string, unknown>> }[];
    problemMatchers: readonly { name: string; pattern: { regexp: string } }[];
  };
};

/** What the settings say where the arguments say nothing. */
const SETTINGS = {
  model: undefined,
  toolCalls: 'auto',
  maxRounds: 50,
  maxTokens: undefined,
  timeoutMs: undefined,
} as const;
const KINDS: Readonly<Record<string, Parameters<typeof parseRunArguments>[0]>> = {
  [COMMANDS.runWithServer]: 'one',
  [COMMANDS.runWithServers]: 'several',
  [COMMANDS.runWithAllServers]: 'all',
  [COMMANDS.runOnSelection]: 'any',
  [COMMANDS.runOnFile]: 'any',
};

type Json = Readonly<Record<string, unknown>>;

interface Keybinding {
  readonly command: string;
  readonly args: Json;
}

describe('the page about task files', () => {
  it('shows a whole file that has every key and no problem', () => {
    const text = example();
    const { problems, names } = parseTaskFile(text);
    assert.deepEqual(problems, []);
    assert.ok(names.length > 0);
    for (const key of [...TASK_FILE_KEYS, ...LIMIT_KEYS, ...INPUT_KEYS])
      assert.match(text, new RegExp(`^ *${key}:`, 'm'));
    const { limits, inputs } = exampleFile();
    assert.deepEqual(limits, { rounds: 20, tokens: 200_000, minutes: 10 });
    assert.deepEqual(
      inputs.map(({ name, default: value }) => [name, value]),
      [
        ['topic', undefined],
        ['folder', 'notes'],
      ],
    );
  });

  it('names the keys of a file and of an entry in tasks.json', () => {
    const [ofFile = [], ofEntry = []] = tables(page).filter(([head]) => head?.startsWith('| key |'));
    assert.deepEqual(keysIn(ofFile), [...TASK_FILE_KEYS]);
    const [definition] = contributes.taskDefinitions;
    assert.deepEqual(keysIn(ofEntry).sort(), Object.keys(definition?.properties ?? {}).sort());
  });

  it('shows entries of tasks.json that run, with problem matchers that exist', () => {
    const tasks = blocks(page, 'json').flatMap((one) => (one['tasks'] as readonly Json[] | undefined) ?? []);
    const known = contributes.problemMatchers.map(({ name }) => `$${name}`);
    const definitions = tasks.map(({ label, problemMatcher, ...definition }) => {
      assert.equal(typeof label, 'string');
      for (const name of problemMatcher as readonly string[]) assert.ok(known.includes(name), name);
      assert.equal(definition['type'], contributes.taskDefinitions[0]?.type);
      return parseDefinition(definition);
    });
    assert.deepEqual(
      definitions.map(({ kind }) => kind),
      ['file', 'task'],
    );
    for (const definition of definitions)
      if (definition.kind === 'file') runsTheExample(definition.path, definition.inputs);
  });

  it('tells the model of lines that the problem matcher reads', () => {
    const line = /\\"([^"]+)\\"/.exec(page)?.[1] ?? '';
    const regexp = contributes.problemMatchers.find(({ name }) => name === 'lmstudio-bridge')?.pattern.regexp ?? '';
    assert.deepEqual(new RegExp(regexp).exec(line)?.slice(1), ['notes/plan.md', '3', '1', 'warning', 'what is wrong']);
  });

  it('knows the exit codes', () => {
    const [table = []] = tables(page).filter(([head]) => head?.startsWith('| exit code |'));
    const codes = table.slice(2).map((row) => Number(/^\| (\d+)/.exec(row)?.[1]));
    assert.deepEqual(
      codes,
      [...Object.values(EXIT_CODES), EXIT_USAGE].sort((a, b) => a - b),
    );
  });

  it('has a row for each command that takes the arguments of a run', () => {
    const [table = []] = tables(page).filter(([head]) => head?.startsWith('| command |'));
    assert.deepEqual(keysIn(table), Object.keys(KINDS));
  });
});

describe('the arguments of run commands in the documents', () => {
  for (const file of ['README.md', 'docs/task-files.md', 'docs/multi-model.md']) {
    it(`are taken as they stand in ${file}`, () => {
      const bindings = blocks(read(file), 'json').flatMap(keybindingOf);
      assert.ok(bindings.length > 0);
      for (const { command, args } of bindings) {
        if (command === COMMANDS.runTaskFile) runsTheExample(args['file'], args['inputs']);
        else assert.notEqual(requestOf(command, args).task, '');
      }
    });
  }
});

function requestOf(command: string, args: unknown): TaskRequest {
  const kind = KINDS[command];
  assert.ok(kind, command);
  return parseRunArguments(kind, args, () => SETTINGS);
}

/** The inputs that are given for the example are those that it has. */
function runsTheExample(path: unknown, inputs: unknown): void {
  assert.ok(typeof path === 'string' && page.includes(`\`${path}\`:`));
  fillInputs(exampleFile(), inputs as Readonly<Record<string, string>>);
}

function example(): string {
  return /```markdown\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
}

function exampleFile(): TaskFile {
  const { file } = parseTaskFile(example());
  assert.ok(file);
  return file;
}

/** The objects of all blocks of this language; what is a line out of a file is none. */
function blocks(text: string, language: string): readonly Json[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))]
    .map(([, code]) => code ?? '')
    .filter((code) => /^[[{]/.test(code))
    .flatMap((code) => JSON.parse(code) as Json | readonly Json[]);
}

function keybindingOf({ command, args }: Json): readonly Keybinding[] {
  return typeof command === 'string' && args !== undefined ? [{ command, args: args as Json }] : [];
}

/** Each as its lines. */
function tables(text: string): readonly (readonly string[])[] {
  return [...text.matchAll(/(?:^\|.*\n)+/gm)].map(([table]) => table.trimEnd().split('\n'));
}

/** What stands between backticks in the first column. */
function keysIn(table: readonly string[]): string[] {
  return table
    .slice(2)
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, key]) => key ?? ''));
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}
