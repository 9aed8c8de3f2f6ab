import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import * as z from 'zod/v4';
import { isJsonObject, type JsonObject } from '../base/json';
import type { Logger } from '../base/logger';

/** A tool as its server offers it. */
export interface ServerTool {
  readonly name: string;
  /** For people. */
  readonly title?: string | undefined;
  readonly description: string;
  /** JSON schema whose `type` is "object". */
  readonly inputSchema: JsonObject;
  /** What the structured part of a result must fit. */
  readonly outputSchema?: JsonObject | undefined;
  readonly readOnly: boolean;
  /** Absent: the server does not say. */
  readonly destructive?: boolean | undefined;
  readonly openWorld?: boolean | undefined;
}

/** A server that pages for ever must not keep a run from beginning. */
const MAX_PAGES = 100;

const pageSchema = z.looseObject({ tools: z.array(z.unknown()), nextCursor: z.string().nullish() });

const hint = z.boolean().nullish().catch(undefined);

const toolSchema = z.looseObject({
  name: z.string().min(1),
  title: z.string().nullish().catch(undefined),
  description: z.string().nullish().catch(undefined),
  inputSchema: z.custom<JsonObject>(
    (value) => isJsonObject(value) && ['object', undefined].some((type) => value['type'] === type),
    'inputSchema must be a JSON schema of type "object"',
  ),
  outputSchema: z.custom<JsonObject>(isJsonObject).nullish().catch(undefined),
  annotations: z
    .looseObject({ readOnlyHint: hint, destructiveHint: hint, openWorldHint: hint })
    .nullish()
    .catch(undefined),
});

/**
 * All tools of a server, every page of them, in its own order. It asks with schemas of our own: the SDK's would reject
 * the whole list for one odd tool. A definition that cannot be used, or that comes twice, is left out and logged.
 */
export async function listTools(
  client: Pick<Client, 'request'>,
  server: string,
  logger: Logger,
  options: { readonly signal: AbortSignal; readonly timeout: number },
): Promise<readonly ServerTool[]> {
  const tools = new Map<string, ServerTool>();
  const seen = new Set<string>();
  let cursor: string | undefined;
  for (let page = 1; ; page++) {
    const params = cursor === undefined ? {} : { cursor };
    const answer = await client.request({ method: 'tools/list', params }, pageSchema, options);
    for (const [index, definition] of answer.tools.entries()) addTool(tools, definition, index, server, logger);
    cursor = answer.nextCursor ?? undefined;
    if (cursor === undefined) break;
    if (page >= MAX_PAGES || seen.has(cursor)) {
      logger.log('warn', `MCP server "${server}" does not end its list of tools; the first ${tools.size} are used.`);
      break;
    }
    seen.add(cursor);
  }
  return [...tools.values()];
}

function addTool(
  tools: Map<string, ServerTool>,
  definition: unknown,
  index: number,
  server: string,
  logger: Logger,
): void {
  const parsed = toolSchema.safeParse(definition);
  if (!parsed.success) {
    const name = isJsonObject(definition) && typeof definition['name'] === 'string' ? definition['name'] : `#${index}`;
    const reason = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    logger.log('warn', `MCP server "${server}" defines tool "${name}" in a way that cannot be used: ${reason}`);
    return;
  }
  const { name, title, description, inputSchema, outputSchema, annotations } = parsed.data;
  if (tools.has(name)) {
    logger.log('warn', `MCP server "${server}" defines tool "${name}" twice; the first one is used.`);
    return;
  }
  tools.set(name, {
    name,
    title: title ?? undefined,
    description: description ?? title ?? '',
    inputSchema: { ...inputSchema, type: 'object' },
    outputSchema: outputSchema ?? undefined,
    readOnly: annotations?.readOnlyHint === true,
    destructive: annotations?.destructiveHint ?? undefined,
    openWorld: annotations?.openWorldHint ?? undefined,
  });
}
