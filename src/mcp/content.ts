import * as z from 'zod/v4';

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

export const NO_CONTENT = '(no content)';

/**
 * The text that a model is given for a result. Blocks are joined by newlines; pictures and sound become placeholders
 * with type and size; `structuredContent` stands in as JSON where there is no text block. Never empty.
 */
export function contentToText(result: ToolResult): string {
  const blocks = Array.isArray(result.content) ? result.content : [];
  const parts: string[] = [];
  let hasText = false;
  for (const raw of blocks) {
    const block = blockSchema.safeParse(raw);
    if (block.success && block.data.type === 'text') hasText ||= block.data.text.trim() !== '';
    parts.push(block.success ? blockToText(block.data) : unknownBlock(raw));
  }
  if (!hasText && (result.structuredContent ?? undefined) !== undefined)
    parts.unshift(JSON.stringify(result.structuredContent));
  const text = parts.filter((part) => part !== '').join('\n');
  return text.trim() === '' ? NO_CONTENT : text;
}

function blockToText(block: Block): string {
  switch (block.type) {
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
