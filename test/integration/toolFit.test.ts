/** Many tools and a small context, through `dist/cli.js` with real MCP servers: what is offered, found and called. */
import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import type { ChatRequest } from '../simulator/chatRequest';
import { sampleModels } from '../simulator/models';
import { type Simulator, type SimulatorOptions, startSimulator } from '../simulator/server';
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

const CHAT = '/v1/chat/completions';
const EMBEDDINGS = '/v1/embeddings';
const QWEN = 'qwen/qwen3-8b';
const NOMIC = 'text-embedding-nomic-embed-text-v1.5';
const everything = {
  command: process.execPath,
  args: [resolve(__dirname, '../../node_modules/@modelcontextprotocol/server-everything/dist/index.js')],
};

interface Costs {
  readonly tokens: number;
  readonly offered: number;
  readonly offeredTokens: number;
  readonly budget: number;
  readonly servers: readonly { server: string; tools: number; tokens: number; offered: number }[];
}

/** Tools of our own that are no part of the choice; server-everything has resources. */
const HELPERS = ['read_result', 'list_resources', 'read_resource'];

describe('tools that do not fit', () => {
  let simulator: Simulator;
  let workspace: Workspace;

  /** The model is in memory with this context, and the model for embeddings where it is wanted. */
  async function start(context: number, options: SimulatorOptions & { withEmbedding?: boolean } = {}): Promise<void> {
    const models = sampleModels().map((spec) =>
      spec.key === QWEN
        ? { ...spec, loadedContext: context }
        : spec.key === NOMIC && options.withEmbedding
          ? { ...spec, loadedContext: 2_048 }
          : spec,
    );
    simulator = await startSimulator({ script: [{ text: 'Done.' }], ...options, models });
    workspace = await makeWorkspace({ everything, many: fake('manyTools') });
  }

  afterEach(async () => {
    await simulator.close();
    await workspace.remove();
  });

  const run = (task: string, ...args: string[]): Promise<CliResult> =>
    runCli(
      ['run', '--json', '--url', simulator.url, '--workspace', workspace.folder, '--all-mcps', '--task', task, ...args],
      { cwd: workspace.folder },
    );
  const requests = (path: string) => simulator.requests.filter((request) => request.path === path);
  const chats = () => requests(CHAT).map(({ body }) => body as unknown as ChatRequest);
  const offeredIn = (request: ChatRequest | undefined): string[] =>
    ((request?.tools ?? []) as unknown as { function: { name: string } }[]).map((tool) => tool.function.name);
  const costsOf = (result: CliResult): Costs => theOnly(result, 'tools') as unknown as Costs;
  const toolMessages = (): string[] =>
    (chats().at(-1)?.messages ?? []).flatMap((message) => (message.role === 'tool' ? [message.content] : []));

  function assertCompleted(result: CliResult): void {
    assert.equal(theOnly(result, 'run_end')['status'], 'completed', result.stdout + result.stderr);
  }

  it('are chosen for the task; the model finds another one, and calls it in both ways', async () => {
    await start(4_096);
    simulator.setScript([
      { toolCalls: [{ name: 'find_tools', arguments: { query: 'many tool_217' } }] },
      { toolCalls: [{ name: 'use_tool', arguments: { name: 'many__tool_217', arguments: {} } }] },
      { toolCalls: [{ name: 'many__tool_218', arguments: {} }] },
      { text: 'Done.' },
    ]);
    const result = await run('Get the sum of 2 and 3.', '--approve', 'all');
    assertCompleted(result);

    const [first, ...later] = chats().map(offeredIn);
    assert.ok(first && first.length < 60, String(first?.length));
    assert.ok(first.includes('everything__get_sum'));
    assert.deepEqual(first.slice(-5), ['find_tools', 'use_tool', ...HELPERS]);
    assert.ok(!first.includes('many__tool_217') && !first.includes('many__tool_218'));
    for (const offered of later) assert.deepEqual(offered, first, 'the same in every request');

    const begin = theOnly(result, 'run_start');
    const costs = costsOf(result);
    assert.deepEqual([begin['toolCount'], begin['toolTokens']], [265, costs.tokens]);
    assert.equal(costs.budget, 1_365);
    assert.ok(costs.offeredTokens <= costs.budget && costs.tokens > costs.budget);
    const sent = (chats()[0]?.tools as unknown as unknown[]).slice(0, -HELPERS.length);
    assert.equal(Math.ceil(JSON.stringify(sent).length / 4) <= costs.offeredTokens, true);
    assert.deepEqual(
      costs.servers.map(({ server, tools }) => [server, tools]),
      [
        // With everything allowed its tool that asks the model is among them.
        ['everything', 15],
        ['many', 250],
      ],
    );
    assert.equal(costs.offered, first.length - 2 - HELPERS.length);
    const warning = ofType(result, 'warning').find(({ code }) => code === 'tools-not-offered');
    assert.match(String(warning?.['message']), /^\d+ of 265 tools are offered, for [\d,]+ tokens in every request/);

    const calls = ofType(result, 'tool_call').map(({ server, tool, arguments: args }) => [server, tool, args]);
    assert.deepEqual(calls, [
      ['lmstudio-bridge', 'find_tools', { query: 'many tool_217' }],
      ['many', 'tool_217', {}],
      ['many', 'tool_218', {}],
    ]);
    const [found, ...done] = toolMessages();
    assert.match(found ?? '', /Tool many__tool_217\n\[many\] Does tool_217\.\nArguments: \{"type":"object"\}/);
    assert.deepEqual(done, ['done', 'done']);
  });

  it('are asked for approval as what they are, also through use_tool', async () => {
    await start(4_096);
    simulator.setScript([
      { toolCalls: [{ name: 'use_tool', arguments: { name: 'many__tool_3', arguments: {} } }] },
      { text: 'Refused.' },
    ]);
    const result = await run('Go.');
    assertCompleted(result);
    assert.deepEqual(theOnly(result, 'tool_call')['tool'], 'tool_3');
    assert.equal(theOnly(result, 'approval')['decision'], 'denied');
    assert.equal(theOnly(result, 'tool_result')['code'], 'approval-denied');
  });

  it('are never offered where one alone is larger than the share; the model finds it with a shorter schema', async () => {
    await start(4_096);
    await workspace.write('.mcp.json', JSON.stringify({ mcpServers: { huge: fake('hugeTool'), filesystem } }));
    simulator.setScript([
      { toolCalls: [{ name: 'find_tools', arguments: { query: 'configure' } }] },
      { toolCalls: [{ name: 'huge__configure', arguments: {} }] },
      { toolCalls: [{ name: 'use_tool', arguments: { name: 'huge__configure', arguments: { target: 'a' } } }] },
      { text: 'Done.' },
    ]);
    const result = await run('Use #configure.', '--approve', 'all');
    assertCompleted(result);
    assert.ok(offeredIn(chats()[0]).length > 2 && !offeredIn(chats()[0]).includes('huge__configure'));
    const warning = ofType(result, 'warning').find(({ code }) => code === 'tools-not-offered');
    assert.match(String(warning?.['message']), /huge__configure was asked for by name, but there was no room/);
    const [found, wrong, done] = toolMessages();
    assert.match(found ?? '', /Tool huge__configure\n.*\nArguments \(schema shortened\): \{.*"required":\["target"\]/);
    assert.match(wrong ?? '', /target/);
    assert.equal(done, 'done');
    assert.equal(
      ofType(result, 'tool_result').some(({ truncated }) => truncated === true),
      false,
    );
  });

  it('are all offered where the context is large, with nothing of ours that finds them and no word about it', async () => {
    await start(32_768, { withEmbedding: true });
    const result = await run('Get the sum of 2 and 3.');
    assertCompleted(result);
    assert.deepEqual(offeredIn(chats()[0]).slice(264), HELPERS);
    assert.deepEqual([costsOf(result).offered, costsOf(result).tokens], [264, costsOf(result).offeredTokens]);
    assert.deepEqual(ofType(result, 'warning'), []);
    assert.equal(requests(EMBEDDINGS).length, 0);
  });

  it('are offered all the same where the person names them, on the command line or in the task', async () => {
    await start(4_096);
    const result = await run('Go on with #tool_188.', '--tool', 'many/tool_201', '--tool', 'tool_x');
    assertCompleted(result);
    const offered = offeredIn(chats()[0]);
    assert.ok(offered.includes('many__tool_188') && offered.includes('many__tool_201'));
    const unknown = ofType(result, 'warning').find(({ code }) => code === 'tool-unknown');
    assert.match(String(unknown?.['message']), /No server has a tool "tool_x"/);
  });

  it('are compared with the task by an embedding model that is in memory: one request, and no other choice of words', async () => {
    await start(4_096, { withEmbedding: true });
    const result = await run('Get the sum of 2 and 3.');
    assertCompleted(result);
    const [asked, ...more] = requests(EMBEDDINGS).map(({ body }) => body as { model: string; input: string[] });
    assert.deepEqual([asked?.model, asked?.input.length, more.length], [NOMIC, 265, 0]);
    assert.equal(asked?.input[0], 'Get the sum of 2 and 3.');
    assert.ok(offeredIn(chats()[0]).includes('everything__get_sum'));
  });

  it('cause no load of an embedding model', async () => {
    await start(4_096);
    assertCompleted(await run('Get the sum of 2 and 3.'));
    assert.equal(requests(EMBEDDINGS).length, 0);
    assert.equal(simulator.models.instancesOf(NOMIC).length, 0);
  });

  it('are chosen by their words where embeddings are refused', async () => {
    await start(4_096, { withEmbedding: true, token: 'secret', forbiddenPaths: [EMBEDDINGS] });
    const result = await runCli(
      ['run', '--json', '--url', simulator.url, '--all-mcps', '--task', 'Get the sum of 2 and 3.'],
      { cwd: workspace.folder, env: { LM_API_TOKEN: 'secret' } },
    );
    assertCompleted(result);
    assert.equal(requests(EMBEDDINGS).length, 1);
    assert.ok(offeredIn(chats()[0]).includes('everything__get_sum'));
  });

  it('are told to the person before the first round', async () => {
    await start(4_096);
    const { stderr } = await runCli(['run', '--url', simulator.url, '--all-mcps', '--task', 'Go.'], {
      cwd: workspace.folder,
    });
    assert.match(stderr, /Tools: \d+ of 264 offered, about [\d,]+ tokens in every request instead of [\d,]+\n/);
    assert.match(stderr, / {2}everything: 14 tools, about [\d,]+ tokens, \d+ offered\n {2}many: 250 tools, about/);
  });

  it('are counted by doctor, for each server and tool', async () => {
    await start(4_096);
    const args = ['doctor', '--url', simulator.url, '--mcp-config', join(workspace.folder, '.mcp.json')];
    const [text, document] = await Promise.all([
      runCli(args, { cwd: workspace.folder }),
      runCli([...args, '--json'], { cwd: workspace.folder }),
    ]);
    assert.match(text.stdout, /MCP server "many" starts and offers 250 tools, about \d+ tokens in every request\./);
    const { mcpServers } = JSON.parse(document.stdout) as {
      mcpServers: { name: string; tools: string[]; tokens: number; toolTokens: Record<string, number> }[];
    };
    const many = mcpServers.find(({ name }) => name === 'many');
    assert.ok(many);
    assert.equal(many.tools.length, 250);
    assert.deepEqual(Object.keys(many.toolTokens), many.tools);
    assert.equal(
      Object.values(many.toolTokens).reduce((sum, tokens) => sum + tokens, 0),
      many.tokens,
    );
  });

  it('leave the prompt to the task: system prompt and framing take less than 400 tokens', async () => {
    await start(4_096);
    await workspace.write('.mcp.json', JSON.stringify({ mcpServers: { filesystem, many: fake('manyTools') } }));
    assertCompleted(await run('X'));
    const [request] = chats();
    const own = ((request?.tools ?? []) as unknown as { function: { name: string } }[]).slice(-3);
    assert.deepEqual(
      own.map((tool) => tool.function.name),
      ['find_tools', 'use_tool', 'read_result'],
    );
    const framing = JSON.stringify(request?.messages).length + JSON.stringify(own).length;
    assert.ok(framing / 4 < 400, `${String(framing / 4)} tokens`);
  });
});
