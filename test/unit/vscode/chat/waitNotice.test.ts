import assert from 'node:assert/strict';
import { WaitNotice } from '../../../../src/vscode/chat/waitNotice';

/** A status bar: what stands in it, and all that ever did. */
function bar() {
  const said: string[] = [];
  const open = new Set<string>();
  const notice = new WaitNotice((title, work) => {
    open.add(title);
    const report = (message: string): void => void said.push(`${title}: ${message}`);
    return Promise.resolve(work(report, new AbortController().signal)).then(() => open.delete(title));
  });
  return { notice, said, open };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const reading = { phase: 'processing-prompt', estimatedMs: null, progress: null } as const;

describe('the notice of what the chat waits for', () => {
  it('says no more that it waits for others once the prompt is read', async () => {
    const { notice, said, open } = bar();
    notice.hear({ phase: 'queued', place: 1 });
    notice.hear({ phase: 'connecting' });
    notice.hear(reading);
    notice.hear({ ...reading, progress: 0.38 });
    assert.deepEqual(said, [
      'LM Studio: The chat waits for other requests to LM Studio.',
      'LM Studio: Waiting for the model',
      'LM Studio: Reading the prompt: 38 %',
    ]);
    notice.hear({ phase: 'generating' });
    await settled();
    assert.deepEqual([...open], []);
  });

  it('says that a model loads, also where nobody says how far', () => {
    const { notice, said } = bar();
    notice.hear({ phase: 'loading-model', progress: null });
    notice.hear({ phase: 'loading-model', progress: 0.5 });
    assert.deepEqual(said, ['LM Studio: Loading the model', 'LM Studio: Loading the model: 50 %']);
  });

  it('names the model while it loads, and no longer than that', async () => {
    const { notice, said, open } = bar();
    notice.loads('Qwen');
    assert.deepEqual([...open], ['LM Studio loads Qwen for the chat']);
    notice.hear({ phase: 'loading-model', progress: 0.5 });
    notice.hear({ ...reading, estimatedMs: 12_000 });
    await settled();
    assert.deepEqual([...open], ['LM Studio']);
    assert.deepEqual(said, ['LM Studio loads Qwen for the chat: 50 %', 'LM Studio: Reading the prompt: about 12 s']);
    notice.end();
    await settled();
    assert.deepEqual([...open], []);
  });

  it('is none for a prompt that is read at once', () => {
    const { notice, open } = bar();
    notice.hear(reading);
    notice.hear({ phase: 'generating' });
    assert.deepEqual([...open], []);
  });
});
