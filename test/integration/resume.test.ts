/** A task that is taken up again with a person at hand, and one that its window has broken off. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { systemClock } from '../../src/base/clock';
import { nullLogger } from '../../src/base/logger';
import { createFetch } from '../../src/base/http';
import { ModelCatalog } from '../../src/llm/lmstudio/catalog';
import { ModelValidator } from '../../src/llm/lmstudio/validator';
import { discoverServers } from '../../src/mcp/discovery';
import { createAskingGate } from '../../src/policy/gates';
import { TaskInterruption } from '../../src/tasks/interruption';
import { JournalStore } from '../../src/tasks/journalStore';
import { ModelLanes } from '../../src/tasks/modelLanes';
import type { CallFate } from '../../src/tasks/openCalls';
import type { UnknownCall } from '../../src/tasks/resume';
import type { TaskEnvironment } from '../../src/tasks/taskEnvironment';
import { runTask } from '../../src/tasks/taskRunner';
import type { TaskEvent } from '../../src/tasks/types';
import { startSimulator, type Simulator } from '../simulator/server';
import { fake, makeWorkspace, type Workspace } from '../support/cli';
import { modelServer } from '../support/lmstudio';
import { connectionsIn, linesOf } from '../support/mcp/harness';

describe('a task that was broken off', () => {
  let simulator: Simulator;
  let workspace: Workspace;
  let catalog: ModelCatalog;
  let journals: JournalStore;
  let runId: string;
  let approved: string[];

  beforeEach(async () => {
    const append = { match: 'append', arguments: { line: 'one' } };
    simulator = await startSimulator({ script: [{ toolCalls: [append] }, { text: 'Done.' }] });
    workspace = await makeWorkspace();
    catalog = new ModelCatalog(modelServer(simulator.url), systemClock);
    journals = new JournalStore({ folder: workspace.path('kept'), version: '0.0.0', wallClock: Date.now });
    approved = [];
    await useLedger('60000');
    const stop = new AbortController();
    const running = run({ journals }, stop.signal);
    await linesOf(workspace.path('ledger.txt'), 1);
    stop.abort(new TaskInterruption('The window is closing.'));
    assert.equal((await running).end.status, 'cancelled');
    await useLedger('0');
    runId = (await journals.list()).runs[0]?.runId ?? '';
  });
  afterEach(async () => {
    catalog.dispose();
    await simulator.close();
    await workspace.remove();
  });

  const useLedger = (afterMs: string): Promise<string> => {
    const env = { LEDGER_FILE: workspace.path('ledger.txt'), AFTER_MS: afterMs };
    return workspace.write('.mcp.json', JSON.stringify({ mcpServers: { ledger: fake('ledger', env) } }));
  };
  const ledger = (): Promise<string> => readFile(workspace.path('ledger.txt'), 'utf8');

  async function run(more: Partial<TaskEnvironment>, signal = new AbortController().signal) {
    const events: TaskEvent[] = [];
    const request = more.resumed?.request ?? {
      ...{ task: 'Append.', model: undefined, servers: { kind: 'all' as const } },
      ...{ maxRounds: 5, maxTokens: undefined, timeoutMs: undefined },
    };
    const end = await runTask(
      request,
      {
        clock: systemClock,
        logger: nullLogger,
        version: '0.0.0',
        server: catalog.server,
        validator: new ModelValidator(catalog, systemClock),
        fetch: createFetch(systemClock),
        lanes: new ModelLanes(),
        workspaces: [workspace.folder],
        connections: connectionsIn([workspace.folder]),
        found: await discoverServers({ workspaces: [workspace.folder] }),
        gate: createAskingGate({
          ask: ({ request: { tool } }) => {
            approved.push(tool.name);
            return Promise.resolve({ kind: 'once' });
          },
          store: { rules: [], add: () => Promise.resolve() },
          definitionOf: () => 'defined',
        }),
        ...more,
      },
      (event) => events.push(event),
      signal,
    );
    return { end, events };
  }

  async function resumeWith(fate: CallFate) {
    const asked: UnknownCall[] = [];
    const resumed = await journals.resume(runId);
    approved = [];
    try {
      const askFate = (call: UnknownCall): Promise<CallFate> => {
        asked.push(call);
        return Promise.resolve(fate);
      };
      const { end, events } = await run({ resumed, askFate });
      return { end, events, asked, told: JSON.stringify(simulator.requests.at(-1)?.body) };
    } finally {
      await resumed.journal.close();
    }
  }

  it('is interrupted, not cancelled, where its window has closed', async () => {
    const { runs } = await journals.list();
    assert.deepEqual(
      runs.map(({ state, isResumable }) => [state, isResumable]),
      [['interrupted', true]],
    );
  });

  it('shows the person the whole call, and runs it again only on demand, and after approval', async () => {
    const { end, asked } = await resumeWith('again');
    assert.equal(end.status, 'completed');
    assert.deepEqual(
      asked.map(({ server, tool, arguments: args }) => [server, tool, args]),
      [['ledger', 'append', { line: 'one' }]],
    );
    assert.deepEqual(approved, ['append']);
    assert.equal(await ledger(), 'one\none\n');
  });

  for (const [fate, words] of [
    ['done', /says that it was done/],
    ['not-done', /says that it was not done/],
    ['unknown', /its outcome is unknown/],
  ] as const) {
    it(`does not run it again where the person says "${fate}", and tells the model`, async () => {
      const { end, told } = await resumeWith(fate);
      assert.equal(end.status, 'completed');
      assert.match(told, words);
      assert.deepEqual(approved, []);
      assert.equal(await ledger(), 'one\n');
    });
  }

  it('asks at the gate when the model makes the same call again', async () => {
    const append = { match: 'append', arguments: { line: 'one' } };
    simulator.setScript([{ toolCalls: [append] }, { text: 'Done.' }]);
    await resumeWith('unknown');
    assert.deepEqual(approved, ['append']);
  });
});
