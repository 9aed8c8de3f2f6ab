/** How the bytes of a stream arrive: what a network and other servers may do to it without changing what it says. */

/** Where the packets are cut. A number: so many bytes in each. */
export type Cut = 'every-byte' | 'mid-utf8' | number;

export interface Ragged {
  readonly cut?: Cut;
  /** So many frames in one packet (before `cut`). Default 1. */
  readonly framesPerPacket?: number;
  /** Default `\n`. The standard for event streams allows all three. */
  readonly lineEnd?: '\n' | '\r\n' | '\r';
  /** A comment (`: keep-alive`) before every frame. LM Studio sends none (§1.6); proxies do. */
  readonly comments?: boolean;
  /** The blank line after the last frame, and its line end, are missing. */
  readonly noFinalBlankLine?: boolean;
}

/** The text of one frame, its final blank line included where it has one. */
export function dressFrame(lines: string, ragged: Ragged, isFirst: boolean): string {
  const { lineEnd = '\n', comments = false, noFinalBlankLine = false } = ragged;
  const all = comments ? `: keep-alive\n\n${lines}` : lines;
  // Without the last one, each blank line comes with the frame that follows it.
  const text = noFinalBlankLine ? `${isFirst ? '' : '\n\n'}${all}` : `${all}\n\n`;
  return lineEnd === '\n' ? text : text.replaceAll('\n', lineEnd);
}

/** The same bytes in pieces; none of them is empty. */
export function cutBytes(bytes: Buffer, cut: Cut | undefined): Buffer[] {
  if (bytes.length === 0) return [];
  if (cut === undefined) return [bytes];
  if (cut === 'mid-utf8') return cutAt(bytes, afterLeadBytes(bytes));
  const size = cut === 'every-byte' ? 1 : Math.max(1, Math.floor(cut));
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

/** Inside every character of more than one byte. */
function afterLeadBytes(bytes: Buffer): number[] {
  const positions: number[] = [];
  for (let i = 1; i < bytes.length; i += 1) if ((bytes[i - 1] ?? 0) >= 0xc0) positions.push(i);
  return positions;
}

function cutAt(bytes: Buffer, positions: readonly number[]): Buffer[] {
  const edges = [0, ...positions, bytes.length];
  return edges.slice(1).map((end, i) => bytes.subarray(edges[i], end));
}
