/** The validation layer over real HTTP, with the scenarios and core features 2, 3, 6 and 7 of the predecessor. */
import assert from 'node:assert/strict';
import { BridgeError, isBridgeError, ModelNotFoundError } from '../../../../src/base/errors';
import { RESILIENCE_DEFAULTS, ServerPolicy } from '../../../../src/llm/resilience';
import { ModelCatalog } from '../../../../src/llm/lmstudio/catalog';
import { ModelValidator } from '../../../../src/llm/lmstudio/validator';
import { gate } from '../../../simulator/gate';
import { sampleModels } from '../../../simulator/models';
import { modelServer, unusedRoot } from '../../../support/lmstudio';
import { ManualClock } from '../../../support/manualClock';
import { openedInEachTest } from '../../../support/opened';

const QWEN = 'qwen/qwen3-8b';
const signal = new AbortController().signal;
const MINUTE = 60_000;

describe('the validation of a model', () => {
  const { closing, simulate, http } = openedInEachTest();

  function validatorOf(root: string, token?: string) {
    const clock = new ManualClock();
    // No repeats: nothing advances the clock while a list is asked for.
    const policy = new ServerPolicy({ clock }, { reads: { ...RESILIENCE_DEFAULTS.reads, attempts: 1 } });
    const catalog = new ModelCatalog(modelServer(root, token, clock, policy), clock);
    closing.push(() => {
      catalog.dispose();
    });
    return { validator: new ModelValidator(catalog, clock), catalog, clock };
  }
  const list = (...keys: string[]) => JSON.stringify({ models: keys.map((key) => ({ type: 'llm', key })) });

  it('passes undefined and "default" without a request, also where no server is', async () => {
    const { validator } = validatorOf(await unusedRoot());
    for (const name of [undefined, 'default']) {
      assert.deepEqual(await validator.validate(name, signal), { model: undefined, isStale: false });
    }
  });

  it('finds a model that the server lists, loaded or not, with what is known of it', async () => {
    const { validator } = validatorOf((await simulate()).url);
    for (const { key, type, maxContextLength, loadedContext } of sampleModels()) {
      if (type !== 'llm') continue;
      const { model, isStale } = await validator.validate(key, signal);
      assert.deepEqual([model?.model.key, isStale], [key, false]);
      assert.equal(model?.model.maxContextLength, maxContextLength);
      assert.equal(model.contextLength, loadedContext ?? maxContextLength);
    }
  });

  it('finds a model by copy and by variant', async () => {
    const simulator = await simulate();
    const spec = simulator.models.spec(QWEN);
    assert.ok(spec);
    await simulator.models.load(spec, { context_length: 8_192 });
    const { validator } = validatorOf(simulator.url);
    const second = await validator.validate(`${QWEN}:2`, signal);
    assert.deepEqual([second.model?.id, second.model?.contextLength], [`${QWEN}:2`, 8_192]);
    assert.equal((await validator.validate(`${QWEN}@q4_k_m`, signal)).model?.id, QWEN);
    assert.equal(simulator.requests.length, 1);
  });

  it('asks once a minute at most, by the monotonic clock', async () => {
    const simulator = await simulate();
    const { validator, clock } = validatorOf(simulator.url);
    await validator.validate(QWEN, signal);
    clock.advance(MINUTE - 1);
    await validator.validate(QWEN, signal);
    assert.equal(simulator.requests.length, 1);
    clock.advance(1);
    assert.equal((await validator.validate(QWEN, signal)).isStale, false);
    assert.equal(simulator.requests.length, 2);
  });

  it('lives on the list that the views keep fresh', async () => {
    const simulator = await simulate();
    const { validator, catalog, clock } = validatorOf(simulator.url);
    await catalog.refresh();
    clock.advance(MINUTE - 1);
    await catalog.refresh();
    clock.advance(MINUTE - 1);
    await validator.validate(QWEN, signal);
    assert.equal(simulator.requests.length, 2);
  });

  it('is one request for 50 callers, cold, old or missing', async () => {
    const simulator = await simulate();
    const { validator, clock } = validatorOf(simulator.url);
    const fifty = (name: string) =>
      Promise.allSettled(Array.from({ length: 50 }, () => validator.validate(name, new AbortController().signal)));
    assert.ok((await fifty(QWEN)).every(({ status }) => status === 'fulfilled'));
    assert.equal(simulator.requests.length, 1);
    clock.advance(MINUTE);
    await fifty(QWEN);
    assert.equal(simulator.requests.length, 2);
    assert.ok((await fifty('no/such')).every(({ status }) => status === 'rejected'));
    assert.equal(simulator.requests.length, 3);
  });

  it('lets a caller give up without ending the question for the others', async () => {
    const held = gate();
    const asked = gate();
    const server = await http((_, response) => {
      asked.open();
      void held.promise.then(() => response.end(list('a')));
    });
    const { validator } = validatorOf(server.root);
    const impatient = new AbortController();
    const first = validator.validate('a', impatient.signal);
    const task = validator.choose('a', impatient.signal);
    const others = [validator.validate('a', signal), validator.choose('a', signal)];
    await asked.promise;
    const reason = new BridgeError('cancelled', 'Enough.');
    impatient.abort(reason);
    await Promise.all([assert.rejects(first, reason), assert.rejects(task, reason)]);
    held.open();
    await Promise.all(others);
    assert.equal(server.requests.length, 1);
    await assert.rejects(validator.validate(undefined, impatient.signal), reason);
  });

  describe('of an unknown name', () => {
    it('looks once more, so that a model that was just downloaded is found', async () => {
      let keys = ['a'];
      const server = await http((_, response) => response.end(list(...keys)));
      const { validator } = validatorOf(server.root);
      await validator.validate('a', signal);
      keys = ['a', 'b'];
      assert.equal((await validator.validate('b', signal)).model?.id, 'b');
      assert.equal(server.requests.length, 2);
    });

    it('fails with what there is and what may have been meant, after one request on a cold cache', async () => {
      const simulator = await simulate();
      const { validator } = validatorOf(simulator.url);
      await assert.rejects(validator.validate('qwen3-8B', signal), (error) => {
        assert.ok(error instanceof ModelNotFoundError && isBridgeError(error, 'model-not-found'));
        assert.equal(error.modelName, 'qwen3-8B');
        assert.deepEqual(
          error.availableModels,
          sampleModels()
            .filter(({ type }) => type === 'llm')
            .map(({ key }) => key),
        );
        assert.equal(error.suggestions[0], QWEN);
        assert.match(error.message, /Did you mean qwen\/qwen3-8b/);
        return true;
      });
      assert.equal(simulator.requests.length, 1);
    });

    it('refuses blank, strange and endless names, and embedding models', async () => {
      const { validator } = validatorOf((await simulate()).url);
      const names = [
        '',
        '   ',
        '/',
        '../../etc/passwd',
        'a\0b',
        '"; DROP',
        '😀',
        'Default',
        ' default',
        'x'.repeat(10_000),
      ];
      for (const name of [...names, 'text-embedding-nomic-embed-text-v1.5', '__proto__', 'constructor']) {
        await assert.rejects(validator.validate(name, signal), ModelNotFoundError, JSON.stringify(name.slice(0, 20)));
      }
    });

    it('says that there is none where the server has no model', async () => {
      const { validator } = validatorOf((await simulate({ models: [] })).url);
      await assert.rejects(
        validator.validate(QWEN, signal),
        (error) => error instanceof ModelNotFoundError && error.availableModels.length === 0,
      );
      await assert.rejects(validator.choose(undefined, signal), (error) => isBridgeError(error, 'no-model'));
    });
  });

  describe('while the server is in trouble', () => {
    it('serves what it knew, marked as stale, and is fresh again with the server', async () => {
      let isWell = true;
      const server = await http((_, response) => {
        if (isWell) response.end(list('a'));
        else response.writeHead(500).end('{"error":"Internal error"}');
      });
      const { validator, clock } = validatorOf(server.root);
      await validator.validate('a', signal);
      isWell = false;
      assert.equal((await validator.validate('a', signal)).isStale, false, 'a minute is not over yet');
      clock.advance(MINUTE);
      const stale = await validator.validate('a', signal);
      assert.deepEqual([stale.model?.id, stale.isStale], ['a', true]);
      await assert.rejects(validator.validate('b', signal), BridgeError, 'an old list cannot say that there is no "b"');
      isWell = true;
      clock.advance(5_000);
      assert.equal((await validator.validate('a', signal)).isStale, false);
    });

    it('does not ask a failing server for every caller', async () => {
      const simulator = await simulate();
      const { validator, catalog, clock } = validatorOf(simulator.url);
      await validator.validate(QWEN, signal);
      await simulator.close();
      clock.advance(MINUTE);
      let questions = 0;
      catalog.onDidChange(() => questions++);
      for (let i = 0; i < 20; i++) assert.equal((await validator.validate(QWEN, signal)).isStale, true);
      assert.equal(questions, 1);
      await simulate({ port: simulator.port });
      clock.advance(4_999);
      assert.equal((await validator.validate(QWEN, signal)).isStale, true);
      clock.advance(1);
      assert.equal((await validator.validate(QWEN, signal)).isStale, false);
    });

    it('says what is wrong where it never knew the model, and caches no failure', async () => {
      const root = await unusedRoot();
      const { validator } = validatorOf(root);
      await assert.rejects(validator.validate(QWEN, signal), (error) => isBridgeError(error, 'server-unreachable'));
      await simulate({ port: Number(new URL(root).port) });
      assert.equal((await validator.validate(QWEN, signal)).isStale, false);
    });

    it('hides no refusal of the token behind an old list', async () => {
      let isOpen = true;
      const server = await http((_, response) => {
        if (isOpen) response.end(list('a'));
        else
          response
            .writeHead(401)
            .end('{"error":{"code":"invalid_api_key","message":"An LM Studio API token is required"}}');
      });
      const { validator, clock } = validatorOf(server.root);
      await validator.validate('a', signal);
      isOpen = false;
      clock.advance(MINUTE);
      await assert.rejects(validator.validate('a', signal), (error) => isBridgeError(error, 'auth-required'));
    });

    it('survives answers that are no list', async () => {
      for (const body of ['', 'not json', '[]', '{"models":7}', '{"data":[{"noid":1}]}']) {
        const { validator } = validatorOf((await http((_, response) => response.end(body))).root);
        await assert.rejects(validator.validate('a', signal), BridgeError, body);
      }
    });
  });

  describe('for a task', () => {
    it('always asks, so that the context is that of now', async () => {
      const simulator = await simulate();
      const { validator } = validatorOf(simulator.url);
      assert.deepEqual([(await validator.choose(QWEN, signal)).contextSource], ['loaded-instance']);
      simulator.models.unload(QWEN);
      assert.deepEqual([(await validator.choose(QWEN, signal)).contextSource], ['model-maximum']);
      assert.equal(simulator.requests.length, 2);
    });

    it('fails with the server, whatever was known', async () => {
      const simulator = await simulate();
      const { validator } = validatorOf(simulator.url);
      await validator.choose(undefined, signal);
      await simulator.close();
      await assert.rejects(validator.choose(QWEN, signal), (error) => isBridgeError(error, 'server-unreachable'));
    });
  });
});
