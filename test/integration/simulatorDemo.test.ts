/** The demo model over HTTP with the real reference MCP servers: the loop that the demo shows, without our product. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { demoModels } from '../simulator/models';
import { startSimulator, type Simulator } from '../simulator/server';

interface WireCall {
  readonly id: string;
  readonly function: { readonly name: string; readonly arguments: string };
}

interface WireAnswer {
  readonly choices: readonly {
    readonly message: { readonly content: string; readonly tool_calls: readonly WireCall[] };
  }[];
}

interface Run {
  /** The servers' own names of the tools, in the order of the calls. */
  readonly calls: readonly string[];
  readonly answer: string;
}

const PLAN = `# Harvest plan

We start on Monday at dawn.

- Owner: Ada
- The code word for the harvest is **Bluebird**.

## Risks
Rain, and a harvest without baskets.
`;

describe('the demo model with real MCP servers', function () {
  this.timeout(30_000);
  let simulator: Simulator;
  let root: string;
  const clients: Client[] = [];
  const tools: object[] = [];
  const owners = new Map<string, { client: Client; name: string }>();

  async function connect(server: string, args: string[], env: Record<string, string> = {}): Promise<void> {
    const manifest = createRequire(__filename).resolve(`@modelcontextprotocol/server-${server}/package.json`);
    const script = join(dirname(manifest), 'dist', 'index.js');
    const client = new Client({ name: 'simulator-test', version: '1.0.0' });
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [script, ...args],
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stderr: 'ignore',
    });
    await client.connect(transport);
    clients.push(client);
    for (const tool of (await client.listTools()).tools) {
      const name = `${server}__${tool.name.replaceAll('-', '_')}`;
      owners.set(name, { client, name: tool.name });
      tools.push({
        type: 'function',
        function: { name, description: tool.description ?? '', parameters: tool.inputSchema },
      });
    }
  }

  before(async () => {
    // With a blank, because people's folders have them.
    root = await realpath(await mkdtemp(join(tmpdir(), 'demo model ')));
    await mkdir(join(root, 'papers'));
    await writeFile(join(root, 'papers', 'harvest.md'), PLAN);
    await writeFile(join(root, 'README.md'), '# Farm\n\nA small farm.\n');
    simulator = await startSimulator({ models: demoModels() });
    await connect('filesystem', [root]);
    await connect('memory', [], { MEMORY_FILE_PATH: join(root, '.memory.jsonl') });
    await connect('everything', []);
  });

  after(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await simulator.close();
    await rm(root, { recursive: true, force: true });
  });

  async function complete(messages: readonly object[]): Promise<WireAnswer['choices'][number]['message']> {
    const response = await fetch(`${simulator.url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'lmstudio-bridge/demo-planner', messages, tools }),
    });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    return (JSON.parse(text) as WireAnswer).choices[0]!.message;
  }

  async function callTool(call: WireCall): Promise<string> {
    const owner = owners.get(call.function.name);
    assert.ok(owner, call.function.name);
    const args = JSON.parse(call.function.arguments) as Record<string, unknown>;
    const result = await owner.client.callTool({ name: owner.name, arguments: args });
    const content = result.content as readonly { readonly text?: string }[];
    return content.map((part) => part.text ?? '').join('\n');
  }

  /** A plain agent loop. `refuse`: the person says no to this tool. */
  async function run(task: string, options: { system?: string; refuse?: string } = {}): Promise<Run> {
    const system = options.system ?? `You are an agent.\nWorkspace folders: ${root}\nUse the tools.`;
    const messages: object[] = [
      { role: 'system', content: system },
      { role: 'user', content: task },
    ];
    const calls: string[] = [];
    const seen = new Set<string>();
    for (;;) {
      const message = await complete(messages);
      messages.push({ role: 'assistant', ...message });
      if (message.tool_calls.length === 0) return { calls, answer: message.content };
      for (const call of message.tool_calls) {
        const key = call.function.name + call.function.arguments;
        assert.ok(!seen.has(key), `called twice: ${key}`);
        seen.add(key);
        const name = owners.get(call.function.name)?.name ?? call.function.name;
        calls.push(name);
        const refused = name === options.refuse;
        const content = refused ? 'The user denied this tool call.' : await callTool(call);
        messages.push({ role: 'tool', tool_call_id: call.id, content });
      }
    }
  }

  const TASK =
    'List the files in this folder, read the file papers/harvest.md and tell me the harvest code word, ' +
    "then remember it as 'harvest' in memory.";

  it('lists, reads, answers and remembers', async () => {
    const { calls, answer } = await run(TASK);
    assert.deepEqual(calls, ['list_directory', 'read_text_file', 'create_entities']);
    assert.match(answer, /`README\.md`[^]*`papers` \(folder\)[^]*> The code word for the harvest is Bluebird\./);
    assert.match(answer, /not a language model/);
    const recalled = await run('What do you remember about harvest?');
    assert.deepEqual(recalled.calls, ['search_nodes']);
    assert.match(recalled.answer, /name: harvest.*Bluebird/);
  });

  it('finds out which folders it may use when nobody says so', async () => {
    const { calls, answer } = await run('List the files in this folder.', { system: 'You are an agent.' });
    assert.deepEqual(calls, ['list_allowed_directories', 'list_directory']);
    assert.match(answer, /`README\.md`/);
  });

  it('writes a file', async () => {
    const { calls, answer } = await run("Create a folder called drafts. Then write 'Dear all' to drafts/mail.txt");
    assert.deepEqual(calls, ['create_directory', 'write_file']);
    assert.equal(await readFile(join(root, 'drafts', 'mail.txt'), 'utf8'), 'Dear all');
    assert.match(answer, /Successfully wrote/);
  });

  it('searches for a file that is not where it was said to be, and reads it there', async () => {
    const { calls, answer } = await run('What is the code word in harvest.md?');
    assert.deepEqual(calls, ['read_text_file', 'search_files', 'read_text_file']);
    assert.match(answer, /Bluebird/);
  });

  it('says what failed, and leaves out what depended on it', async () => {
    const { calls, answer } = await run("Read missing.md and remember it as 'missing'");
    assert.deepEqual(calls, ['read_text_file', 'search_files']);
    assert.match(answer, /I could not do “Read missing\.md”: ENOENT[^]*I left out “remember it as 'missing'”/);
  });

  it('does not read elsewhere what it may not read', async () => {
    const { calls, answer } = await run(`Read ${join(dirname(root), 'outside.txt')}`);
    assert.deepEqual(calls, ['read_text_file', 'list_allowed_directories']);
    assert.match(answer, /Access denied/);
  });

  it('goes on after a refusal and says so', async () => {
    const { calls, answer } = await run(TASK, { refuse: 'create_entities' });
    assert.deepEqual(calls, ['list_directory', 'read_text_file', 'create_entities']);
    assert.match(answer, /Bluebird[^]*refused, so I left it out/);
  });

  it('adds numbers and echoes', async () => {
    const { calls, answer } = await run("Get the sum of 4 and 5, then echo 'done'");
    assert.deepEqual(calls, ['get-sum', 'echo']);
    assert.match(answer, /sum of 4 and 5 is 9[^]*Echo: done/);
  });

  it('calls nothing when nothing fits', async () => {
    const { calls, answer } = await run('Hello, how are you?');
    assert.deepEqual(calls, []);
    assert.match(answer, /not a language model/);
  });
});
