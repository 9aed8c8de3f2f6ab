/** `dist/cli.js selftest` against models of different skill: what docs/cli.md promises, seen from outside. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { parseCommandLine } from '../../src/cli/options';
import { OutputStream } from '../../src/cli/output';
import { selftest as runSelftest } from '../../src/cli/selftestCommand';
import { SELF_TEST_CODES } from '../../src/mcp/selfTestFacts';
import type { FitnessReport } from '../../src/tasks/fitnessReport';
import { gate } from '../simulator/gate';
import { sampleModels } from '../simulator/models';
import { type Simulator, startSimulator } from '../simulator/server';
import type { Turn } from '../simulator/turn';
import { type CliResult, runCli, startCli } from '../support/cli';
import { ManualClock } from '../support/manualClock';
import { box, call, expert } from '../support/toolExpert';

const QWEN = 'qwen/qwen3-8b';

let simulator: Simulator;

/** To be called in every `describe`: what it opens is not for the tests of other files. */
function inEachTest(): void {
  beforeEach(async () => {
    simulator = await startSimulator();
  });
  afterEach(() => simulator.close());
}

function selftest(...args: string[]): Promise<CliResult> {
  return runCli(['selftest', '--url', simulator.url, ...args]);
}

/** In this process, on a clock of the test: nobody knows how long a process takes for the probes before the limit. */
async function selftestAt(clock: ManualClock, ...args: string[]) {
  const command = parseCommandLine(['selftest', '--json', '--url', simulator.url, ...args]);
  assert.ok(command.command === 'selftest');
  const out = new PassThrough();
  const code = await runSelftest(command, {
    ...{ out: new OutputStream(out), err: new OutputStream(new PassThrough()), input: () => new PassThrough() },
    ...{ env: {}, cwd: process.cwd(), clock, version: '0.0.0', signal: new AbortController().signal },
  });
  return { code, report: JSON.parse(String(out.read())) as FitnessReport };
}

function reportOf({ stdout, stderr }: CliResult): FitnessReport & { readonly url: string } {
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout) as FitnessReport & { readonly url: string };
}

/** `single-call: pass` and so on; with the reason where there is one. */
function outcomes(report: FitnessReport): readonly string[] {
  return report.probes.map(({ name, status, reason }) => `${name}: ${[status, reason ?? []].flat().join(', ')}`);
}

const ALL_PASS = [
  'single-call: pass',
  'nested-arguments: pass',
  'parallel-calls: pass',
  'error-recovery: pass',
  'several-turns: pass',
];

