import * as z from 'zod/v4';
import type { ToolOutcome } from '../agent/types';

/**
 * A tool's result, read as leniently as can be: a block of a kind that we do not know, or a structured part that does
 * not fit the tool's own output schema, must not cost the model the rest.
 */
export const toolResultSchema = z.looseObject({
  content: z.unknown().optional(),
  structuredContent: z.unknown().optional(),
  isError: z.boolean().nullish().catch(undefined),
});

export type ToolResult = z.infer<typeof toolResultSchema>;

const mimeType = z.string().nullish();

const resourceSchema = z.looseObject({
  uri: z.string(),
  mimeType,
  text: z.string().nullish(),
  blob: z.string().nullish(),
});

const blockSchema = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text'), text: z.string() }),
  z.looseObject({ type: z.literal('image'), data: z.string(), mimeType }),
  z.looseObject({ type: z.literal('audio'), data: z.string(), mimeType }),
  z.looseObject({ type: z.literal('resource'), resource: resourceSchema }),
  z.looseObject({
    type: z.literal('resource_link'),
    uri: z.string(),
    name: z.string().nullish(),
    description: z.string().nullish(),
  }),
]);

type Block = z.infer<typeof blockSchema>;

const NO_CONTENT = '(no content)';

/** What LM Studio takes in a message. */
const SHOWABLE = new Set(['image/png', 'image/jpeg', 'image/webp']);

/** A result as a model can be given it. */
export interface ReadContent {
  /** Never empty. */
  readonly text: string;
  /** Data URLs of the pictures, in the order in which the text names them. */
  readonly images: readonly string[];
}

/**
 * Blocks are joined by newlines; pictures and sound stand in the text with type and size; `structuredContent` stands in
 * as JSON where there is no text block.
 */
export function readContent(result: ToolResult): ReadContent {
  const blocks = Array.isArray(result.content) ? result.content : [];
  const parts: string[] = [];
  const images: string[] = [];
  let hasText = false;
  for (const raw of blocks) {
    const block = blockSchema.safeParse(raw);
    if (block.success && block.data.type === 'text') hasText ||= block.data.text.trim() !== '';
    const image = block.success ? toImage(block.data) : undefined;
    if (image) images.push(image.url);
    parts.push(image ? `[image ${String(images.length)}: ${image.type}, ${image.size}]` : toText(block.data, raw));
  }
  if (!hasText && (result.structuredContent ?? undefined) !== undefined)
    parts.unshift(JSON.stringify(result.structuredContent));
  const text = parts.filter((part) => part !== '').join('\n');
  return { text: text.trim() === '' ? NO_CONTENT : text, images };
}

/** A picture that can be shown, whether it came by itself or as a resource. */
function toImage(block: Block) {
  const [data, type] =
    block.type === 'image'
      ? [block.data, block.mimeType]
      : block.type === 'resource'
        ? [block.resource.blob, block.resource.mimeType]
        : [];
  if (!data || !type || !SHOWABLE.has(type.toLowerCase())) return undefined;
  return { type, size: formatBytes(base64Bytes(data)), url: `data:${type.toLowerCase()};base64,${data}` };
}

function toText(block: Block | undefined, raw: unknown): string {
  switch (block?.type) {
    case undefined:
      return unknownBlock(raw);
    case 'text':
      return block.text;
    case 'image':
    case 'audio':
      return `[${block.type}: ${block.mimeType ?? 'unknown type'}, ${formatBytes(base64Bytes(block.data))}, not shown]`;
    case 'resource':
      return resourceToText(block.resource);
    case 'resource_link': {
      const description = block.description ? `: ${block.description}` : '';
      return `[resource link: ${block.name ?? 'unnamed'} <${block.uri}>${description}]`;
    }
  }
}

function resourceToText(resource: z.infer<typeof resourceSchema>): string {
  if (typeof resource.text === 'string') return `[resource ${resource.uri}]\n${resource.text}`;
  const size = formatBytes(base64Bytes(resource.blob ?? ''));
  return `[resource ${resource.uri}: ${resource.mimeType ?? 'unknown type'}, ${size}, not shown]`;
}

function unknownBlock(raw: unknown): string {
  const type: unknown = typeof raw === 'object' && raw !== null ? Reflect.get(raw, 'type') : undefined;
  return typeof type === 'string' ? `[content of type "${type}", not shown]` : '[content that cannot be read]';
}

function base64Bytes(data: string): number {
  const padding = data.endsWith('==') ? 2 : data.endsWith('=') ? 1 : 0;
  return Math.max(0, Math.floor((data.length * 3) / 4) - padding);
}

function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** `note`: what is to be said beside the result. */
export function toOutcome(result: ToolResult, note: string | undefined): ToolOutcome {
  const { text, images } = readContent(result);
  const pictures = images.length > 0 ? { images } : {};
  if (result.isError !== true)
    return { isError: false, text: note === undefined ? text : `${text}\n${note}`, ...pictures };
  return {
    isError: true,
    code: 'tool-failed',
    ...pictures,
    text: text === NO_CONTENT ? 'The tool failed without saying why.' : text,
  };
}
