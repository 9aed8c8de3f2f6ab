import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { JournalStore } from '../../src/tasks/journalStore';
import type { RunEnd } from '../../src/tasks/types';
import { COMMANDS } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import { gate } from '../simulator/gate';
import type { Simulator } from '../simulator/server';
import {
  activated,
  allowFilesystem,
  connectSimulator,
  eventually,
  notices,
  setSetting,
  workspaceFolder,
} from './support';

const SCHEME = 'lmstudio-task';

/**
 * The longest time that this process has worked between two turns of its event loop. Time in which the machine gave it no
 * processor is no fault of ours, so the clock on the wall says nothing.
 */
function watchBlocks(): { readonly longestMs: number; end(): void } {
  let longest = 0;
  let last = process.cpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(last);
    longest = Math.max(longest, user + system);
    last = process.cpuUsage();
  }, 5);
  return {
    get longestMs() {
      return longest / 1_000;
    },
    end: () => clearInterval(timer),
  };
}

describe('the documents of tasks', () => {
  let hooks: TestHooks;
  let simulator: Simulator;
  let folder: string;
  let store: JournalStore;

  before(async () => {
    hooks = await activated();
    simulator = await connectSimulator(hooks);
    folder = workspaceFolder();
    store = new JournalStore({ folder: hooks.journalFolder, version: '0.0.0', wallClock: Date.now });
    await allowFilesystem(hooks, simulator);
  });

  beforeEach(() => hooks.dialogs.reset());

  afterEach(async () => {
    assert.equal(hooks.dialogs.unusedAnswers, 0, 'every answer was asked for');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  after(async () => {
    await setSetting('task.show', undefined);
    await simulator.close();
  });

  const run = (task: string): Thenable<RunEnd> =>
    vscode.commands.executeCommand<RunEnd>(COMMANDS.runWithServer, { server: 'filesystem', task });
  const show = (argument?: unknown): Thenable<unknown> => vscode.commands.executeCommand(COMMANDS.showTask, argument);
  const active = (): vscode.TextEditor => vscode.window.activeTextEditor ?? assert.fail('no editor is active');
  const text = (): string => active().document.getText();
  const taskTabs = (): vscode.Uri[] =>
    vscode.window.tabGroups.all
      .flatMap(({ tabs }) => tabs.map(({ input }) => (input instanceof vscode.TabInputText ? input.uri : undefined)))
      .filter((uri) => uri?.scheme === SCHEME)
      .filter((uri) => uri !== undefined)
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  const onlyId = (): number => {
    const [task, ...others] = hooks.running();
    assert.ok(task && others.length === 0);
    return task.id;
  };
  const lineOf = (document: vscode.TextDocument, beginning: string): number => {
    const line = document
      .getText()
      .split('\n')
      .findIndex((one) => one.startsWith(beginning));
    assert.ok(line >= 0, `no line "${beginning}"`);
    return line;
  };
  /** What a task leaves to look at: reasoning, a call with its result, an answer that names a file. */
  const work = async (task: string): Promise<RunEnd> => {
    writeFileSync(join(folder, 'linked.txt'), 'one\ntwo\nthree\n');
    simulator.setScript([
      {
        reasoning: 'First I look.\nThen I tell.',
        toolCalls: [{ match: 'list_directory', arguments: { path: folder } }],
      },
      { text: 'See linked.txt:2:3 and /etc/hosts:1, but not gone.txt or [this](command:workbench.action.quit).' },
    ]);
    hooks.dialogs.answerNext('Allow once');
    const end = await run(task);
    assert.equal(end.status, 'completed');
    return end;
  };
  const runIdOf = async (task: string): Promise<string> =>
    (await store.list()).runs.find((one) => one.task === task)?.runId ?? assert.fail(`no journal of ${task}`);

  it('stream while the task runs, are Markdown, and cannot be written', async () => {
    const [held, more] = [gate(), gate()];
    simulator.setScript([
      {
        text: 'One two three',
        hold: held.promise,
        holdAfter: 2,
        toolCalls: [{ match: 'list_allowed', arguments: {} }],
      },
      { text: 'four five six', hold: more.promise },
    ]);
    hooks.dialogs.answerNext('Allow once');
    const running = run('Count for me');
    await eventually(() => assert.equal(hooks.running().length, 1));
    await show(onlyId());
    const { document } = active();
    await eventually(() => assert.match(document.getText(), /### Answer\n\n~~~~~~markdown\nOne two $/));
    assert.deepEqual([document.uri.scheme, document.languageId], [SCHEME, 'markdown']);
    assert.match(document.uri.path, /^\/Count for me\.md$/);
    held.open();
    await eventually(() => assert.match(document.getText(), /- Approved: .*\n- Result after .*\n```text\n/));
    more.open();
    assert.equal((await running).status, 'completed');
    await eventually(() => assert.match(document.getText(), /four five six\n~~~~~~\n[^#]*\n## Done\n\n- Rounds: 2\n/));
    await assert.rejects(Promise.resolve(vscode.workspace.fs.writeFile(document.uri, new Uint8Array())));
    await assert.rejects(Promise.resolve(vscode.workspace.fs.delete(document.uri)));
    assert.equal(vscode.workspace.fs.isWritableFileSystem(SCHEME), false);
    assert.equal(document.isDirty, false);
  });

  it('have folds, which hide reasoning and results at first', async () => {
    await work('Fold it');
    await show(await runIdOf('Fold it'));
    const { document } = active();
    const reasoning = lineOf(document, '### Reasoning');
    const result = lineOf(document, '- Result after');
    const folds = await vscode.commands.executeCommand<vscode.FoldingRange[]>(
      'vscode.executeFoldingRangeProvider',
      document.uri,
    );
    for (const first of [reasoning, result, lineOf(document, '## Round 1'), lineOf(document, '### Call 1')])
      assert.ok(
        folds.some(({ start }) => start === first),
        `a fold begins in line ${first}`,
      );
    const isVisible = (line: number): boolean =>
      active().visibleRanges.some(({ start, end }) => start.line <= line && line <= end.line);
    await eventually(() => {
      const seen = JSON.stringify(active().visibleRanges);
      assert.deepEqual([isVisible(reasoning), isVisible(reasoning + 3)], [true, false], seen);
    });
    active().revealRange(new vscode.Range(result, 0, result, 0), vscode.TextEditorRevealType.AtTop);
    await eventually(() => {
      const seen = JSON.stringify(active().visibleRanges);
      assert.deepEqual([isVisible(result), isVisible(result + 2)], [true, false], seen);
    });
  });

  it('have links to files of the workspace at their places, and to nothing else', async () => {
    await work('Link it');
    await show(await runIdOf('Link it'));
    const { document } = active();
    await eventually(async () => {
      const links = await vscode.commands.executeCommand<vscode.DocumentLink[]>(
        'vscode.executeLinkProvider',
        document.uri,
      );
      const found = links.map(({ range, target }) => [document.getText(range), target?.path, target?.fragment]);
      const file = vscode.Uri.file(join(folder, 'linked.txt')).path;
      assert.ok(
        found.some(([name, path, place]) => name === 'linked.txt:2:3' && path === file && place === 'L2,3'),
        JSON.stringify(found),
      );
      for (const { target } of links)
        assert.ok(target?.scheme === 'file' && target.path.startsWith(folder), String(target));
    });
  });

  it('have one outline, with rounds and calls', async () => {
    await work('Outline it');
    await show(await runIdOf('Outline it'));
    const { document } = active();
    await eventually(async () => {
      const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[] | undefined>(
        'vscode.executeDocumentSymbolProvider',
        document.uri,
      );
      const all = (nodes: readonly vscode.DocumentSymbol[]): string[] =>
        nodes.flatMap(({ name, children }) => [name.replace(/^#+ /, ''), ...all(children)]);
      const names = all(symbols ?? []);
      for (const wanted of [/^Round 1/, /^Round 2/, /^Call 1: list_directory of filesystem$/, /^Reasoning$/, /^Done$/])
        assert.equal(names.filter((name) => wanted.test(name)).length, 1, `${String(wanted)} in ${names.join(', ')}`);
    });
  });

  it('come from the journal for tasks of other windows, also by their own address, as after a reload', async () => {
    const limits = { maxRounds: 5, maxTokens: undefined, timeoutMs: undefined };
    const request = { task: 'Of/long: ago', model: undefined, servers: { kind: 'none' } as const, ...limits };
    const journal = await store.create(request, [folder], []);
    journal.record({ type: 'usage', round: 1, promptTokens: 1, completionTokens: 2, reasoningTokens: null });
    journal.record({ type: 'message', message: { role: 'assistant', content: 'It was so.', toolCalls: [] } });
    await journal.flush();
    await journal.close();
    const uri = vscode.Uri.parse(`${SCHEME}:/Of long ago.md?${journal.runId}`);
    const reopened = await vscode.workspace.openTextDocument(uri);
    assert.match(reopened.getText(), /^# Task: Of\/long: ago\n/);
    assert.match(
      reopened.getText(),
      /### Answer\n\n~~~~~~markdown\nIt was so\.\n~~~~~~\n- Tokens: 1 read, 2 written\n- The journal ends here/,
    );
    hooks.dialogs.answerNext('Of/long: ago');
    await show();
    assert.equal(active().document.uri.toString(), uri.toString(), 'the same document');
    await store.discard(journal.runId);
    for (const key of ['gone', '../../../etc/passwd', journal.runId.slice(0, 2)]) {
      const odd = vscode.Uri.from({ scheme: SCHEME, path: '/x.md', query: key });
      await assert.rejects(Promise.resolve(vscode.workspace.fs.readFile(odd)), key);
    }
  });

  it('are asked for where none is named, the running ones first', async () => {
    const held = gate();
    simulator.setScript([{ text: 'One two', hold: held.promise }]);
    const running = run('Still going');
    await eventually(() => assert.equal(hooks.running()[0]?.round, 1));
    hooks.dialogs.answerNext('Still going');
    await show();
    const pick = hooks.dialogs.seen.find(({ kind }) => kind === 'pickOne');
    assert.ok(pick?.kind === 'pickOne');
    assert.deepEqual([pick.choices[0]?.label, pick.choices[0]?.description], ['Still going', 'running, round 1']);
    assert.ok(pick.choices.length > 1);
    assert.match(active().document.uri.path, /Still going/);
    held.open();
    await running;
    await show({ kind: 'task', id: 9_999 });
    assert.match(notices(hooks).at(-1)?.message ?? '', /^There is no such task in this window\./);
  });

  it('open by themselves where the setting says so, and of tasks side by side each has its own', async () => {
    await setSetting('task.show', 'document');
    try {
      const held = gate();
      simulator.setScript(({ messages }) => {
        const task = messages.find(({ role }) => role === 'user')?.content;
        return { text: `This is ${String(task)} indeed`, hold: held.promise, holdAfter: 2 };
      });
      const running = [run('left'), run('right')];
      await eventually(() => assert.equal(taskTabs().length, 2));
      held.open();
      for (const end of await Promise.all(running)) assert.equal(end.status, 'completed');
      await eventually(() => {
        for (const name of ['left', 'right']) {
          const document = vscode.workspace.textDocuments.find(({ uri }) => uri.path === `/${name}.md`);
          assert.match(document?.getText() ?? '', new RegExp(`This is ${name} indeed\n~~~~~~\n[^#]*\n## Done`));
        }
      });
    } finally {
      await setSetting('task.show', undefined);
    }
    simulator.setScript([{ text: 'Quiet.' }]);
    await run('not shown');
    assert.deepEqual(
      taskTabs().map(({ path }) => path),
      ['/left.md', '/right.md'],
    );
  });

  it('follow the end while the person is there, and stay where they scroll to', async () => {
    const [first, second, third] = [gate(), gate(), gate()];
    const lines = (name: string): string => Array.from({ length: 80 }, (_, line) => `${name} ${line}\n`).join('');
    simulator.setScript([
      { text: lines('a'), hold: first.promise, toolCalls: [{ match: 'list_allowed', arguments: {} }] },
      { text: lines('b'), hold: second.promise, toolCalls: [{ match: 'list_allowed', arguments: {} }] },
      { text: lines('c'), hold: third.promise },
    ]);
    hooks.dialogs.answerNext('Allow for this task');
    const running = run('Scroll');
    await eventually(() => assert.equal(hooks.running().length, 1));
    await show(onlyId());
    const editor = active();
    const bottom = (): number => editor.visibleRanges.at(-1)?.end.line ?? 0;
    first.open();
    // What stands below it until the next answer has come too: it would be scrolled to while the person scrolls up.
    await eventually(() => assert.match(text(), /\na 79\n[^]*~~~~~~markdown\nb $/));
    await eventually(() => assert.ok(bottom() >= editor.document.lineCount - 4, `${bottom()}`));
    await vscode.commands.executeCommand('editorScroll', { to: 'up', by: 'page', value: 3 });
    await eventually(() => assert.ok(bottom() < editor.document.lineCount - 20));
    const place = bottom();
    second.open();
    await eventually(() => assert.match(text(), /\nb 79\n/));
    assert.ok(bottom() <= place + 5, 'whoever reads above stays there');
    third.open();
    await running;
  });

  it('show 10,000 streamed tokens whole, without holding up the extension host', async function () {
    this.timeout(180_000);
    const held = gate();
    const answer = Array.from({ length: 10_000 }, (_, count) => `w${count}${count % 12 === 11 ? '\n' : ' '}`).join('');
    simulator.setScript([{ text: answer, hold: held.promise }]);
    const running = run('Say a lot');
    await eventually(() => assert.equal(hooks.running().length, 1));
    await show(onlyId());
    const { document } = active();
    let updates = 0;
    const listening = vscode.workspace.onDidChangeTextDocument((change) => {
      if (change.document === document) updates++;
    });
    const blocks = watchBlocks();
    const began = performance.now();
    held.open();
    assert.equal((await running).status, 'completed');
    await eventually(() => assert.match(document.getText(), /\n## Done\n/));
    assert.ok(document.getText().includes(`~~~~~~markdown\n${answer.trimEnd()}`), 'every character is there');
    blocks.end();
    listening.dispose();
    const [longest, ms] = [blocks.longestMs, performance.now() - began];
    // The simulator runs in this process too, so its work is among what is measured.
    const facts = `10,000 tokens in ${ms.toFixed(0)} ms, ${updates} updates, longest block ${longest.toFixed(1)} ms`;
    appendFileSync(process.env['LMSTUDIO_BRIDGE_TEST_LOG'] ?? assert.fail(), `      ${facts}\n`);
    assert.ok(updates <= ms / 100 + 3, `${updates} updates in ${ms} ms`);
    assert.ok(longest < 2_000);
  });
});
