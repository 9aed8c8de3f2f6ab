/** Tasks that wait for a person, beside tasks that work: with the simulator and a real MCP server. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { systemClock } from '../../src/base/clock';
import { BridgeError } from '../../src/base/errors';
import { nullLogger } from '../../src/base/logger';
import type { ApprovalGate, ApprovalRequest } from '../../src/agent/types';
import { createFetch } from '../../src/base/http';
import { ModelCatalog } from '../../src/llm/lmstudio/catalog';
import { ModelValidator } from '../../src/llm/lmstudio/validator';
import { discoverServers } from '../../src/mcp/discovery';
import { type ApprovalAnswer, createAskingGate } from '../../src/policy/gates';
import { ModelLanes } from '../../src/tasks/modelLanes';
import { runTask } from '../../src/tasks/taskRunner';
import type { RunEnd, TaskEvent } from '../../src/tasks/types';
import { gate } from '../simulator/gate';
import { type Simulator, startSimulator } from '../simulator/server';
import { filesystem, makeWorkspace, type Workspace } from '../support/cli';
import { modelServer } from '../support/lmstudio';
import { connectionsIn } from '../support/mcp/harness';

const WAITING = 'Write the summary.';
const WORKING = 'Count to three.';

describe('a task that waits for approval', () => {
  let simulator: Simulator;
  let workspace: Workspace;
  let catalog: ModelCatalog;
  let lanes: ModelLanes;

  beforeEach(async () => {
    simulator = await startSimulator();
    workspace = await makeWorkspace({ filesystem });
    catalog = new ModelCatalog(modelServer(simulator.url), systemClock);
    lanes = new ModelLanes();
    const write = { match: 'write_file', arguments: { path: workspace.path('summary.md'), content: 'Short.' } };
    simulator.setScript(({ messages }) => {
      if (JSON.stringify(messages).includes(WORKING)) return { text: 'One, two, three.' };
      const isFirst = messages.every(({ role }) => role !== 'tool');
      return isFirst ? { text: 'I write it now.', toolCalls: [write] } : { text: 'It is written.' };
    });
  });
  afterEach(async () => {
    catalog.dispose();
    await simulator.close();
    await workspace.remove();
  });

  async function run(
    task: string,
    approval: ApprovalGate,
    onEvent: (event: TaskEvent) => void = () => undefined,
    signal = new AbortController().signal,
  ): Promise<RunEnd> {
    return runTask(
      {
        ...{ task, model: undefined, servers: { kind: 'named', names: ['filesystem'] } },
        ...{ maxRounds: 5, maxTokens: undefined, timeoutMs: undefined },
      },
      {
        ...{ clock: systemClock, logger: nullLogger, version: '0.0.0', server: catalog.server, lanes },
        validator: new ModelValidator(catalog, systemClock),
        fetch: createFetch(systemClock),
        workspaces: [workspace.folder],
        connections: connectionsIn([workspace.folder]),
        found: await discoverServers({ workspaces: [workspace.folder] }),
        gate: approval,
      },
      onEvent,
      signal,
    );
  }

  /** A gate before a person who has not answered yet. */
  function askingGate() {
    const asked = gate();
    let answer: (answer: ApprovalAnswer) => void = () => undefined;
    const seen: ApprovalRequest[] = [];
    const approval = createAskingGate({
      store: { rules: [], add: () => Promise.resolve() },
      definitionOf: () => 'print',
      ask: ({ request }, signal) => {
        seen.push(request);
        return new Promise((resolve, reject) => {
          answer = resolve;
          signal.addEventListener('abort', () => reject(signal.reason as Error));
          asked.open();
        });
      },
    });
    return { approval, asked: asked.promise, seen, answer: (given: ApprovalAnswer) => answer(given) };
  }

  it('lets another task work meanwhile, on the same server, and goes on when it is answered', async () => {
    const { approval, asked, answer, seen } = askingGate();
    const waiting = run(WAITING, approval);
    await asked;
    assert.equal(lanes.isHeld(catalog.server.address.root), false, 'it holds no slot');
    const phases: string[] = [];
    const other = await run(WORKING, approval, (event) => {
      if (event.type === 'phase') phases.push(event.phase);
    });
    assert.deepEqual([other.status, other.text], ['completed', 'One, two, three.']);
    assert.ok(!phases.includes('queued'), phases.join());
    assert.equal(existsSync(workspace.path('summary.md')), false);
    assert.deepEqual(
      seen.map(({ tool, reason, arguments: args }) => [tool.server, tool.name, reason, args['content']]),
      [['filesystem', 'write_file', 'I write it now.', 'Short.']],
    );
    answer({ kind: 'once' });
    const end = await waiting;
    assert.deepEqual([end.status, end.text], ['completed', 'It is written.']);
    assert.equal(existsSync(workspace.path('summary.md')), true);
  });

  it('gives the words of a no to the model, and goes on without the call', async () => {
    const { approval, asked, answer } = askingGate();
    const events: TaskEvent[] = [];
    const running = run(WAITING, approval, (event) => events.push(event));
    await asked;
    answer({ kind: 'deny', reason: 'The person said no, and why: write into drafts/ instead' });
    assert.equal((await running).status, 'completed');
    assert.equal(existsSync(workspace.path('summary.md')), false);
    const told = JSON.stringify(simulator.requests.at(-1)?.body);
    assert.ok(told.includes('did not run. The person said no, and why: write into drafts/ instead'), told);
    const result = events.find((event) => event.type === 'tool_result');
    assert.ok(result?.type === 'tool_result' && result.code === 'approval-denied');
  });

  it('ends when it is cancelled, and its call never runs', async () => {
    const { approval, asked, answer } = askingGate();
    const controller = new AbortController();
    const running = run(WAITING, approval, undefined, controller.signal);
    await asked;
    controller.abort(new BridgeError('cancelled', 'Stopped.'));
    assert.equal((await running).status, 'cancelled');
    answer({ kind: 'once' });
    assert.equal(existsSync(workspace.path('summary.md')), false);
  });
});
