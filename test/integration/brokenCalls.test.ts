/** Tool calls that arrive broken, through `dist/cli.js` with a real MCP server: what is saved, and what is refused. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { FAULT_NAMES, fault } from '../simulator/faults';
import { type LeakFormat, leakedText } from '../simulator/leaks';
import { startSimulator, type Simulator } from '../simulator/server';
import type { Script, Turn } from '../simulator/turn';
import { filesystem, makeWorkspace, ofType, runCli, theOnly, type CliResult, type Workspace } from '../support/cli';

const LEAKS = FAULT_NAMES.flatMap((name) => (name.startsWith('leak-') ? [name.slice(5) as LeakFormat] : []));
const GEMMA = 'google/gemma-3-12b';
const READ = 'read_text_file';

let simulator: Simulator;
let workspace: Workspace;
let plan: string;

/** To be called in every `describe`: what it opens is not for the tests of other files. */
function inEachTest(): void {
  before(async () => {
    workspace = await makeWorkspace({ filesystem });
    plan = workspace.path('notes/launch-plan.md');
  });
  beforeEach(async () => {
    simulator = await startSimulator();
  });
  afterEach(() => simulator.close());
  after(() => workspace.remove());
}

function run(script: Script, ...args: string[]): Promise<CliResult> {
  simulator.setScript(script);
  const common = ['run', '--json', '--url', simulator.url, '--workspace', workspace.folder, '--mcp', 'filesystem'];
  return runCli([...common, '--task', 'Read the plan.', ...args], { cwd: workspace.folder });
}

interface SentMessage {
  readonly role: string;
  readonly content: string;
  readonly tool_calls?: readonly { readonly function: { readonly name: string; readonly arguments: string } }[];
}
interface SentBody {
  readonly messages: readonly SentMessage[];
  readonly tools?: unknown;
}
const sent = (): SentBody[] =>
  simulator.requests
    .filter(({ path }) => path === '/v1/chat/completions')
    .map(({ body }) => body as unknown as SentBody);
const said = (result: CliResult, type: 'text_delta' | 'reasoning_delta'): string =>
  ofType(result, type)
    .map(({ text }) => text)
    .join('');
const codes = (result: CliResult): unknown[] => ofType(result, 'tool_result').map(({ code }) => code);
const DONE: Turn = { text: 'Done.' };
const calling = (args: Record<string, unknown> | string, more: Partial<Turn> = {}): Turn => ({
  toolCalls: [{ name: READ, arguments: args as string }],
  ...more,
});

async function assertPlanWasRead(result: CliResult): Promise<void> {
  assert.equal(result.code, 0, result.stdout + result.stderr);
  const answered = theOnly(result, 'tool_result');
  assert.equal(String(answered['text']).trim(), (await readFile(plan, 'utf8')).trim());
}

describe('a call that leaked', () => {
  inEachTest();

  for (const format of LEAKS) {
    it(`into the text as ${format} is run, and its markup is never shown`, async () => {
      const result = await run([calling({ path: plan }, { leakAs: format }), DONE]);
      await assertPlanWasRead(result);
      const call = theOnly(result, 'tool_call');
      assert.deepEqual([call['tool'], call['arguments'], call['recovered']], [READ, { path: plan }, true]);
      assert.equal(said(result, 'text_delta').trim(), 'Done.');
      assert.equal(theOnly(result, 'run_end')['recoveredCalls'], 1);
      const replayed = sent()[1]?.messages.find(({ role }) => role === 'assistant');
      assert.deepEqual(replayed?.tool_calls?.[0]?.function, { name: READ, arguments: JSON.stringify({ path: plan }) });
    });
  }

  it('into the reasoning is run', async () => {
    const into = { leakAs: 'tool-call-json', leakInto: 'reasoning', reasoning: 'I look.' } as const;
    const result = await run([calling({ path: plan }, into), DONE]);
    await assertPlanWasRead(result);
    assert.equal(said(result, 'reasoning_delta').trim(), 'I look.');
  });

  it('beside the same call from the server runs once', async () => {
    const leak = leakedText('tool-call-json', [{ name: READ, arguments: JSON.stringify({ path: plan }) }]);
    const result = await run([calling({ path: plan }, { text: leak }), DONE]);
    await assertPlanWasRead(result);
    assert.equal(theOnly(result, 'run_end')['recoveredCalls'], 0);
  });

  it('and was cut off does not run, and the model is told', async () => {
    const text = `<tool_call>{"name": "${READ}", "arguments": {"path": "${plan.slice(0, -3)}`;
    const result = await run([{ text, finish: 'length' }, calling({ path: plan }), DONE]);
    assert.equal(result.code, 0);
    assert.deepEqual(codes(result), ['tool-arguments', undefined]);
    assert.match(String(ofType(result, 'tool_result')[0]?.['text']), /cut off/);
    assert.equal(said(result, 'text_delta'), 'Done.');
  });

  it('is counted in the last line for a person', async () => {
    simulator.setScript([calling({ path: plan }, { leakAs: 'mistral' }), DONE]);
    const args = ['run', '--url', simulator.url, '--workspace', workspace.folder, '--mcp', 'filesystem'];
    const result = await runCli([...args, '--task', 'Go.'], { cwd: workspace.folder });
    assert.equal(result.stdout.trim(), 'Done.');
    assert.match(result.stderr, /, 1 call found in text\.\s*$/);
  });
});

