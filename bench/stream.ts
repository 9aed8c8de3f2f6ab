/** What a long streamed answer costs on our wire, and through a whole task, against the bare `openai` client. */
import OpenAI from 'openai';
import { systemClock } from '../src/base/clock';
import { createFetch } from '../src/base/http';
import { createChatModel } from '../src/llm/wire/openaiChat';
import { answerText, type Framing, MODEL_ID } from './lib/frames';
import { ModelServerClient, now } from './lib/modelServerClient';
import { runOurTask } from './lib/ourTask';
import { alternate, pairedRow, type Row, runBenchmark } from './lib/report';

const TOKENS = 20_000;
const AGAINST = 'openai client';
/** Enough that a listener or a buffer left behind by each would show. */
const STREAMS = 1_000;

interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** Reads the whole answer and returns the number of its characters. */
type Reader = () => Promise<number>;

runBenchmark(async (isQuick) => {
  const server = await ModelServerClient.start();
  const rows: Row[] = [];
  const compare = async (name: string, framing: Framing, ours: Reader): Promise<void> => {
    await server.play({ kind: 'answer', tokens: TOKENS, framing });
    const baseline = openaiReader(server.url);
    // The first ones pay for the compiler.
    await alternate(
      isQuick ? 2 : 4,
      () => cost(ours),
      () => cost(baseline),
    );
    const pairs = await alternate(
      isQuick ? 5 : 15,
      () => cost(ours),
      () => cost(baseline),
    );
    for (const [measure, key] of [
      ['time', 'wallMs'],
      ['CPU', 'cpuMs'],
    ] as const) {
      const values = pairs.map((pair) => ({ ours: pair.ours[key], baseline: pair.baseline[key] }));
      rows.push(pairedRow(`${name}, ${measure}`, 'ms', AGAINST, values));
    }
  };
  await compare('stream: wire', 'frames', wireReader(server.url));
  await compare('stream: wire, 16 KiB blocks', 'blocks', wireReader(server.url));
  await compare('stream: whole task', 'frames', taskReader(server.url));
  await server.play({ kind: 'answer', tokens: 20, framing: 'frames' });
  rows.push(await memoryRow(wireReader(server.url), openaiReader(server.url)));
  server.stop();
  return { rows, skipped: [] };
});

/** What stays on the heap after many answers, when everything has been used once. */
async function memoryRow(ours: Reader, baseline: Reader): Promise<Row> {
  const growth = async (read: Reader): Promise<number> => {
    const many = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await read();
    };
    const heapKiB = (): number => {
      globalThis.gc?.();
      return process.memoryUsage().heapUsed / 1024;
    };
    await many(STREAMS / 5);
    const before = heapKiB();
    await many(STREAMS);
    return heapKiB() - before;
  };
  const name = `stream: heap after ${String(STREAMS)}`;
  const measured = { ours: await growth(ours), baseline: await growth(baseline) };
  // No ratio: both are near nothing, and can be less than before.
  return { name, ...measured, ratio: null, spread: null, unit: 'KiB more', against: AGAINST };
}

async function cost(read: Reader): Promise<Cost> {
  // Where node lets us: what one side left behind is not for the other to clean up.
  globalThis.gc?.();
  const cpu = process.cpuUsage();
  const start = now();
  const length = await read();
  const wallMs = now() - start;
  const { user, system } = process.cpuUsage(cpu);
  if (length !== answerText(TOKENS).length) throw new Error(`The answer had ${String(length)} characters.`);
  return { wallMs, cpuMs: (user + system) / 1000 };
}

function wireReader(url: string): Reader {
  const fetch = createFetch(systemClock);
  const model = createChatModel({
    address: { root: url, token: undefined },
    fetch,
    clock: systemClock,
    model: MODEL_ID,
    isExpected: () => true,
  });
  return async () => {
    let length = 0;
    const request = { messages: [{ role: 'user' as const, content: 'Write.' }], tools: [] };
    for await (const event of model.stream(request, new AbortController().signal)) {
      if (event.type === 'text') length += event.text.length;
    }
    return length;
  };
}

function taskReader(url: string): Reader {
  return async () => {
    let length = 0;
    await runOurTask({ url }, (event) => {
      if (event.type === 'text_delta') length += event.text.length;
    });
    return length;
  };
}

function openaiReader(url: string): Reader {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none' });
  return async () => {
    let length = 0;
    const stream = await client.chat.completions.create({
      model: MODEL_ID,
      messages: [{ role: 'user', content: 'Write.' }],
      stream: true,
    });
    for await (const chunk of stream) length += chunk.choices[0]?.delta.content?.length ?? 0;
    return length;
  };
}
