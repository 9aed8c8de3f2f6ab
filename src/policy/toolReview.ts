/** Whether tools are still what the person has seen: a server can change the words that a model believes (the "rug pull"). */
import { createHash } from 'node:crypto';
import { canonicalJson, isJsonObject, type JsonObject, type JsonValue, parseJson } from '../base/json';
import { withoutHidden } from '../base/visibleText';

/** A tool as its server defines it now. */
export interface ToolWording {
  readonly name: string;
  readonly title?: string | undefined;
  readonly description: string;
  readonly inputSchema: JsonObject;
  readonly outputSchema?: JsonObject | undefined;
  /** The server's claims; absent: it does not say. */
  readonly readOnly: boolean;
  readonly destructive?: boolean | undefined;
  readonly openWorld?: boolean | undefined;
}

/** What is kept of a tool that the person has seen or taken over: its definition, to say later what has changed. */
export interface SeenTool {
  readonly name: string;
  readonly fingerprint: string;
  /** `wordingText`, cut where it is very long. */
  readonly text: string;
}

/** Enough to see a difference; what comes behind it counts for the fingerprint all the same. */
const MAX_KEPT_CHARS = 20_000;

/** Of everything that a model is told of the tool, and everything that is claimed of it. */
export function toolFingerprint(tool: ToolWording): string {
  return createHash('sha256')
    .update(canonicalJson(contentOf(tool)))
    .digest('hex');
}

/** The definition for a person to read, and to compare line by line. */
export function wordingText(tool: ToolWording): string {
  const { name, title, description, ...rest } = contentOf(tool);
  const parts = [`Name: ${name}`, ...(title ? [`Title: ${title}`] : []), 'Description:', description];
  for (const [label, value] of Object.entries(rest)) {
    if (value !== null) parts.push('', `${LABELS[label] ?? label}:`, JSON.stringify(sorted(value), null, 2));
  }
  return parts.join('\n');
}

const LABELS: Readonly<Record<string, string>> = {
  inputSchema: 'Arguments',
  outputSchema: 'Result',
  claims: 'What the server claims',
};

export function toSeen(tool: ToolWording): SeenTool {
  const text = wordingText(tool);
  const kept = text.length > MAX_KEPT_CHARS ? `${text.slice(0, MAX_KEPT_CHARS)}\n…` : text;
  return { name: tool.name, fingerprint: toolFingerprint(tool), text: kept };
}

/** Whether its server marked it as read-only when the person saw it; a definition that was cut says nothing, and that is no. */
export function wasReadOnly({ text }: SeenTool): boolean {
  const mark = `\n${LABELS['claims'] ?? ''}:\n`;
  const at = text.lastIndexOf(mark);
  const claims = at < 0 ? undefined : parseJson(text.slice(at + mark.length));
  return claims?.ok === true && isJsonObject(claims.value) && claims.value['readOnly'] === true;
}

/** How the tools of a server differ from what the person knows of them. */
export interface ToolChanges<T extends ToolWording = ToolWording> {
  readonly changed: readonly { readonly tool: T; readonly before: SeenTool }[];
  readonly added: readonly T[];
}

/** Tools that are gone are no danger; one that comes back as it was is not new. */
export function changesSince<T extends ToolWording>(seen: readonly SeenTool[], tools: readonly T[]): ToolChanges<T> {
  const known = new Map(seen.map((tool) => [tool.name, tool]));
  const changed = tools.flatMap((tool) => {
    const before = known.get(tool.name);
    return before && before.fingerprint !== toolFingerprint(tool) ? [{ tool, before }] : [];
  });
  return { changed, added: tools.filter(({ name }) => !known.has(name)) };
}

/** With what the person has seen now. */
export function withSeen(seen: readonly SeenTool[], tools: readonly ToolWording[]): readonly SeenTool[] {
  const names = new Set(tools.map(({ name }) => name));
  return [...seen.filter(({ name }) => !names.has(name)), ...tools.map(toSeen)];
}

/** The same schema without hidden characters in its explanations; names and values stay exact, because calls need them. */
export function plainSchema(schema: JsonObject): JsonObject {
  const plain = (key: string, value: JsonValue): JsonValue => {
    if (typeof value === 'string') return EXPLANATIONS.has(key) ? withoutHidden(value) : value;
    if (Array.isArray(value)) return value.map((item) => (isJsonObject(item) ? plainSchema(item) : item));
    return isJsonObject(value) ? plainSchema(value) : value;
  };
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, plain(key, value)]));
}

const EXPLANATIONS = new Set(['description', 'title', '$comment']);

function contentOf({ name, title, description, inputSchema, outputSchema, ...claims }: ToolWording) {
  const { readOnly, destructive = null, openWorld = null } = claims;
  return {
    ...{ name, title: title ?? null, description, inputSchema, outputSchema: outputSchema ?? null },
    claims: { readOnly, destructive, openWorld },
  };
}

/** With sorted keys, so that only what is said makes a difference. */
function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJsonObject(value)) return value;
  const keys = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(keys.map(([key, inner]) => [key, sorted(inner)]));
}