describe('what only looks like a call', () => {
  inEachTest();

  const leak = (format: LeakFormat, name = READ) =>
    leakedText(format, [{ name, arguments: JSON.stringify({ path: plan }) }]);
  const texts = {
    'an example in a fence': `Write this:\n\n\`\`\`xml\n${leak('tool-call-json')}\n\`\`\`\n\nThat is all.`,
    'an example in a fence of tildes': `~~~\n${leak('function-xml')}\n~~~`,
    'inline code': `The mark is \`${leak('tool-request')}\`.`,
    'a call to a tool that is not offered': leak('tool-call-json', 'delete_everything'),
    'an answer in JSON': '{"name": "launch", "path": "b.md", "steps": [1, 2]}',
    'a call with other words around it': `It would be ${leak('bare-json')}.`,
    'a call that does not fit': `{"name": "${READ}", "arguments": {"file": 1}}`,
    'a lone mark': 'The marks are <tool_call> and [TOOL_CALLS] and <|channel|>.',
  };
  for (const [what, text] of Object.entries(texts)) {
    it(`stays text: ${what}`, async () => {
      const result = await run([{ text, chunkSize: 3 }]);
      assert.deepEqual([result.code, ofType(result, 'tool_call').length], [0, 0], result.stdout);
      assert.equal(said(result, 'text_delta'), text);
      assert.equal(theOnly(result, 'run_end')['text'], text);
    });
  }
});

