/** A small soak in every run of the tests; `npm run soak` is the large one. */
import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock';
import { BridgeError, toBridgeError } from '../../src/base/errors';
import { ANSWER_FAULTS, type AnswerFault } from '../simulator/answerFaults';
import { FAULT_NAMES } from '../simulator/faults';
import { loopTurns } from '../simulator/loopTurns';
import { startSimulator } from '../simulator/server';
import { SoakClient } from '../soak/client';
import { resources, surplus } from '../soak/leaks';
import { drawPlans, KINDS, type Plan } from '../soak/plan';
import { Random } from '../soak/random';
import { scriptOf } from '../soak/script';
import { ask, soak } from '../soak/soak';
import { PLAIN_GROUPS } from '../soak/soakServer';
import { describeReport } from '../soak/table';
import { modelServer } from '../support/lmstudio';

/** What a list comes to that is answered so. */
const EXPECTED: Readonly<Record<AnswerFault, string>> = {
  'error-text': 'bad-response',
  'error-object': 'bad-response',
  unauthorised: 'auth-required',
  'unexpected-endpoint': 'wrong-server',
  'too-many': 'rate-limited',
  'bad-gateway': 'bad-response',
  'service-unavailable': 'bad-response',
  'html-page': 'wrong-server',
  'empty-body': 'wrong-server',
  'cut-json': 'wrong-server',
  'wrong-shape': 'wrong-server',
  'bare-null': 'wrong-server',
  reset: 'stream-interrupted',
  'reset-midway': 'stream-interrupted',
  'cut-short': 'stream-interrupted',
  slow: 'ok',
  drip: 'ok',
};

describe('a soak', () => {
  it('draws the same requests from the same seed, of every kind and with every fault', () => {
    const plans = drawPlans(1_000, new Random(7));
    assert.deepEqual(drawPlans(1_000, new Random(7)), plans);
    assert.notDeepEqual(drawPlans(1_000, new Random(8)), plans);
    assert.deepEqual(new Set(plans.map(({ kind }) => kind)), new Set(KINDS));
    const faults = new Set(plans.map(({ fault }) => fault));
    assert.deepEqual(
      FAULT_NAMES.filter((name) => !faults.has(name)),
      [],
    );
  });

  it('leaves no error without a code, no rejection, no socket and no timer', async function () {
    this.timeout(180_000);
    // The runner sets its own timer when it has been given the promise.
    await loopTurns(1);
    const report = await soak({ requests: 80, seed: 3 });
    assert.deepEqual(report.problems, [], describeReport(report));
    const outcomes = [...report.outcomes.values()].flatMap((codes) => [...codes.keys()]);
    for (const expected of ['ok', 'cancelled']) assert.ok(outcomes.includes(expected), describeReport(report));
    // Which fault is met, and which is cut off by a cancel or a restart before, is up to the machine; that some are is not.
    assert.ok(new Set(outcomes).size > 4, describeReport(report));
    assert.equal(report.outcomes.size, KINDS.length);
    const met = new Set(report.faults.groups.filter((group) => group !== 'generation'));
    assert.ok(met.size > 0, describeReport(report));
    assert.deepEqual(
      [...met].filter((group) => !PLAIN_GROUPS.includes(group)),
      [],
    );
  });

  it('plays the fault that a request names, and cancels in the phase that it names', async () => {
    const simulator = await startSimulator({ script: scriptOf(() => undefined) });
    const client = new SoakClient(simulator.url, systemClock, () => 0);
    const codeOf = async (plan: Pick<Plan, 'fault' | 'cancel'>): Promise<string> => {
      const kind = 'chat, streamed';
      return ask(client, { kind, model: 'qwen/qwen3-8b', ...plan }).catch(
        (error: unknown) => toBridgeError(error).code,
      );
    };
    const codes = [
      await codeOf({ fault: undefined, cancel: undefined }),
      await codeOf({ fault: 'E8', cancel: undefined }),
      await codeOf({ fault: 'E10-stream', cancel: undefined }),
      await codeOf({ fault: undefined, cancel: 'processing-prompt' }),
      await codeOf({ fault: undefined, cancel: 'generating' }),
    ];
    client.dispose();
    await simulator.close();
    assert.deepEqual(codes, ['ok', 'context-overflow', 'engine-crashed', 'cancelled', 'cancelled']);
  });

  it('can give every wrong answer to a request that generates nothing, and each has a code or does no harm', async () => {
    const codes: Partial<Record<AnswerFault, string>> = {};
    for (const name of ANSWER_FAULTS) {
      const simulator = await startSimulator({
        answerFault: ({ path }) => (path.endsWith('/models') ? name : undefined),
      });
      const listing = await modelServer(simulator.url).listModels(new AbortController().signal).catch(toBridgeError);
      codes[name] = listing instanceof BridgeError ? listing.code : 'ok';
      await simulator.close();
    }
    assert.deepEqual(codes, EXPECTED);
  });

  it('would see a timer that is left over', () => {
    const before = resources();
    const timer = setTimeout(() => undefined, 60_000);
    assert.deepEqual(surplus(before, resources()), ['1 Timeout']);
    clearTimeout(timer);
    assert.deepEqual(surplus(before, resources()), []);
  });
});
