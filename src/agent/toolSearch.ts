/** What a model is told of tools that its requests do not offer. */
import { viewSchema } from './schemaView';
import type { ToolIndex } from './toolIndex';
import type { Tool } from './types';

/** More at once is no help: who asks again with other words finds the others. */
const MAX_FOUND = 5;
const MAX_DESCRIPTION = 600;
/** A schema that has less room than this is not worth showing beside better ones. */
const MIN_SCHEMA = 200;

/** The best matches with their schemas, or the names of all tools where nothing matches; about `maxChars` long at most. */
export function describeMatches(index: ToolIndex, query: string, maxChars: number): string {
  const matches = index.search(query);
  if (matches.length === 0) return describeAll(index.tools, query, maxChars);
  const parts: string[] = [];
  let left = maxChars;
  for (const tool of matches.slice(0, MAX_FOUND)) {
    const head = headOf(tool);
    const room = left - head.length - 20;
    if (parts.length > 0 && room < MIN_SCHEMA) break;
    const part = `${head}\n${schemaLine(tool, Math.max(room, MIN_SCHEMA))}`;
    parts.push(part);
    left -= part.length + 2;
  }
  const total = String(index.tools.length);
  const others = matches.slice(parts.length, parts.length + MAX_FOUND).map(({ definition }) => definition.name);
  const more = others.length === 0 ? [] : [`Other matches: ${others.join(', ')}.`];
  return [`${String(parts.length)} of ${total} tools, best first:`, ...parts, ...more].join('\n\n');
}

function headOf({ definition }: Tool): string {
  const { description } = definition;
  const short = description.length > MAX_DESCRIPTION ? `${description.slice(0, MAX_DESCRIPTION)}…` : description;
  return `Tool ${definition.name}\n${short}`;
}

function schemaLine({ definition }: Tool, room: number): string {
  const { text, isShort } = viewSchema(definition.inputSchema, room);
  return `${isShort ? 'Arguments (schema shortened)' : 'Arguments'}: ${text}`;
}

function describeAll(tools: readonly Tool[], query: string, maxChars: number): string {
  const names = tools.map(({ definition }) => definition.name);
  const listed: string[] = [];
  let left = maxChars;
  for (const name of names) {
    left -= name.length + 2;
    if (left < 0) break;
    listed.push(name);
  }
  const rest = names.length - listed.length;
  const more = rest === 0 ? '' : `, and ${String(rest)} more: ask with other words`;
  const problem = query.trim() === '' ? '' : `No tool matches "${query.slice(0, 100)}". `;
  return `${problem}The tools are: ${listed.join(', ')}${more}.`;
}