describe('arguments', () => {
  inEachTest();

  const quoted = (): string => plan.replaceAll("'", "\\'");

  it('that are badly written are repaired; the event and the conversation say what ran', async () => {
    const result = await run([calling(`{'path': '${quoted()}', "head": "2",}`), DONE]);
    assert.equal(result.code, 0, result.stdout);
    const call = theOnly(result, 'tool_call');
    assert.deepEqual(call['arguments'], { path: plan, head: 2 });
    assert.equal(call['rawArguments'], `{'path': '${quoted()}', "head": "2",}`);
    const lines = (await readFile(plan, 'utf8')).split('\n').slice(0, 2);
    assert.equal(theOnly(result, 'tool_result')['text'], lines.join('\n'));
    const replayed = sent()[1]?.messages.find(({ role }) => role === 'assistant')?.tool_calls?.[0];
    assert.equal(replayed?.function.arguments, JSON.stringify({ path: plan, head: 2 }));
  });

  it('of another type than the schema demands are coerced; those that fit are not touched', async () => {
    const turn: Turn = {
      toolCalls: [
        { name: 'read_multiple_files', arguments: { paths: plan } },
        { name: READ, arguments: JSON.stringify(JSON.stringify({ path: plan })) },
        { name: READ, arguments: { path: plan, head: 1 } },
      ],
    };
    const result = await run([turn, DONE]);
    assert.deepEqual(codes(result), [undefined, undefined, undefined], result.stdout);
    const calls = ofType(result, 'tool_call');
    assert.deepEqual(
      calls.map((call) => [call['arguments'], 'rawArguments' in call]),
      [
        [{ paths: [plan] }, true],
        [{ path: plan }, true],
        [{ path: plan, head: 1 }, false],
      ],
    );
  });

  it('that were cut off never run, whatever the server says of the answer', async () => {
    const cut = `{"path": "${plan}", "content": "half of`;
    const writing = (finish?: 'length'): Turn => ({
      toolCalls: [{ name: 'write_file', arguments: cut }],
      ...(finish ? { finish } : {}),
    });
    const before = await readFile(plan, 'utf8');
    const result = await run([writing(), writing('length'), DONE], '--approve', 'all');
    assert.equal(result.code, 0);
    assert.deepEqual(codes(result), ['tool-arguments', 'tool-arguments']);
    for (const { text } of ofType(result, 'tool_result')) assert.match(String(text), /cut off/);
    assert.equal(await readFile(plan, 'utf8'), before);
  });

  it('that cannot be understood are refused with every failing path and what was received', async () => {
    const result = await run([calling({ head: 'two', tail: {} }), calling('{"path": }'), DONE]);
    assert.deepEqual(codes(result), ['tool-arguments', 'tool-arguments']);
    const [unfit, unread] = ofType(result, 'tool_result').map(({ text }) => String(text));
    assert.match(
      unfit ?? '',
      /required property 'path'.*tail: must be number.*head: must be number.*Received: \{"head":"two"/,
    );
    assert.match(unread ?? '', /not a JSON object.*Received: \{"path": \}/);
  });

  it('of an unknown tool are not looked at: the model is told the nearest names', async () => {
    const result = await run([
      { toolCalls: [{ name: 'read_textfile', arguments: {} }] },
      calling({ path: plan }),
      DONE,
    ]);
    assert.deepEqual(codes(result), ['tool-not-found', undefined]);
    assert.match(
      String(ofType(result, 'tool_result')[0]?.['text']),
      /no tool "read_textfile"\. Available tools: read_text_file, /,
    );
  });
});

describe('prompted tools', () => {
  inEachTest();

  const asText = (): Turn => ({
    text: leakedText('tool-call-json', [{ name: READ, arguments: JSON.stringify({ path: plan }) }]),
  });
  const warnings = (result: CliResult): unknown[] => ofType(result, 'warning').map(({ code }) => code);

  async function assertPrompted(result: CliResult, requests: readonly SentBody[]): Promise<void> {
    await assertPlanWasRead(result);
    assert.equal(requests.length, 2);
    for (const { tools, messages } of requests) {
      assert.equal(tools, undefined);
      assert.ok(messages.every((message) => message.role !== 'tool' && !message.tool_calls));
    }
    const [first, second] = requests;
    assert.match(first?.messages[0]?.content ?? '', /# Tools[^]*"name":"read_text_file"/);
    assert.deepEqual(second?.messages.slice(0, first?.messages.length), first?.messages, 'it only grows');
    assert.deepEqual(
      second?.messages.map(({ role }) => role),
      ['system', 'user', 'assistant', 'user'],
    );
    assert.match(second.messages.at(-1)?.content ?? '', /^<tool_response name="read_text_file">\n/);
  }

  it('are used where they are asked for', async () => {
    const result = await run([asText(), DONE], '--tool-calls', 'prompted');
    await assertPrompted(result, sent());
    assert.deepEqual(warnings(result), []);
  });

  it('are used for a model that is not trained for tools, and this is said once', async () => {
    const result = await run([asText(), DONE], '--model', GEMMA);
    await assertPrompted(result, sent());
    assert.deepEqual(
      warnings(result).filter((code) => code === 'prompted-tools'),
      ['prompted-tools'],
    );
  });

  for (const name of ['E12', 'E13', 'E13-refused'] as const) {
    it(`are used where the server cannot offer the tools (${name}), once`, async () => {
      const result = await run([fault(name), asText(), DONE]);
      assert.ok(sent()[0]?.tools, 'it was tried natively');
      await assertPrompted(result, sent().slice(1));
      assert.deepEqual(warnings(result), ['prompted-tools']);
    });
  }

  it('are not used where the person wants native ones, nor for any other failure', async () => {
    const native = await run([calling({ path: plan }), DONE], '--model', GEMMA, '--tool-calls', 'native');
    await assertPlanWasRead(native);
    assert.ok(sent().every(({ tools }) => tools !== undefined));
    const refused = await run([fault('E12')], '--tool-calls', 'native');
    assert.deepEqual([refused.code, theOnly(refused, 'error')['code']], [1, 'bad-response']);
    const other = await run([fault('E14'), asText()]);
    assert.deepEqual([other.code, warnings(other)], [1, []]);
  });

  it('is one of three words', async () => {
    const result = await run([DONE], '--tool-calls', 'maybe');
    assert.deepEqual([result.code, sent().length], [2, 0]);
    assert.match(String(theOnly(result, 'error')['message']), /--tool-calls takes auto, native, prompted/);
  });
});
