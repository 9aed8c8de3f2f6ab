/** What the model is given of the results of real MCP servers, seen on the wire behind `dist/cli.js`. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import type { ChatRequest } from '../simulator/chatRequest';
import { startSimulator, type Simulator, type SimulatorOptions } from '../simulator/server';
import type { Turn } from '../simulator/turn';
import {
  type CliResult,
  everything,
  filesystem,
  makeWorkspace,
  ofType,
  runCli,
  theOnly,
  type Workspace,
} from '../support/cli';

let simulator: Simulator;
let workspace: Workspace;

/** To be called in every `describe`: what it opens is not for the tests of other files. */
function inEachTest(): void {
  beforeEach(async () => {
    workspace = await makeWorkspace({ filesystem, everything });
  });

  afterEach(async () => {
    await simulator.close();
    await workspace.remove();
  });
}

async function run(server: string, options: SimulatorOptions, ...args: string[]): Promise<CliResult> {
  simulator = await startSimulator(options);
  const common = ['--json', '--url', simulator.url, '--workspace', workspace.folder];
  return runCli(['run', ...common, '--mcp', server, '--task', 'Go.', ...args], { cwd: workspace.folder });
}

/** The result that the model was given last. */
function lastResult({ messages }: ChatRequest): string {
  return messages.findLast(({ role }) => role === 'tool')?.content ?? '';
}

describe('a result that is too long for the context', () => {
  inEachTest();

  const text = Array.from({ length: 4_000 }, (_, line) => `line ${String(line)}`).join('\n');
  const keptId = (request: ChatRequest): string => /id "(r\d+)"/.exec(lastResult(request))?.[1] ?? 'none';

  beforeEach(async () => {
    await workspace.write('long.txt', text);
  });

  const read = (): Turn => ({
    toolCalls: [{ match: /read_text_file$/, arguments: { path: workspace.path('long.txt') } }],
  });

  it('is shortened, and the model can read on and search in it', async () => {
    let id = '';
    const script = (request: ChatRequest, index: number): Turn => {
      if (index === 0) return read();
      if (index === 1) {
        id = keptId(request);
        return { toolCalls: [{ name: 'read_result', arguments: { id, from: 10_000 } }] };
      }
      if (index === 2) return { toolCalls: [{ name: 'read_result', arguments: { id, find: 'LINE 3456' } }] };
      return { text: 'Done.' };
    };
    const result = await run('filesystem', { script });
    const [whole, page, found] = ofType(result, 'tool_result');
    assert.equal(whole?.['truncated'], true);
    assert.match(
      String(whole['text']),
      /line 0\n[^]*characters left out here; call read_result with id "r1"[^]*line 3999/,
    );
    assert.deepEqual([page?.['isError'], page?.['truncated']], [false, false]);
    assert.ok(String(page?.['text']).includes(text.slice(10_000, 11_000)));
    assert.match(String(found?.['text']), /line 3456\n/);
    assert.deepEqual(
      ofType(result, 'tool_call').map(({ server, tool }) => [server, tool]),
      [
        ['filesystem', 'read_text_file'],
        ['lmstudio-bridge', 'read_result'],
        ['lmstudio-bridge', 'read_result'],
      ],
    );
    assert.equal(theOnly(result, 'run_end')['status'], 'completed');
  });

  it('does not count its tool among those of the servers, and leaves no file behind', async () => {
    const offered: number[] = [];
    const script = ({ tools }: ChatRequest, index: number): Turn => {
      offered.push(tools.length);
      return index === 0 ? read() : { text: 'Done.' };
    };
    const temporary = workspace.path('tmp');
    await workspace.write('tmp/keep', '');
    simulator = await startSimulator({ script });
    const args = ['--json', '--url', simulator.url, '--mcp', 'filesystem', '--task', 'Go.'];
    const result = await runCli(['run', ...args], { cwd: workspace.folder, env: { TMPDIR: temporary } });
    assert.equal(ofType(result, 'tool_result')[0]?.['truncated'], true);
    assert.equal(Number(theOnly(result, 'run_start')['toolCount']) + 1, offered[0]);
    assert.deepEqual(await readdir(temporary), ['keep']);
  });

  it('that does not exist is an error for the model, and no path', async () => {
    const call = (id: string): Turn => ({ toolCalls: [{ name: 'read_result', arguments: { id } }] });
    const result = await run('filesystem', { script: [call('r9'), call('../../etc/passwd'), { text: 'Done.' }] });
    for (const answer of ofType(result, 'tool_result')) {
      assert.equal(answer['code'], 'tool-failed');
      assert.match(String(answer['text']), /There is no kept result/);
    }
    assert.equal(theOnly(result, 'run_end')['status'], 'completed');
  });

  it('is left as it is where it fits', async () => {
    await workspace.write('long.txt', 'short');
    const result = await run('filesystem', { script: [read(), { text: 'Done.' }] });
    const answer = theOnly(result, 'tool_result');
    assert.deepEqual([answer['text'], answer['truncated']], ['short', false]);
  });
});

