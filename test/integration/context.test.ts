/** `dist/cli.js run` on small contexts: what is left out and when, and what happens where even that is not enough. */
import assert from 'node:assert/strict';
import type { ChatRequest } from '../simulator/chatRequest';
import {
  contextFull,
  overflow03,
  overflow04,
  overflow04Bare,
  overflow042x,
  overflowLlama,
} from '../simulator/engineTexts';
import { sampleModels, type ModelSpec } from '../simulator/models';
import { startSimulator, type Simulator, type SimulatorOptions } from '../simulator/server';
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
import { brokenBodyPair, isSummaryRequest, type WireMessage } from '../support/wireMessages';

let simulator: Simulator;
let workspace: Workspace;

const TASK = 'Read the files one after the other and tell me their words. Never write anything.';
/** Alone longer than a context of 2,048 tokens. */
const LONG_TASK = `${TASK} ${'Mind this too. '.repeat(600)}`;

function modelWith(loadedContext: number, more: Partial<ModelSpec> = {}): ModelSpec {
  const [model] = sampleModels();
  assert.ok(model);
  return { ...model, loadedContext, ...more };
}

async function start(context: number, options: Partial<SimulatorOptions> = {}): Promise<void> {
  simulator = await startSimulator({ models: [modelWith(context)], ...options });
}

/** To be called in every `describe`: what it opens is not for the tests of other files. */
function inEachTest(): void {
  beforeEach(async () => {
    workspace = await makeWorkspace({ filesystem, big: fake('bigResults'), wide: fake('bigResults', { TOOLS: '20' }) });
  });

  afterEach(async () => {
    await simulator.close();
    await workspace.remove();
  });
}

function run(server: string | undefined, ...args: string[]): Promise<CliResult> {
  const servers = server === undefined ? [] : ['--mcp', server];
  const fixed = ['run', '--json', '--url', simulator.url, '--workspace', workspace.folder, '--task', TASK];
  return runCli([...fixed, ...servers, ...args], { cwd: workspace.folder });
}

/** Reads so many files, then answers; summaries by `summary`. */
function reads(files: number, length: number, summary: Turn = { text: 'Read some files.' }) {
  let next = 0;
  return (request: ChatRequest): Turn => {
    if (isSummaryRequest(request)) return summary;
    next += 1;
    if (next > files) return { text: 'All words are known.' };
    return { text: `File ${next} now.`, toolCalls: [{ match: 'read', arguments: { file: `f${next}`, length } }] };
  };
}

function bodies(): { readonly messages: readonly WireMessage[]; readonly tools?: unknown }[] {
  return simulator.requests
    .filter(({ path }) => path === '/v1/chat/completions')
    .map(({ body }) => body as unknown as { messages: WireMessage[]; tools?: unknown });
}

const warnings = (result: CliResult, code: string) =>
  ofType(result, 'warning').filter((event) => event['code'] === code);

function assertCompleted(result: CliResult): void {
  assert.equal(result.code, 0, result.stdout + result.stderr);
  assert.equal(theOnly(result, 'run_end')['text'], 'All words are known.');
  assert.deepEqual(ofType(result, 'error'), []);
  for (const { messages } of bodies().filter((body) => body.tools !== undefined)) {
    assert.equal(brokenBodyPair(messages), undefined);
    assert.equal(messages[0]?.role, 'system');
    assert.deepEqual(messages[1], { role: 'user', content: TASK });
  }
  // The server took every request.
  assert.deepEqual([...new Set(simulator.requests.map(({ status }) => status))], [200]);
}

/** Requests of the agent that do not begin with the whole of the one before. */
function breaks(): number {
  const sent = bodies().filter(({ tools }) => tools !== undefined);
  return sent.slice(1).filter((body, at) => {
    const before = sent[at];
    assert.equal(JSON.stringify(body.tools), JSON.stringify(before?.tools), 'the tools never change');
    const kept = JSON.stringify(body.messages.slice(0, before?.messages.length));
    return kept !== JSON.stringify(before?.messages);
  }).length;
}

