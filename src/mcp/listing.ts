import * as l10n from '@vscode/l10n';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import * as z from 'zod/v4';
import { isJsonObject } from '../base/json';
import type { Logger } from '../base/logger';

/** What one item of a list is called. */
type Noun = 'tool' | 'prompt' | 'resource' | 'resource template';

/** A list that servers give page by page. */
export interface Listing<T> {
  readonly method: 'tools/list' | 'resources/list' | 'resources/templates/list' | 'prompts/list';
  /** The field of a page that holds its items. */
  readonly field: string;
  readonly noun: Noun;
  readonly schema: z.ZodType<T>;
  readonly idOf: (item: T) => string;
}

export interface ListRequest {
  readonly client: Pick<Client, 'request'>;
  readonly server: string;
  readonly logger: Logger;
  readonly options: { readonly signal: AbortSignal; readonly timeout: number };
}

/** A server that pages for ever must not keep a run from beginning. */
const MAX_PAGES = 100;
/** Nobody can choose among more, and all of it stays in memory. */
const MAX_ITEMS = 5000;

/**
 * All items, every page of them, in the server's own order. It asks with schemas of our own: the SDK's would reject the
 * whole list for one odd item. An item that cannot be used, or that comes twice, is left out and logged.
 */
export async function listAll<T>(listing: Listing<T>, request: ListRequest): Promise<readonly T[]> {
  const { method, field, noun } = listing;
  const { client, server, logger, options } = request;
  const pageSchema = z.looseObject({ [field]: z.array(z.unknown()), nextCursor: z.string().nullish() });
  const items = new Map<string, T>();
  const seen = new Set<string>();
  let cursor: string | undefined;
  for (let page = 1; ; page++) {
    const params = cursor === undefined ? {} : { cursor };
    const answer: Record<string, unknown> = await client.request({ method, params }, pageSchema, options);
    const definitions: unknown = answer[field];
    for (const [index, definition] of (Array.isArray(definitions) ? definitions : []).entries())
      if (items.size < MAX_ITEMS) addItem(items, definition, index, listing, request);
    const next = answer['nextCursor'];
    if (typeof next !== 'string') break;
    if (page >= MAX_PAGES || seen.has(next) || items.size >= MAX_ITEMS) {
      logger.log(
        'warn',
        l10n.t(
          'MCP server "{0}" does not end its list of {1}; the first {2} are used.',
          server,
          manyOf(noun),
          items.size,
        ),
      );
      break;
    }
    cursor = next;
    seen.add(cursor);
  }
  return [...items.values()];
}

function addItem<T>(
  items: Map<string, T>,
  definition: unknown,
  index: number,
  { noun, schema, idOf }: Listing<T>,
  { server, logger }: ListRequest,
): void {
  const parsed = schema.safeParse(definition);
  if (!parsed.success) {
    const name = isJsonObject(definition) && typeof definition['name'] === 'string' ? definition['name'] : `#${index}`;
    const reason = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    logger.log(
      'warn',
      l10n.t('MCP server "{0}" defines {1} "{2}" in a way that cannot be used: {3}', server, oneOf(noun), name, reason),
    );
    return;
  }
  const id = idOf(parsed.data);
  if (items.has(id)) {
    logger.log(
      'warn',
      l10n.t('MCP server "{0}" defines {1} "{2}" twice; the first one is used.', server, oneOf(noun), id),
    );
    return;
  }
  items.set(id, parsed.data);
}

function oneOf(noun: Noun): string {
  return {
    tool: l10n.t('tool'),
    prompt: l10n.t('prompt'),
    resource: l10n.t('resource'),
    'resource template': l10n.t('resource template'),
  }[noun];
}

function manyOf(noun: Noun): string {
  return {
    tool: l10n.t('tools'),
    prompt: l10n.t('prompts'),
    resource: l10n.t('resources'),
    'resource template': l10n.t('resource templates'),
  }[noun];
}
