/** The document that a task streams and the one that is made of its journal, of real tasks with real servers: they say the same. */
import assert from 'node:assert/strict';
import type { ApprovalGate } from '../../src/agent/types';
import { eventsOf } from '../../src/tasks/journalEvents';
import { markdownOfJournal, writeJournal } from '../../src/tasks/journalMarkdown';
import { JournalStore } from '../../src/tasks/journalStore';
import { TaskInterruption } from '../../src/tasks/interruption';
import { TaskControl } from '../../src/tasks/runControl';
import { TaskMarkdown } from '../../src/tasks/taskMarkdown';
import { recordOf } from '../../src/tasks/taskRecord';
import { type Simulator, startSimulator } from '../simulator/server';
import type { Turn } from '../simulator/turn';
import { fake, filesystem, makeWorkspace, type Workspace } from '../support/cli';
import { linesOf } from '../support/mcp/harness';
import { TaskDoor } from '../support/taskDoor';

/** Refuses to write, and says a word to everything else, as a person does. */
const gate: ApprovalGate = {
  decide: ({ tool }) =>
    Promise.resolve(
      tool.name === 'write_file' ? { kind: 'denied', reason: 'Not now.' } : { kind: 'approved', reason: 'Once.' },
    ),
};

describe('the documents of a live and of a past task', () => {
  let simulator: Simulator;
  let workspace: Workspace;
  let journals: JournalStore;
  let doors: TaskDoor[];

  beforeEach(async () => {
    simulator = await startSimulator();
    workspace = await makeWorkspace();
    journals = new JournalStore({ folder: workspace.path('kept'), version: '0.0.0', wallClock: Date.now });
    doors = [];
  });
  afterEach(async () => {
    for (const door of doors) door.dispose();
    await simulator.close();
    await workspace.remove();
  });

  const open = (ledger: Readonly<Record<string, string>> = {}): TaskDoor => {
    const env = { LEDGER_FILE: workspace.path('ledger.txt'), ...ledger };
    const door = new TaskDoor(simulator, { files: filesystem, ledger: fake('ledger', env) }, workspace.folder);
    doors.push(door);
    return door;
  };
  const onlyRun = async (): Promise<string> => (await journals.list()).runs[0]?.runId ?? assert.fail('no journal');

  it('agree line by line, but for what only a live task knows', async () => {
    const file = (name: string) => ({ path: workspace.path(name) });
    await workspace.write('short.txt', 'three short words');
    await workspace.write('long.txt', 'a line of some length\n'.repeat(3_000));
    const read = (name: string) => ({ match: /read_text_file$/, arguments: file(name) });
    const turns: Turn[] = [
      {
        reasoning: 'Hm.',
        text: 'I look.',
        toolCalls: [read('short.txt'), { name: 'no_such_tool', arguments: { a: 1 } }],
      },
      { toolCalls: [{ match: /write_file$/, arguments: { ...file('new.txt'), content: 'x' } }, read('gone.txt')] },
      { text: '' },
      {
        toolCalls: [read('long.txt'), { match: /read_text_file$/, arguments: { wrong: true } }, { match: /entries$/ }],
      },
      { text: 'That is how far I came.\n\nAnd no further.' },
    ];
    simulator.setScript(turns);
    const control = new TaskControl(() => Promise.resolve(true));
    control.add('Look at the long one, too.');
    const { end, events } = open().start('Look at the files', {
      gate,
      control,
      maxRounds: 4,
      environment: { journals },
    });
    assert.equal((await end).code, 'limit-rounds');
    const live = new TaskMarkdown();
    const streamed = events.map((event) => live.add(event)).join('');
    const past = await journals.read(await onlyRun());
    const kept = markdownOfJournal(past);
    assert.deepEqual(common(kept), common(streamed));
    const ledger = kept.slice(kept.indexOf('\n## Stopped at a limit'));
    for (const line of [/^- Calls: 7, 4 failed$/m, /^- Time: /m, /^- Context: at most /m, /^- Prompts: /m])
      assert.match(ledger, line);
    assert.match(kept, /### Result of call 3: write_file of files\n\n- Failed \(approval-denied\) after /);
    assert.match(kept, /- Result after .*, [\d,]+ characters, cut for the model:/);
    for (const line of [
      /^- Approved.*: Once\.$/m,
      /^- Denied.*: Not now\.$/m,
      /^- Warning: /m,
      /^- Thought for .*, 3 characters$/m,
    ])
      assert.match(kept, line);
    assert.match(kept, /### Reasoning\n\n(~+)text\nHm\.\n\1\n/);
    assert.match(kept, /### You said\n\n```text\nLook at the long one, too\.\n/);
    assert.match(kept, /### Said to the model\n\n```text\nYour answer was empty\./);

    assert.deepEqual(recordOf(eventsOf(past)), recordOf(events), 'the rows are the same, too');
  });

  it('agree in calls and ledger of a run that was taken up again', async () => {
    const append = { match: 'append', arguments: { line: 'one' } };
    simulator.setScript([{ toolCalls: [append, { match: /entries$/ }] }, { text: 'Done.' }]);
    const stop = new AbortController();
    const first = open({ AFTER_MS: '60000' }).start('Append', { gate, signal: stop.signal, environment: { journals } });
    await linesOf(workspace.path('ledger.txt'), 1);
    stop.abort(new TaskInterruption('The window is closing.'));
    assert.equal((await first.end).status, 'cancelled');
    const runId = await onlyRun();
    const before = await journals.read(runId);

    const resumed = await journals.resume(runId);
    const again = open().start('Append', {
      gate,
      environment: { resumed, askFate: () => Promise.resolve('again') },
    });
    assert.equal((await again.end).status, 'completed');
    await resumed.journal.close();
    const live = new TaskMarkdown();
    const streamed = writeJournal(live, before) + again.events.map((event) => live.add(event)).join('');
    const kept = markdownOfJournal(await journals.read(runId));
    assert.deepEqual(account(kept), account(streamed));
    assert.deepEqual(account(kept).calls, ['1: append of ledger', '2: entries of ledger']);
    assert.match(kept, /\n## Taken up again\n[^]*\n- Rounds: 2\n- Calls: 2\n/);
  });
});

/** What both documents have: without the use of the context, progress and the costs of tools, and without moments. */
function common(text: string): readonly string[] {
  const told = /^- (Context: [\d,]+ of|Tools|[a-z]+: \d+ tools?,|Task [\da-f-]+,|Reading|Loading)/;
  return (
    text
      // Of an answer that said nothing, a journal has what stands for it, and what we said to it.
      .replace('### Answer\n\n~~~~~~markdown\n(no answer)\n~~~~~~\n', '')
      .replace(/### Said to the model\n\n```text\n[^`]*```\n/g, '')
      .split('\n')
      .filter((line) => line !== '' && !told.test(line))
      .map((line) => line.replace(/^(## Round \d+), after .*/, '$1').replace(/^(- Thought) for .*, /, '$1, '))
  );
}

/** What a document says of calls and in its last ledger. */
function account(text: string) {
  const headings = [...text.matchAll(/^### (?:Call|Result of call) (\d+: .*)$/gm)].map(([, call = '']) => call);
  const results = [...text.matchAll(/^- (?:Result|Failed).*$/gm)].map(([line]) => line);
  return { calls: [...new Set(headings)].sort(), results, ledger: text.slice(text.lastIndexOf('\n## ')) };
}
