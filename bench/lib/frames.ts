/** Answers of a chat model as bytes of server-sent events, in the form in which LM Studio sends them. */

export const MODEL_ID = 'bench-model';

/** Of the n-th listed model; the first is the one that answers. */
export function modelKey(n: number): string {
  return n === 0 ? MODEL_ID : `bench/model-${String(n)}`;
}

const WORDS = [
  'the',
  ' model',
  ' answers',
  ' in',
  ' small',
  ' pieces',
  ',',
  ' mostly',
  ' words',
  ' and',
  ' "quotes"',
  '\n',
];

export type Framing = 'frames' | 'blocks';

const BLOCK_BYTES = 16_384;

/**
 * A whole HTTP/1.1 response with an answer of `tokens` tokens, one frame each, ready to be written to a socket.
 * `frames`: each frame is an HTTP chunk of its own, as a server sends it that writes what it generates. `blocks`:
 * chunks of 16 KiB that end anywhere, as a proxy sends them that buffers.
 */
export function wholeAnswer(tokens: number, framing: Framing): Buffer {
  const frames = [
    chunkFrame({ role: 'assistant', content: '' }),
    ...Array.from({ length: tokens }, (_, i) => chunkFrame({ content: WORDS[i % WORDS.length] ?? '' })),
    ...endFrames('stop', tokens),
  ].map((frame) => Buffer.from(frame));
  const parts = framing === 'frames' ? frames : blocksOf(Buffer.concat(frames));
  const head = [
    'HTTP/1.1 200 OK',
    'Content-Type: text/event-stream',
    'Cache-Control: no-cache',
    'Transfer-Encoding: chunked',
    'Connection: close',
  ];
  const chunks = parts.flatMap((part) => [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]);
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), ...chunks, Buffer.from('0\r\n\r\n')]);
}

function blocksOf(bytes: Buffer): Buffer[] {
  const count = Math.ceil(bytes.length / BLOCK_BYTES);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES));
}

/** What `wholeAnswer` says. */
export function answerText(tokens: number): string {
  return Array.from({ length: tokens }, (_, i) => WORDS[i % WORDS.length] ?? '').join('');
}

/** An answer that is one tool call, its arguments in several pieces. */
export function toolCallFrames(name: string, args: string, id: string): readonly string[] {
  const call = (fields: object): string => chunkFrame({ tool_calls: [{ index: 0, ...fields }] });
  const pieces = args.match(/[\s\S]{1,8}/g) ?? [];
  return [
    call({ id, type: 'function', function: { name, arguments: '' } }),
    ...pieces.map((piece) => call({ function: { arguments: piece } })),
    ...endFrames('tool_calls', pieces.length),
  ];
}

export function textFrames(text: string): readonly string[] {
  return [chunkFrame({ role: 'assistant', content: text }), ...endFrames('stop', 1)];
}

function endFrames(reason: string, tokens: number): readonly string[] {
  const usage = { prompt_tokens: 100, completion_tokens: tokens, total_tokens: 100 + tokens };
  return [chunkFrame({}, reason), frame({ ...ENVELOPE, choices: [], usage }), 'data: [DONE]\n\n'];
}

const ENVELOPE = {
  id: 'chatcmpl-1x2y3z4a5b6c7d8e9f0g1',
  object: 'chat.completion.chunk',
  created: 1_760_000_000,
  model: MODEL_ID,
  system_fingerprint: MODEL_ID,
};

function chunkFrame(delta: object, reason: string | null = null): string {
  return frame({ ...ENVELOPE, choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }] });
}

function frame(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
