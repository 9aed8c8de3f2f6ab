/** The id of the request that an oversized line answers, where its ends tell; a request of the server's own has none. */
export function answeredRequestId(line: { readonly head: string; readonly tail: string }): number | undefined {
  const atHead = /^\s*\{\s*"jsonrpc"\s*:\s*"2\.0"\s*,\s*"id"\s*:\s*(\d+)\s*,\s*"(?:result|error)"/.exec(line.head);
  // Quotes inside strings are escaped and nested objects end with more than one brace, so this is the outermost id.
  const isResult = /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"(?:result|error)"/.test(line.head);
  const atTail = isResult ? /[^\\]"id"\s*:\s*(\d+)\s*\}\s*$/.exec(line.tail) : null;
  const id = atHead?.[1] ?? atTail?.[1];
  return id === undefined ? undefined : Number(id);
}
