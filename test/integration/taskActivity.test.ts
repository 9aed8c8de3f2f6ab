/** What the catalog shows while a task works: the phases of its turns, as far as they can be known. */
import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock';
import { nullLogger } from '../../src/base/logger';
import { createFetch } from '../../src/base/http';
import { ModelCatalog } from '../../src/llm/lmstudio/catalog';
import { ModelValidator } from '../../src/llm/lmstudio/validator';
import { parseConfigFile } from '../../src/mcp/configFile';
import { givenSource } from '../../src/mcp/serverSpec';
import { createUnattendedGate } from '../../src/policy/gates';
import { ModelLanes } from '../../src/tasks/modelLanes';
import { runTask } from '../../src/tasks/taskRunner';
import { gate } from '../simulator/gate';
import { type Simulator, startSimulator } from '../simulator/server';
import { modelServer } from '../support/lmstudio';
import { connectionsIn } from '../support/mcp/harness';

const QWEN = 'qwen/qwen3-8b';
const GPT = 'openai/gpt-oss-20b';
const signal = new AbortController().signal;

describe('a model that works for a task', () => {
  let simulator: Simulator;
  let catalog: ModelCatalog;
  let loading = gate();

  beforeEach(async () => {
    loading = gate();
    simulator = await startSimulator({ script: [{ text: 'Done.' }], beforeLoad: () => loading.promise });
    catalog = new ModelCatalog(modelServer(simulator.url), systemClock);
  });
  afterEach(async () => {
    catalog.dispose();
    await simulator.close();
  });

  /** The activities of a model from now on, each once in a row. */
  function follow(key: string): string[] {
    const seen: string[] = [];
    catalog.onDidChange(({ snapshot }) => {
      const activity = snapshot.models.find((model) => model.key === key)?.activity;
      if (activity !== undefined && activity !== seen.at(-1)) seen.push(activity);
    });
    return seen;
  }

  const run = (model: string) =>
    runTask(
      {
        ...{ task: 'Go.', model, servers: { kind: 'none' } },
        ...{ maxRounds: 3, maxTokens: undefined, timeoutMs: undefined },
      },
      {
        clock: systemClock,
        logger: nullLogger,
        version: '0.0.0',
        server: catalog.server,
        validator: new ModelValidator(catalog, systemClock),
        fetch: createFetch(systemClock),
        lanes: new ModelLanes(),
        workspaces: [process.cwd()],
        connections: connectionsIn([process.cwd()]),
        found: parseConfigFile('{"mcpServers":{}}', givenSource('mcp.json')),
        gate: createUnattendedGate('none'),
        onPhase: (key, phase) => catalog.markActivity(key, phase),
      },
      () => undefined,
      signal,
    );

  it('first reads the prompt and then generates, and is idle again', async () => {
    const seen = follow(QWEN);
    assert.equal((await run(QWEN)).status, 'completed');
    assert.deepEqual(seen, ['idle', 'processing-prompt', 'generating', 'idle']);
  });

  it('is shown as being loaded while the request waits for that', async () => {
    const seen = follow(GPT);
    const running = run(GPT);
    await simulator.waitForRequest(({ path }) => path === '/v1/chat/completions');
    assert.equal(seen.at(-1), 'loading');
    loading.open();
    assert.equal((await running).status, 'completed');
    // Without being told: that it answers shows that the list is old.
    const lists = () => simulator.requests.filter(({ path }) => path === '/api/v1/models').length;
    await simulator.waitForRequest(() => lists() === 2);
    await catalog.refresh();
    assert.deepEqual([...new Set(seen)], ['not-loaded', 'loading', 'generating', 'idle']);
  });
});
