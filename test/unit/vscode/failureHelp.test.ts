import assert from 'node:assert/strict';
import { ERROR_CODES } from '../../../src/base/errors';
import { HELP_BY_CODE, helpPlan, taskHelpPlan } from '../../../src/vscode/failureHelp';
import { SETTING_DEFAULTS } from '../../../src/vscode/ids';
import { settingProblem } from '../../../src/vscode/settings/settingRules';
import { inGerman } from '../../support/german';

describe('the help for a failure', () => {
  it('is settled for every code: an act, or why nobody is told of it', () => {
    assert.deepEqual(Object.keys(HELP_BY_CODE).sort(), [...ERROR_CODES].sort());
    for (const code of ERROR_CODES) {
      const help = HELP_BY_CODE[code];
      if ('untold' in help) assert.match(help.untold, /^[A-Z].+\.$/);
      else if (help.act === 'setting') assert.ok('setting' in help && help.setting in SETTING_DEFAULTS, code);
      assert.ok(helpPlan(code, '').act, 'and where it is told all the same, there is one');
    }
  });

  it('runs or resumes a task where one ended, and elsewhere asks the server', () => {
    const limits = { maxRounds: 50, maxTokens: undefined, timeoutMs: undefined };
    const ofTask = (code: 'rate-limited' | 'server-timeout' | 'stream-interrupted' | 'internal' | null) =>
      taskHelpPlan(code, '', limits, limits).act;
    assert.equal(ofTask('server-timeout'), 'retry');
    for (const code of ['rate-limited', 'stream-interrupted'] as const) assert.equal(ofTask(code), 'resume', code);
    for (const code of ['server-timeout', 'rate-limited', 'stream-interrupted'] as const)
      assert.deepEqual(helpPlan(code, ''), { act: 'refresh' }, code);
    assert.deepEqual([ofTask('internal'), ofTask(null)], ['show', 'show']);
  });

  it('opens the setting of a limit only where that was the limit', () => {
    const set = { maxRounds: 50, maxTokens: undefined, timeoutMs: 600_000 };
    const act = (
      code: 'limit-rounds' | 'limit-tokens' | 'limit-time',
      own: Partial<typeof set> | { maxTokens: number },
    ) => taskHelpPlan(code, '', { ...set, ...own }, set);
    assert.deepEqual(act('limit-rounds', {}), { act: 'setting', setting: 'task.maxRounds' });
    assert.deepEqual(act('limit-time', { maxRounds: 3 }), { act: 'setting', setting: 'task.timeoutMinutes' });
    assert.deepEqual(act('limit-rounds', { maxRounds: 3 }), { act: 'show' });
    assert.deepEqual(act('limit-tokens', { maxTokens: 1_000 }), { act: 'show' });
    assert.deepEqual(act('limit-time', { timeoutMs: 1_000 }), { act: 'show' });
  });

  it('starts a server of this computer, and corrects the address of another', () => {
    const help = (where: string) => helpPlan('server-unreachable', `No model server answers at ${where} (refused).`);
    for (const local of ['http://127.0.0.1:1234', 'http://localhost:1234', 'http://[::1]:80', 'http://localhost'])
      assert.deepEqual(help(local), { act: 'startServer' }, local);
    for (const other of ['http://10.0.0.1:1234', 'http://localhost.example.com:1', 'http://127.example.com'])
      assert.deepEqual(help(other), { act: 'setting', setting: 'server.url' }, other);
  });

  it('opens the place that the sentence names', () => {
    assert.deepEqual(helpPlan('mcp-config', '/w/my project/.mcp.json:3:5: Unknown key.'), {
      ...{ act: 'place', file: '/w/my project/.mcp.json', line: 3, column: 5 },
    });
    assert.deepEqual(helpPlan('mcp-config', 'See C:\\w\\mcp.json:7.'), {
      ...{ act: 'place', file: 'C:\\w\\mcp.json', line: 7, column: 1 },
    });
    for (const none of ['No file at all.', 'http://127.0.0.1:80/x.json', 'relative/.mcp.json:3'])
      assert.deepEqual(helpPlan('mcp-config', none), { act: 'mcpConfig' }, none);
  });

  it('opens the setting that the sentence names', () => {
    assert.deepEqual(helpPlan('usage', 'The setting lmstudioBridge.task.maxRounds must be a number.'), {
      ...{ act: 'setting', setting: 'task.maxRounds' },
    });
    const inGermanToo = inGerman(() => settingProblem('task.maxRounds', 0) ?? '');
    assert.deepEqual(helpPlan('usage', inGermanToo), { act: 'setting', setting: 'task.maxRounds' });
    assert.deepEqual(helpPlan('usage', 'The command lmstudioBridge.doctor is busy.'), { act: 'actions' });
    assert.deepEqual(helpPlan('usage', 'No task is running.'), { act: 'actions' });
  });

  it('asks for the token of LM Studio only where that is what is missing', () => {
    assert.deepEqual(helpPlan('auth-required', 'LM Studio wants a token.'), { act: 'token' });
    assert.deepEqual(helpPlan('auth-required', 'MCP server "x" wants you to sign in.'), { act: 'servers' });
  });
});