describe('a picture in a result', () => {
  inEachTest();

  const script = [{ toolCalls: [{ match: 'get_tiny_image', arguments: {} }] }, { text: 'A logo.' }] satisfies Turn[];
  const bodies = () =>
    simulator.requests
      .filter(({ path }) => path === '/v1/chat/completions')
      .map(({ body }) => body as { messages: { role: string; content: unknown }[] });

  it('is shown to a model that sees, after the results of the same answer', async () => {
    const result = await run(
      'everything',
      { script },
      '--model',
      'google/gemma-3-12b',
      '--tool-calls',
      'native',
      '--approve',
      'all',
    );
    const last = bodies()[1]?.messages.at(-1);
    assert.equal(last?.role, 'user');
    assert.match(JSON.stringify(last.content), /"image_url":\{"url":"data:image\/png;base64,/);
    assert.match(String(theOnly(result, 'tool_result')['text']), /\[image 1: image\/png/);
    assert.equal(bodies()[1]?.messages.at(-2)?.role, 'tool');
  });

  it('is kept from a model that does not see, and it is told so', async () => {
    const result = await run('everything', { script }, '--model', 'qwen/qwen3-8b', '--approve', 'all');
    assert.doesNotMatch(JSON.stringify(bodies()), /base64/);
    assert.match(String(theOnly(result, 'tool_result')['text']), /You cannot see images/);
  });
});

describe('every kind of content', () => {
  inEachTest();

  it('reaches the model as a tool message with the id of its call', async () => {
    const kinds: readonly [string, object, RegExp][] = [
      ['echo', { message: 'hi' }, /Echo: hi/],
      ['get_structured_content', { location: 'Chicago' }, /"temperature"/],
      ['get_resource_links', { count: 1 }, /\[resource link: .+ <demo:/],
      ['get_resource_reference', { resourceType: 'Text', resourceId: 1 }, /\[resource demo:/],
      ['get_sum', { a: 'one' }, /.+/],
    ];
    const toolCalls = kinds.map(([match, args]) => ({ match, arguments: args as Record<string, string> }));
    const result = await run('everything', { script: [{ toolCalls }, { text: 'Done.' }] }, '--approve', 'all');
    const answers = ofType(result, 'tool_result');
    for (const [index, [, , expected]] of kinds.entries()) assert.match(String(answers[index]?.['text']), expected);
    const sent = simulator.requests.filter(({ path }) => path === '/v1/chat/completions')[1]?.body as unknown as {
      messages: { role: string; tool_call_id?: string; content: string }[];
    };
    const messages = sent.messages.filter(({ role }) => role === 'tool');
    assert.deepEqual(
      messages.map((message) => [message.tool_call_id, message.content]),
      answers.map((answer) => [answer['id'], answer['text']]),
    );
    assert.equal(answers.at(-1)?.['isError'], true);
  });
});