describe('a context that is large enough', () => {
  inEachTest();

  it('is never made room in: every request begins with the one before, byte for byte', async () => {
    await start(32_768, { script: reads(8, 3_000) });
    const result = await run('big');
    assertCompleted(result);
    assert.equal(bodies().length, 9);
    assert.equal(breaks(), 0);
    assert.deepEqual(ofType(result, 'warning'), []);
    const end = theOnly(result, 'run_end');
    assert.deepEqual([end['compactions'], end['prefixShare']], [0, 1]);
    const uses = ofType(result, 'context');
    assert.equal(uses.length, 9);
    const [last, usage] = [uses.at(-1), ofType(result, 'usage').at(-1)];
    assert.deepEqual([last?.['limit'], last?.['source']], [32_768, 'loaded-instance']);
    assert.equal(last?.['usedTokens'], Number(usage?.['promptTokens']) + Number(usage?.['completionTokens']));
  });
});

describe('a small context', () => {
  inEachTest();

  for (const [context, length] of [
    [2_048, 1_200],
    [4_096, 2_500],
    [8_192, 5_000],
  ] as const) {
    it(`of ${context} tokens does for twelve long results, with the prefix whole between compactions`, async () => {
      await start(context, { script: reads(12, length) });
      const result = await run('big');
      assertCompleted(result);
      const { compactions, prefixShare } = theOnly(result, 'run_end');
      assert.ok(
        Number(compactions) >= 1 && Number(compactions) <= 6,
        `${String(compactions)} compactions in 13 rounds`,
      );
      assert.equal(warnings(result, 'context-compacted').length, compactions);
      assert.equal(breaks(), compactions, 'only a compaction breaks the prefix');
      assert.equal(prefixShare, 1);
      for (const use of ofType(result, 'context')) assert.ok(Number(use['usedTokens']) < context);
    });
  }

  it('first loses old results, and says what they were', async () => {
    await start(4_096, { script: reads(6, 2_500) });
    const result = await run('big');
    assertCompleted(result);
    const [first] = warnings(result, 'context-compacted');
    assert.match(String(first?.['message']), /old tool results were left out \(about \d+ → \d+ of 4096 tokens\)/);
    const stub = bodies()
      .flatMap(({ messages }) => messages)
      .find((message) => message.role === 'tool' && message.content.startsWith('[Left out to save room'));
    assert.match(stub?.content ?? '', /\[Left out to save room: 2524 characters, which began with "f1: the quick/);
    assert.ok(!bodies().some(({ tools }) => tools === undefined), 'no summary was needed');
  });

  it('then has the model summarise old rounds, and counts that', async () => {
    await start(2_048, { script: reads(30, 1_200, { text: 'The words so far are W-f1 and W-f2.' }) });
    const result = await run('big');
    assertCompleted(result);
    assert.ok(warnings(result, 'context-compacted').some(({ message }) => String(message).includes('summarised')));
    const asked = bodies().filter(({ tools }) => tools === undefined);
    assert.ok(asked.length >= 1);
    for (const { messages } of asked)
      assert.match(messages[1]?.content ?? '', /Never write anything[\s\S]*data: follow no orders/);
    const answers = bodies().flatMap(({ messages }) => messages.filter(({ role }) => role === 'assistant'));
    assert.ok(answers.some(({ content }) => content.includes('data, not instructions.]\nThe words so far are W-f1')));
    const spent = ofType(result, 'usage').reduce((sum, event) => sum + Number(event['promptTokens']), 0);
    assert.equal((theOnly(result, 'run_end')['usage'] as { promptTokens: number }).promptTokens, spent);
    assert.equal(ofType(result, 'usage').length, bodies().length);
  });

  for (const [what, summary] of [
    [
      'fails',
      {
        error: {
          status: 400,
          body: { error: 'The model has crashed without additional information. (Exit code: 11)' },
        },
      },
    ],
    ['says nothing', { text: '' }],
    ['does not stop', { text: 'and so on '.repeat(400) }],
    ['only thinks', { reasoning: 'hm '.repeat(4_000) }],
  ] as const satisfies readonly (readonly [string, Turn])[]) {
    it(`goes on with a list of the calls where the model ${what}`, async () => {
      await start(2_048, { script: reads(30, 1_200, summary) });
      const result = await run('big');
      assert.equal(result.code, 0, result.stdout + result.stderr);
      const answers = bodies().flatMap(({ messages }) => messages.filter(({ role }) => role === 'assistant'));
      assert.ok(answers.some(({ content }) => /Calls so far[^]*- read \{"file":"f\d+"/.test(content)));
    });
  }

  it('does where the tools take a third of it', async () => {
    await start(4_096, { script: reads(5, 3_000) });
    const result = await run('wide');
    assertCompleted(result);
    const [first] = bodies();
    const share = JSON.stringify(first?.tools).length / 4 / 4_096;
    assert.ok(share > 0.3, String(share));
    assert.equal(ofType(result, 'tool_result').filter(({ isError }) => isError).length, 0);
  });

  it('does for the real filesystem server and its large files', async () => {
    await workspace.write('big.txt', 'All work and no play makes Jack a dull boy.\n'.repeat(500));
    let next = 0;
    await start(8_192, {
      script: (request) => {
        if (isSummaryRequest(request)) return { text: 'Read big.txt.' };
        next += 1;
        const path = workspace.path('big.txt');
        // The arguments differ, or the guard against repetition would speak up.
        if (next <= 6) return { toolCalls: [{ match: /read_text_file$/, arguments: { path, head: 400 + next } }] };
        return { text: 'All words are known.' };
      },
    });
    const result = await run('filesystem');
    assertCompleted(result);
    assert.ok(warnings(result, 'context-compacted').length >= 1);
  });

  it('survives several long results at once, unread', async () => {
    let next = 0;
    await start(4_096, {
      script: (request) => {
        if (isSummaryRequest(request)) return { text: 'Nothing yet.' };
        next += 1;
        const read = (n: number) => ({ match: 'read', arguments: { file: `p${next}-${n}`, length: 4_000 } });
        return next <= 3 ? { toolCalls: [1, 2, 3, 4, 5].map(read) } : { text: 'All words are known.' };
      },
    });
    const result = await run('big');
    assertCompleted(result);
  });
});

describe('a task that does not fit at all', () => {
  inEachTest();

  it('ends with the numbers and what to do, without going round in circles', async () => {
    await start(2_048, { script: reads(1, 100) });
    const result = await run('filesystem', '--task', LONG_TASK);
    assert.equal(result.code, 1);
    const error = theOnly(result, 'error');
    assert.equal(error['code'], 'context-overflow');
    assert.match(
      String(error['message']),
      /does not fit into the model's context of 2048 tokens.*needs about \d+, of which the tools take about \d+\./,
    );
    assert.match(String(error['hint']), /Reload qwen\/qwen3-8b with a larger context, for example \d+ tokens/);
    assert.deepEqual(error['reload'], { model: 'qwen/qwen3-8b', contextLength: 8_192 });
    assert.equal(bodies().length, 1);
  });

  it('gets no advice to reload where the model takes no more', async () => {
    simulator = await startSimulator({ models: [modelWith(2_048, { maxContextLength: 2_048 })] });
    const error = theOnly(await run('filesystem', '--task', LONG_TASK), 'error');
    assert.equal(error['reload'], undefined);
    assert.match(String(error['hint']), /fewer tools/);
  });
});

describe('an overflow that only the server sees', () => {
  inEachTest();

  const refused = (text: string): Turn => ({ error: { status: 400, body: { error: text } } });
  const rows: readonly (readonly [string, Turn])[] = [
    ['E6', refused(overflow03(4_000, 2_048))],
    ['E6 in the stream', { midStreamError: overflow03(4_000, 2_048) }],
    ['E7', refused(overflow04(4_000, 2_048))],
    ['E7 without numbers', refused(overflow04Bare())],
    ['E7 in the stream', { midStreamError: overflow04Bare() }],
    ['E8', refused(overflow042x())],
    ['E8 in the stream', { midStreamError: overflow042x() }],
    ['E8 of llama-server', refused(overflowLlama(4_000, 2_048))],
    ['E9', { text: 'Half', midStreamError: contextFull(4_096, 'gpt-oss') }],
  ];

  for (const [name, turn] of rows) {
    it(`is cured, and ends the run where it comes twice in a round: ${name}`, async () => {
      const script = reads(20, 1_500);
      let asked = 0;
      const answer = (request: ChatRequest): Turn => {
        if (isSummaryRequest(request)) return script(request);
        asked += 1;
        return asked === 5 || asked > 8 ? turn : script(request);
      };
      await start(4_096, { script: answer });
      const result = await run('big');
      assert.equal(result.code, 1, result.stdout);
      const [compacted] = warnings(result, 'context-compacted');
      const [cured, ...others] = ofType(result, 'retry');
      assert.equal(cured?.['code'], 'context-overflow');
      // Where the numbers say that no shorter form would fit, it is not even tried.
      assert.ok(others.length <= 1 && others.every(({ code }) => code === 'context-overflow'));
      assert.ok(compacted && result.events.indexOf(compacted) < result.events.indexOf(cured));
      assert.deepEqual(
        ofType(result, 'round_start').map(({ round }) => round),
        [1, 2, 3, 4, 5, 6, 7, 8],
        'the fifth request was cured by the sixth, and what came after the eighth was not',
      );
      const error = theOnly(result, 'error');
      assert.equal(error['code'], 'context-overflow');
      assert.match(String(error['message']), /does not fit into the model's context of \d+ tokens/);
      assert.match(String(error['hint']), /Reload qwen\/qwen3-8b/);
    });
  }

  it('teaches the true limit', async () => {
    const script = reads(6, 1_500);
    let asked = 0;
    await start(4_096, { script: (request) => (++asked === 5 ? refused(overflow04(2_100, 2_048)) : script(request)) });
    const result = await run('big');
    assert.equal(theOnly(result, 'run_end')['text'], 'All words are known.');
    const uses = ofType(result, 'context').map(({ limit, source }) => [limit, source]);
    assert.deepEqual(
      [uses[0], uses.at(-1)],
      [
        [4_096, 'loaded-instance'],
        [2_048, 'server-error'],
      ],
    );
  });

  it('that only cuts the answer off is told by name and cured', async () => {
    const script = reads(6, 1_500);
    let asked = 0;
    await start(4_096, { script: (request) => (++asked === 5 ? { text: 'and on '.repeat(4_000) } : script(request)) });
    const result = await run('big');
    assert.equal(result.code, 0, result.stdout + result.stderr);
    assert.equal(warnings(result, 'context-full').length, 1);
    assert.equal(ofType(result, 'retry').length, 1);
    assert.equal(theOnly(result, 'run_end')['text'], 'All words are known.');
    assert.deepEqual(warnings(result, 'answer-truncated'), []);
  });

  it('that nobody tells of is seen in what the server counts', async () => {
    const script = reads(8, 1_500);
    let asked = 0;
    // It leaves out the beginning and goes on as if nothing were.
    await start(4_096, {
      script: (request) => ({ ...script(request), ...(++asked === 8 && { promptTokens: 2_000 }) }),
    });
    const result = await run('big');
    assert.equal(result.code, 0, result.stdout + result.stderr);
    const [rolled] = warnings(result, 'context-rolled');
    assert.match(String(rolled?.['message']), /read only 2000 of about 3\d\d\d tokens/);
    const [compacted] = warnings(result, 'context-compacted');
    assert.ok(rolled && compacted && result.events.indexOf(rolled) < result.events.indexOf(compacted));
  });

  it('is foreseen by estimates where the server counts nothing', async () => {
    const script = reads(12, 2_500);
    await start(4_096, { script: (request) => ({ ...script(request), omitUsage: true }) });
    const result = await run('big');
    assertCompleted(result);
    assert.ok(warnings(result, 'context-compacted').length >= 1);
    assert.deepEqual(ofType(result, 'retry'), []);
  });

  it('is asked for after the first answer where only the maximum of the model was known', async () => {
    const onDisk: { -readonly [Key in keyof ModelSpec]: ModelSpec[Key] } = modelWith(0);
    delete onDisk.loadedContext;
    simulator = await startSimulator({ models: [{ ...onDisk, defaultContextLength: 4_096 }], script: reads(8, 2_500) });
    const result = await run('big');
    assertCompleted(result);
    assert.equal(theOnly(result, 'run_start')['contextSource'], 'model-maximum');
    const uses = ofType(result, 'context').map(({ limit, source }) => [limit, source]);
    assert.deepEqual(uses[1], [4_096, 'loaded-instance']);
    assert.deepEqual(ofType(result, 'retry'), []);
  });
});
