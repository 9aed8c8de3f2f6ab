import assert from 'node:assert/strict';
import { TaskMarkdown } from '../../../src/tasks/taskMarkdown';
import { TaskPage } from '../../../src/vscode/documents/taskPage';
import { Throttle } from '../../../src/vscode/throttle';
import { ManualClock } from '../../support/manualClock';

describe('the document of a task', () => {
  it('is told of at once, then at most once in an interval, and always once more at last', () => {
    const clock = new ManualClock();
    let count = 0;
    const throttle = new Throttle(
      clock,
      () => 100,
      () => count++,
    );
    for (let turn = 0; turn < 1_000; turn++) {
      throttle.ask();
      clock.advance(1);
    }
    assert.equal(count, 11);
    throttle.ask();
    clock.advance(99);
    assert.equal(count, 11);
    throttle.ask();
    throttle.flush();
    assert.deepEqual([count, clock.pending], [12, 0]);
    throttle.ask();
    throttle.dispose();
    clock.advance(1_000);
    assert.equal(count, 12, 'and not after its end');
  });

  it('holds every character, whenever it is read', () => {
    let now = 5;
    const markdown = new TaskMarkdown();
    const page = new TaskPage(markdown, markdown.begin('Count ✓'), () => now);
    let text = '';
    for (let count = 0; count < 1_000; count++) {
      now++;
      page.add({ type: 'text_delta', text: `${String(count)}✓ `, at: 0 });
      text += `${String(count)}✓ `;
      if (count % 10 > 0) continue;
      assert.ok(new TextDecoder().decode(page.read()).endsWith(text));
      assert.equal(page.size, page.read().length);
    }
    assert.deepEqual([page.createdAt, page.changedAt], [5, 1_005]);
    assert.ok(new TextDecoder().decode(page.read()).endsWith(text));
  });
});
