import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { systemClock } from '../../../src/base/clock';
import { describeModel, listModels } from '../../../src/cli/modelsCommand';
import { OutputStream } from '../../../src/cli/output';
import { serve } from '../../support/lmstudio';
import { loaded, model } from '../../support/models';

/** What `models` prints for a server that lists this. */
async function printed(models: readonly object[]): Promise<string> {
  const server = await serve((_, response) => response.end(JSON.stringify({ models })));
  const stream = new PassThrough();
  const out = new OutputStream(stream);
  try {
    const context = {
      out,
      err: out,
      input: () => Readable.from([]),
      env: {},
      cwd: '/',
      clock: systemClock,
      version: '0',
      signal: new AbortController().signal,
    };
    assert.equal(
      await listModels({ command: 'models', url: server.root, tokenEnv: undefined, json: false }, context),
      0,
    );
    return String(stream.read());
  } finally {
    await server.close();
  }
}

describe('the list of models for people', () => {
  it('is a table', async () => {
    const config = { context_length: 8_192 };
    const text = await printed([
      {
        type: 'llm',
        key: 'a/b',
        loaded_instances: [{ id: 'a/b', config }],
        max_context_length: 32_768,
        size_bytes: 5_027_783_488,
        capabilities: { trained_for_tool_use: true, vision: true },
      },
      { type: 'embedding', key: 'e' },
    ]);
    assert.deepEqual(text.split('\n'), [
      'MODEL  STATE       CONTEXT        QUANT  SIZE    CAN',
      'a/b    loaded      8192 of 32768         5.0 GB  tools, vision',
      'e      not loaded  max ?                         embedding',
      '',
    ]);
  });

  it('says so when there are none', async () => {
    assert.equal(await printed([]), 'The server has no models.\n');
  });

  it('shows what a server hides in a name instead of obeying it', async () => {
    const text = await printed([{ type: 'llm', key: 'a\u001b[2Jb\u202e' }]);
    assert.doesNotMatch(text, /[\u001b\u202e]/);
  });
});

describe('a model for programs', () => {
  it('tells loaded from not loaded and from not known', () => {
    assert.deepEqual(
      [loaded('a'), model('a'), model('a', { instances: null }), model('a', { isLoading: true })].map(
        (entry) => describeModel(entry).state,
      ),
      ['loaded', 'not-loaded', 'unknown', 'loading'],
    );
    const reasoning = { allowed: ['off', 'on'], default: 'on' };
    const described = describeModel(model('a', { reasoning, variants: ['a@q4', 'a@q8'] }));
    assert.deepEqual([described.reasoning, described.variants], [reasoning, ['a@q4', 'a@q8']]);
    assert.equal(describeModel(loaded('a', 4_096)).loadedContextLength, 4_096);
    assert.equal(describeModel(model('a')).loadedContextLength, null);
  });
});
