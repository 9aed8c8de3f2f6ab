/** A small context with many tools and large results, through `dist/cli.js` with a real MCP server. */
import assert from 'node:assert/strict';
import { sampleModels } from '../simulator/models';
import { type Simulator, startSimulator } from '../simulator/server';
import type { Turn } from '../simulator/turn';
import {
  type CliResult,
  fake,
  filesystem,
  makeWorkspace,
  ofType,
  runCli,
  theOnly,
  type Workspace,
} from '../support/cli';

const QWEN = 'qwen/qwen3-8b';
const CONTEXT = 4_096;
/** Five times as much as one result may be long at this context. */
const LARGE = 16_000;

describe('a context of 4,096 with more than forty tools', () => {
  let simulator: Simulator;
  let workspace: Workspace;

  beforeEach(async () => {
    const models = sampleModels().map((spec) => (spec.key === QWEN ? { ...spec, loadedContext: CONTEXT } : spec));
    simulator = await startSimulator({ models });
    workspace = await makeWorkspace({ filesystem, many: fake('manyTools') });
  });

  afterEach(async () => {
    await simulator.close();
    await workspace.remove();
  });

  /** Reads so many large files, one a round, and then answers. */
  async function readFiles(count: number): Promise<CliResult> {
    const turns: Turn[] = [];
    for (let n = 0; n < count; n++) {
      const path = await workspace.write(`large-${String(n)}.txt`, `File ${String(n)}. `.padEnd(LARGE, 'lorem ipsum '));
      turns.push({ toolCalls: [{ match: /read_text_file$/, arguments: { path } }] });
    }
    simulator.setScript([...turns, { text: `I have read ${String(count)} files.` }]);
    const task = `Read ${String(count)} files with read_text_file and say when you are done.`;
    return runCli(
      ['run', '--json', '--url', simulator.url, '--workspace', workspace.folder, '--all-mcps', '--task', task],
      { cwd: workspace.folder },
    );
  }

  function assertRead(result: CliResult, count: number): void {
    assert.equal(result.code, 0, result.stdout + result.stderr);
    assert.equal(theOnly(result, 'run_end')['text'], `I have read ${String(count)} files.`);
    assert.equal(ofType(result, 'tool_result').filter(({ isError }) => isError === false).length, count);
    assert.ok(Number(theOnly(result, 'tools')['budget']) < CONTEXT / 2);
  }

  it('holds a task whose results fit beside the tools', async () => {
    assertRead(await readFiles(2), 2);
  });

  // Five results of a fifth of the context each do not fit into it together: the old ones make room.
  it('holds a task of five steps with large results', async () => {
    assertRead(await readFiles(5), 5);
  });
});
