/** What the engine says when it fails, word for word (§3.3). Each may come as a 400 or in the error frame of a stream. */

// E7 BUG (openclaude#353), exact; the parenthesis is sometimes missing.
export const overflow04 = (prompt: number, context: number): string =>
  nKeep(` (n_keep: ${prompt}>= n_ctx: ${context})`);
export const overflow04Bare = (): string => nKeep('');

function nKeep(numbers: string): string {
  return (
    `The number of tokens to keep from the initial prompt is greater than the context length${numbers}. ` +
    'Try to load the model with a larger context length, or provide a shorter input.'
  );
}

// E6 BUG, exact
export const overflow03 = (prompt: number, context: number): string =>
  `Trying to keep the first ${prompt} tokens when context the overflows. However, the model is loaded with context ` +
  `length of only ${context} tokens, which is not enough. Try to load the model with a larger context length, or provide a shorter input`;

// E8 BUG, exact
export const overflow042x = (): string =>
  engineProtocol({ code: 500, message: 'Context size has been exceeded.', type: 'server_error' });

// E8 BUG: llama-server's own form inside; what stands in place of "…" in the reference is llama.cpp's text (3P).
export const overflowLlama = (prompt: number, context: number): string =>
  engineProtocol({
    code: 400,
    message: `request (${prompt} tokens) exceeds the available context size (${context} tokens), try increasing it`,
    type: 'exceed_context_size_error',
    n_prompt_tokens: prompt,
    n_ctx: context,
  });

// E9 BT#1024, #1806, exact
export const contextFull = (context: number, architecture: string): string =>
  `Reached context length of ${context} tokens with model (arch: ${architecture}) that does not currently support ` +
  'mid-generation context overflow. Try reloading with a larger context length or shortening the prompt/chat.';

// E10 BT#1057, #1347, #932, exact; the exit code is a number or null.
export const crashed = (exitCode: string): string =>
  `The model has crashed without additional information. (Exit code: ${exitCode})`;

// E11 BUG, exact
export const FETCH_FAILED = 'Engine protocol predict request failed: fetch failed';

// E12 BT#2227, exact
export const GRAMMAR_FAILED =
  'Engine protocol predict request returned 400: Failed to initialize samplers: failed to parse grammar';

// E13 BUG, exact up to the colon; what follows it is jinja's own (BT#329).
export const TEMPLATE_FAILED =
  'Error rendering prompt with jinja template: Error: Parser Error: Expected closing statement token. ' +
  'OpenSquareBracket !== CloseStatement.';

// E14 BT#2182, exact (0.4.19)
export const OUTPUT_PARSER_FAILED = engineProtocol({
  code: 500,
  message: 'The model produced output that does not match the expected peg-native format',
  type: 'server_error',
});

// E15 BUG (#1492 log), three wordings
export const MODEL_UNLOADED = 'Model unloaded.';
export const MODEL_IS_UNLOADED = 'Model is unloaded.';
export const CHANNEL_ERROR = 'Channel Error';

// E16 BUG tells of an engine error after about 120 s; its wording is not recorded, this one is INF.
export const QUEUE_TOO_LONG = 'Engine protocol predict request failed: timed out in the queue for a free slot';

// E17 BT#377, openclaw#6267, exact
export const OLD_NONSENSE = '[Server Error] _0x48eeaf is not iterable';
export const OLD_OBJECT = '[Server Error] [object Object]';

function engineProtocol(body: object): string {
  return `Engine protocol predict stream returned an error: ${JSON.stringify(body)}`;
}