describe('a self-test', () => {
  inEachTest();

  it('finds a model reliable that does everything', async () => {
    simulator.setScript(expert);
    const before = Date.now();
    const result = await selftest('--json', '--model', QWEN);
    const report = reportOf(result);
    assert.deepEqual(outcomes(report), ALL_PASS);
    assert.deepEqual([report.verdict, result.code, result.stderr], ['reliable', 0, '']);
    assert.deepEqual([report.url, report.model, report.quantization], [simulator.url, QWEN, 'Q4_K_M']);
    assert.ok(report.variant?.startsWith(`${QWEN}@`), String(report.variant));
    assert.ok(Date.parse(report.testedAt) >= before - 1 && Date.parse(report.testedAt) <= Date.now());
    assert.deepEqual(
      report.probes.map(({ rounds }) => rounds),
      [2, 2, 2, 3, 3],
    );
  });

  it('asks every probe with the same beginning, which the server keeps in its cache', async () => {
    const beginnings = new Set<string>();
    simulator.setScript((request) => {
      beginnings.add(JSON.stringify([request.messages[0], request.tools]));
      for (const code of Object.values(SELF_TEST_CODES)) {
        assert.ok(!JSON.stringify([request.messages.slice(0, 2), request.tools]).includes(code), 'no code is told');
      }
      return expert(request);
    });
    assert.equal((await selftest()).code, 0);
    assert.equal(beginnings.size, 1);
  });

  it('prints a table for people, and says on stderr what it does', async () => {
    simulator.setScript(expert);
    const { stdout, stderr } = await selftest();
    assert.match(stdout, /^PROBE +RESULT +ROUNDS +TIME +NOTE\nsingle call +pass +2 +\d+\.\d s\n/);
    assert.match(stdout, /\n\nTools of qwen\/qwen3-8b \(Q4_K_M\): reliable, 5 of 5 probes in \d+\.\d s\.\n$/);
    assert.match(stderr, /^Testing how qwen\/qwen3-8b uses tools\.\n1 of 5: single call …\n/);
  });

  it('lets calls one after the other pass as parallel ones, and says so', async () => {
    simulator.setScript((request) => {
      const turn = expert(request);
      const read = request.messages.filter(({ role }) => role === 'tool').length;
      const asksBoth = request.messages.at(1)?.content.includes('birch') === true;
      return asksBoth && read < 2 ? { toolCalls: [box(read === 0 ? 'birch' : 'cedar')] } : turn;
    });
    const result = await selftest('--json');
    const report = reportOf(result);
    assert.equal(outcomes(report)[2], 'parallel-calls: partly, one-by-one');
    assert.deepEqual([report.verdict, result.code], ['reliable', 0]);
  });

  it('finds that a model writes its calls as text where nobody can run them', async () => {
    simulator.setScript(({ messages }) => ({
      text: `I would call:\n\n\`\`\`json\n{"name": "read_box", "arguments": {"name": "amber"}}\n\`\`\`\n${String(messages.length)}`,
    }));
    const result = await selftest('--json');
    const report = reportOf(result);
    assert.deepEqual([report.verdict, result.code], ['no', 1]);
    assert.equal(outcomes(report)[0], 'single-call: fail, call-as-text');
  });

  it('does not believe a model that never calls, whatever it claims', async () => {
    simulator.setScript([...Array<Turn>(5)].map(() => ({ text: 'I looked: the code is AB-1234.' })));
    const result = await selftest('--json');
    const report = reportOf(result);
    assert.deepEqual(new Set(report.probes.map(({ reason }) => reason)), new Set(['no-call']));
    assert.deepEqual([report.verdict, result.code], ['no', 1]);
  });

  it('finds a model shaky that does not learn from an error', async () => {
    simulator.setScript((request) => {
      const isSafe = request.messages.at(1)?.content.includes('safe') === true;
      if (!isSafe || request.tools.length === 0) return expert(request);
      return { toolCalls: [call('open_safe', { pin: '4711' })] };
    });
    const result = await selftest('--json');
    const report = reportOf(result);
    assert.deepEqual(outcomes(report), ALL_PASS.with(3, 'error-recovery: fail, gave-up'));
    assert.deepEqual([report.verdict, result.code], ['shaky', 1]);
    assert.equal(report.probes[3]?.rounds, 4, 'its rounds are few');
  });

  it('finds a model shaky that cannot nest arguments, or does not say what it found', async () => {
    simulator.setScript((request) => {
      const task = request.messages.at(1)?.content ?? '';
      const hasResult = request.messages.some(({ role }) => role === 'tool');
      if (task.includes('Oslo')) {
        return hasResult
          ? { text: 'Done.' }
          : { toolCalls: [call('place_order', { customer: 'Ann, Oslo', items: '2 apples, 3 pears' })] };
      }
      return task.includes('maple') && hasResult ? { text: 'It leads to a walnut.' } : expert(request);
    });
    const report = reportOf(await selftest('--json'));
    assert.deepEqual(
      outcomes(report),
      ALL_PASS.with(1, 'nested-arguments: fail, bad-arguments').with(4, 'several-turns: fail, incomplete'),
    );
    assert.equal(report.verdict, 'shaky');
  });

  it('takes it for a failed probe where the server cannot read what the model wrote', async () => {
    simulator.setScript((request) =>
      request.messages.at(1)?.content.includes('Oslo')
        ? { error: { status: 400, body: { error: 'Failed to parse tool call: unexpected end of input' } } }
        : expert(request),
    );
    const report = reportOf(await selftest('--json'));
    assert.deepEqual(outcomes(report), ALL_PASS.with(1, 'nested-arguments: fail, refused'));
  });

  it('ends at its time limit without a verdict where nothing has failed', async () => {
    const never = gate();
    simulator.setScript((request) =>
      request.messages.at(1)?.content.includes('birch') ? { text: 'x', holdHeaders: never.promise } : expert(request),
    );
    const clock = new ManualClock();
    const testing = selftestAt(clock, '--timeout', '3');
    await simulator.waitForRequest(({ body }) => JSON.stringify(body ?? null).includes('birch'));
    clock.advance(3_000);
    const { report, code } = await testing;
    never.open();
    assert.deepEqual([report.verdict, code], ['unfinished', 3]);
    assert.deepEqual(outcomes(report).slice(0, 2), ALL_PASS.slice(0, 2));
    assert.deepEqual(
      report.probes.slice(2).map(({ status, reason, rounds }) => [status, reason, rounds]),
      [
        ['unfinished', 'time', 1],
        ['unfinished', 'time', 0],
        ['unfinished', 'time', 0],
      ],
    );
  });

  it('loads a model that is not in memory before the time counts', async () => {
    await simulator.close();
    const loaded = gate();
    simulator = await startSimulator({
      beforeLoad: () => loaded.promise,
      script: (request) => (request.tools.length === 0 ? { text: 'ok' } : expert(request)),
    });
    const clock = new ManualClock();
    const testing = selftestAt(clock, '--model', 'openai/gpt-oss-20b', '--timeout', '2.9');
    await simulator.waitForState('openai/gpt-oss-20b', 'loading');
    clock.advance(3_000);
    loaded.open();
    assert.equal((await testing).report.verdict, 'reliable');
    assert.equal(simulator.models.instancesOf('openai/gpt-oss-20b').length, 1);
  });

  it('fails with the reason where the server goes away in the middle', async () => {
    simulator.setScript((request, index) => {
      if (index < 3) return expert(request);
      void simulator.close();
      return { text: 'never', resetSocket: true };
    });
    const result = await selftest('--json');
    const { error } = JSON.parse(result.stdout) as { error: { code: string } };
    assert.ok(['server-unreachable', 'stream-interrupted'].includes(error.code), result.stdout);
    assert.equal(result.code, 1);
    simulator = await startSimulator();
  });

  it('fails where there is no model, or not this one', async () => {
    await simulator.close();
    simulator = await startSimulator({ models: sampleModels().filter(({ type }) => type !== 'llm') });
    const none = await selftest('--json');
    assert.match(none.stdout, /"code": "no-model"/);
    assert.equal(none.code, 1);
    assert.match((await selftest('--json', '--model', 'qwen')).stdout, /"code": "model-not-found"/);
    assert.equal((await selftest('--timeout', 'soon')).code, 2);
  });

  it('stops when it is told to', async () => {
    const never = gate();
    simulator.setScript([{ text: 'x', holdHeaders: never.promise }]);
    const running = startCli(['selftest', '--json', '--url', simulator.url]);
    await simulator.waitForRequest(({ path }) => path === '/v1/chat/completions');
    running.child.kill('SIGINT');
    const result = await running.done;
    never.open();
    assert.equal(result.code, 130);
    assert.match(result.stdout, /"code": "cancelled"/);
  });
});
