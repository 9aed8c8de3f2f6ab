import assert from 'node:assert/strict';
import { parseCommandLine } from '../../../src/cli/options';
import { ConfigurationError } from '../../../src/base/errors';

const parse = (line: string) => parseCommandLine(line === '' ? [] : line.split(' '));

const isUsage = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ConfigurationError);
  assert.equal(error.code, 'usage');
  assert.match(error.message, pattern);
  assert.match(error.hint ?? '', /--help/);
  return true;
};

describe('the command line', () => {
  it('of a run has its defaults', () => {
    assert.deepEqual(parse('run --task hello'), {
      command: 'run',
      url: undefined,
      tokenEnv: undefined,
      json: false,
      task: { text: 'hello' },
      servers: { kind: 'none' },
      tools: [],
      resources: [],
      mcpConfig: [],
      inputEnv: new Map(),
      workspaces: [],
      model: undefined,
      maxRounds: 50,
      maxTokens: undefined,
      timeoutMs: undefined,
      approve: 'read-only',
      toolCalls: 'auto',
      journal: undefined,
      onSubstitution: 'warn',
      control: false,
    });
  });

  it('of a run may take a prompt and resources, whose servers are used', () => {
    const line = 'run --prompt a/p/q --prompt-arg x=1=2 --resource b=u://x --mcp c';
    const { task, servers, resources } = parse(line) as unknown as Record<string, unknown>;
    assert.deepEqual(task, { prompt: { server: 'a', name: 'p/q', args: { x: '1=2' } } });
    assert.deepEqual(servers, { kind: 'named', names: ['c', 'a', 'b'] });
    assert.deepEqual(resources, [{ server: 'b', uri: 'u://x' }]);
    assert.throws(() => parse('run --task x --resource b'), isUsage(/SERVER=URI/));
  });

  it('of a self-test has its options', () => {
    const common = { command: 'selftest', url: undefined, tokenEnv: undefined };
    assert.deepEqual(parse('selftest'), { ...common, json: false, model: undefined, timeoutMs: undefined });
    assert.deepEqual(parse('selftest --model m --timeout 2 --json'), {
      ...common,
      ...{ json: true, model: 'm', timeoutMs: 2000 },
    });
    assert.throws(() => parse('selftest --task x'), isUsage(/--task/));
  });

  it('of a run may say everything', () => {
    const line =
      'run --task-file t.md --mcp a --mcp b --mcp a --tool t --tool b/t --tool t --mcp-config x.json --mcp-config y.json --workspace one --workspace two ' +
      '--url http://h:1 --token-env T --model m --max-rounds 3 --max-tokens 1000 --timeout 1.5 --approve all --tool-calls prompted --journal kept ' +
      '--on-substitution stop --control --json';
    assert.deepEqual(parse(line), {
      command: 'run',
      url: 'http://h:1',
      tokenEnv: 'T',
      json: true,
      task: { file: 't.md' },
      servers: { kind: 'named', names: ['a', 'b'] },
      tools: ['t', 'b/t'],
      resources: [],
      mcpConfig: ['x.json', 'y.json'],
      inputEnv: new Map(),
      workspaces: ['one', 'two'],
      model: 'm',
      maxRounds: 3,
      maxTokens: 1000,
      timeoutMs: 1500,
      approve: 'all',
      toolCalls: 'prompted',
      journal: 'kept',
      onSubstitution: 'stop',
      control: true,
    });
    const { servers } = parse('run --task x --all-mcps') as { servers: unknown };
    assert.deepEqual(servers, { kind: 'all' });
  });

  it('of the commands about journals', () => {
    const nothing = { url: undefined, tokenEnv: undefined, json: false };
    const asBefore = { model: undefined, maxRounds: undefined, maxTokens: undefined, timeoutMs: undefined };
    assert.deepEqual(parse('resume 0a1b2c3d --journal kept'), {
      ...{
        command: 'resume',
        run: '0a1b2c3d',
        journal: 'kept',
        approve: 'read-only',
        onSubstitution: 'warn',
        control: false,
        inputEnv: new Map(),
      },
      ...nothing,
      ...asBefore,
    });
    const changed = parse('resume r --journal kept --max-rounds 9 --timeout 2 --approve all --url http://h:1 --json');
    const { maxRounds, timeoutMs, approve, url, json } = changed as unknown as Record<string, unknown>;
    assert.deepEqual([maxRounds, timeoutMs, approve, url, json], [9, 2000, 'all', 'http://h:1', true]);
    assert.deepEqual(parse('tasks --journal kept --json'), { command: 'tasks', journal: 'kept', json: true });
    assert.deepEqual(parse('show r --journal kept'), { command: 'show', run: 'r', journal: 'kept', json: false });
    assert.deepEqual(parse('discard r --journal kept').command, 'discard');
    for (const line of ['tasks', 'show r', 'resume r', 'discard r --journal='])
      assert.throws(() => parse(line), isUsage(/where the journals are/));
    for (const line of ['show', 'resume --journal kept', 'discard --journal kept'])
      assert.throws(() => parse(line), isUsage(/which task/));
    assert.throws(() => parse('resume r --journal kept --mcp x'), isUsage(/mcp/));
    for (const command of ['run --task x', 'resume r --journal kept', 'doctor']) {
      const { inputEnv } = parse(`${command} --input-env a=A --input-env b.c=B_1`) as unknown as { inputEnv: unknown };
      assert.deepEqual(
        inputEnv,
        new Map([
          ['a', 'A'],
          ['b.c', 'B_1'],
        ]),
      );
      for (const pair of ['a', '=A', 'a=', 'a=$A'])
        assert.throws(() => parse(`${command} --input-env ${pair}`), isUsage(/takes ID=NAME/));
    }
  });

  it('of models and doctor', () => {
    const common = { url: undefined, tokenEnv: undefined };
    assert.deepEqual(parse('models --json'), { command: 'models', ...common, json: true });
    assert.deepEqual(parse('doctor --mcp-config a.json'), {
      command: 'doctor',
      ...common,
      json: false,
      mcpConfig: ['a.json'],
      inputEnv: new Map(),
    });
  });

  it('asks for help or the version from anywhere', () => {
    for (const line of ['--help', '-h', 'run --help', 'nonsense --help', 'models --json -h'])
      assert.deepEqual(parse(line), { command: 'help' });
    for (const line of ['--version', 'run --version']) assert.deepEqual(parse(line), { command: 'version' });
  });

  it('takes a task that begins with a dash after an equals sign', () => {
    const command = parseCommandLine(['run', '--task=- first\n- second']);
    assert.deepEqual(command.command === 'run' && command.task, { text: '- first\n- second' });
  });

  const wrong: readonly (readonly [string, RegExp])[] = [
    ['', /No command/],
    ['fly', /no command "fly"/],
    ['run', /--task TEXT or --task-file/],
    ['run --task a --task-file b', /not both/],
    ['run --task a --mcp x --all-mcps', /not both/],
    ['run --task a b', /Unexpected argument 'b'\.$/],
    ['run --task a --speed 3', /Unknown option '--speed'\.$/],
    ['run --task', /argument missing/],
    ['run --task a --model', /argument missing/],
    ['models --task a', /Unknown option/],
    ['models --mcp-config a', /Unknown option/],
    ['doctor --json=yes', /does not take an argument/],
    ['run --task a --approve maybe', /read-only, all, none, not "maybe"/],
    ...['0', '-1', '1.5', 'x', '', '1e3', '9007199254740993'].flatMap((number): [string, RegExp][] => [
      [`run --task a --max-rounds=${number}`, /--max-rounds takes a whole number from 1/],
      [`run --task a --max-tokens=${number}`, /--max-tokens takes a whole number from 1/],
    ]),
    ...['0', '-1', 'x', '', '1e3', 'Infinity', '.5'].map((number): [string, RegExp] => [
      `run --task a --timeout=${number}`,
      /--timeout takes a number of seconds/,
    ]),
  ];
  for (const [line, pattern] of wrong) {
    it(`refuses "${line}"`, () => {
      assert.throws(() => parse(line), isUsage(pattern));
    });
  }

  it('refuses an empty task', () => {
    assert.throws(() => parseCommandLine(['run', '--task', ' \n']), isUsage(/empty/));
  });
});
