/**
 * The model server of the benchmarks: answers as fast as a socket takes bytes and notes when requests came and answers
 * left. A process of its own, so that it takes no time from what is measured. Its parent tells it what to answer.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { modelKey, textFrames, toolCallFrames, wholeAnswer } from './lib/frames';
import { type Marks, now, type Order, type Script } from './lib/modelServerClient';

let script: Script = { kind: 'rounds', rounds: 1 };
let answer: Buffer = Buffer.alloc(0);
/** Sent in turns. */
let lists: readonly Buffer[] = [listOf(1)];
let marks = newMarks();
let released: Promise<void> = Promise.resolve();
let release = (): void => undefined;
/** Milliseconds between two parts of an answer that takes its time. */
const PART_MS = 10;

const server = createServer((request, response) => {
  marks.requests++;
  if (request.method === 'POST' && request.url === '/v1/chat/completions') answerChat(request, response);
  else if (request.url === '/api/v1/models') {
    marks.lists++;
    response.setHeader('Content-Type', 'application/json').end(lists[marks.lists % lists.length]);
  } else if (request.url === '/lmstudio-greeting') {
    response.setHeader('Content-Type', 'application/json').end('{"lmstudio":true}');
  } else response.writeHead(404).end();
});

function newMarks(): Marks {
  return { arrivals: [], ends: [], lists: 0, requests: 0 };
}

/** The body of the list of so many models, the first one under the name that the tasks of the benchmarks use. */
function listOf(count: number, isLoaded = (index: number): boolean => index === 0): Buffer {
  const models = Array.from({ length: count }, (_, i) => ({
    type: 'llm',
    publisher: 'bench',
    key: modelKey(i),
    display_name: `Bench ${String(i)}`,
    architecture: 'bench',
    quantization: { name: 'Q4_K_M', bits_per_weight: 4 },
    size_bytes: 5_000_000_000 + i,
    params_string: '8B',
    loaded_instances: isLoaded(i) ? [{ id: modelKey(i), config: { context_length: 131_072 } }] : [],
    max_context_length: 131_072,
    format: 'gguf',
    capabilities: { vision: false, trained_for_tool_use: true },
    description: null,
    variants: [`${modelKey(i)}@q4_k_m`],
    selected_variant: `${modelKey(i)}@q4_k_m`,
  }));
  return Buffer.from(JSON.stringify({ models }));
}

function answerChat(request: IncomingMessage, response: ServerResponse): void {
  marks.arrivals.push(now());
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    if (script.kind === 'answer') void sendAnswer(request.socket, script.overMs ?? 0);
    else playRound(Buffer.concat(parts).toString(), script.rounds, response);
  });
}

/** Past the HTTP layer: 20,000 writes of a chunk would cost more than reading them. */
async function sendAnswer(socket: Socket, overMs: number): Promise<void> {
  await released;
  const parts = Math.max(1, Math.round(overMs / PART_MS));
  const size = Math.ceil(answer.length / parts);
  for (let part = 0; part < parts; part++) {
    if (part > 0) await sleep(PART_MS);
    socket.write(answer.subarray(part * size, (part + 1) * size));
  }
  socket.end();
}

/** Calls the only tool until it has been called often enough, each time with other arguments. */
function playRound(body: string, rounds: number, response: ServerResponse): void {
  const { messages, tools } = JSON.parse(body) as ChatBody;
  const done = messages.filter(({ role }) => role === 'tool').length;
  const tool = tools?.[0]?.function.name ?? '';
  const frames =
    done < rounds
      ? toolCallFrames(tool, JSON.stringify({ text: `round ${String(done + 1)}` }), String(done).padStart(9, '0'))
      : textFrames('Done.');
  response.setHeader('Content-Type', 'text/event-stream');
  for (const frame of frames) response.write(frame);
  response.end();
  marks.ends.push(now());
}

interface ChatBody {
  readonly messages: readonly { readonly role: string }[];
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
}

process.on('message', (order: Order) => {
  if (order.kind === 'marks') {
    process.send?.(marks);
    return;
  }
  if (order.kind === 'models') {
    const halves = [0, 1].map((half) => listOf(order.count, (index) => index % 2 === half));
    lists = order.isRestless ? halves : [listOf(order.count)];
    process.send?.('ready');
    return;
  }
  if (order.kind === 'release') {
    release();
    process.send?.('ready');
    return;
  }
  script = order.script;
  marks = newMarks();
  release();
  if (script.kind === 'answer') {
    answer = wholeAnswer(script.tokens, script.framing);
    if (script.isHeld) released = new Promise((resolve) => (release = resolve));
  }
  process.send?.('ready');
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => {
  process.send?.(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
});
