/**
 * Milliseconds that a server wants to be left alone: `Retry-After` in seconds or as a date. A date is measured against
 * the server's own `Date`, where it sends one: its clock and ours need not agree.
 */
export function readRetryAfter(headers: Headers, nowMs: number = Date.now()): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1_000);
  const until = Date.parse(text);
  if (Number.isNaN(until)) return undefined;
  const sent = Date.parse(headers.get('date') ?? '');
  return Math.max(0, until - (Number.isNaN(sent) ? nowMs : sent));
}
