/** What a tool of VS Code gives back, as a model can be given it. Reads parts by their shape: their classes are VS Code's. */
import { isJsonObject, parseJson } from '../../base/json';
import type { ToolOutcome } from '../../agent/types';

/** What LM Studio takes in a message. */
const SHOWABLE = new Set(['image/png', 'image/jpeg', 'image/webp']);
const UNREADABLE = '[content that cannot be read]';
const READABLE = /^text\/|^application\/([\w.-]+\+)?(json|xml|yaml)\b/i;
/** Elements within elements; a tool's tree is not trusted to end. */
const MAX_DEPTH = 100;

type Read = Required<Extract<ToolOutcome, { isError: false }>>;

export function readLmContent(parts: readonly unknown[]): Read {
  const images: string[] = [];
  const texts = parts.map((part) => readPart(part, images)).filter((text) => text !== '');
  const text = texts.join('\n');
  return { isError: false, text: text.trim() === '' ? '(no content)' : text, images };
}

function readPart(part: unknown, images: string[]): string {
  if (typeof part !== 'object' || part === null) return UNREADABLE;
  const { value, data, mimeType } = part as Readonly<Record<string, unknown>>;
  if (typeof value === 'string') return value;
  if (value !== undefined) return readPrompt(value);
  if (data instanceof Uint8Array && typeof mimeType === 'string') return readData(data, mimeType, images);
  return UNREADABLE;
}

function readData(data: Uint8Array, mimeType: string, images: string[]): string {
  if (READABLE.test(mimeType)) return new TextDecoder().decode(data);
  const size = `${mimeType}, ${String(data.length)} bytes`;
  if (!SHOWABLE.has(mimeType.toLowerCase())) return `[data: ${size}, not shown]`;
  images.push(`data:${mimeType.toLowerCase()};base64,${Buffer.from(data).toString('base64')}`);
  return `[image ${String(images.length)}: ${size}]`;
}

/**
 * The words of a part that was made with `@vscode/prompt-tsx`: a tree in JSON whose leaves have `text`. A tree of another
 * kind is given as JSON: what it says must not be lost.
 */
function readPrompt(value: unknown): string {
  const parsed = typeof value === 'string' ? parseJson(value) : ({ ok: true, value } as const);
  const root = parsed.ok && isJsonObject(parsed.value) ? parsed.value['node'] : undefined;
  const words = isJsonObject(root) ? wordsOf(root, 0).trim() : '';
  return words === '' ? toJson(value) : words;
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify([value]).slice(1, -1);
  } catch {
    // Too deep, or in circles.
    return UNREADABLE;
  }
}

function wordsOf(node: unknown, depth: number): string {
  if (!isJsonObject(node) || depth > MAX_DEPTH) return '';
  const { text, children, lineBreakBefore } = node;
  if (typeof text === 'string') return `${lineBreakBefore === true ? '\n' : ''}${text}`;
  return Array.isArray(children) ? children.map((child) => wordsOf(child, depth + 1)).join('') : '';
}
