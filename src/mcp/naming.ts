import { createHash } from 'node:crypto';

/** Longest name that every API and model template takes. */
const MAX_NAME_LENGTH = 64;
const HASH_LENGTH = 8;

/** A tool by its own names. */
export interface ToolIdentity {
  readonly server: string;
  readonly tool: string;
}

/**
 * Gives every tool the name that models see: `[a-z0-9_]`, 1 to 64 characters, no two alike; the result is parallel to
 * `tools`. With `qualified` (several servers) it is `<server>__<tool>`, else `<tool>`. A tool whose name was already in
 * this form keeps it; where another one would get the same name, or the name is too long, that one carries a hash of
 * its identity, so that names depend neither on the order nor on the other servers' order. None of `reserved` is given.
 */
export function assignToolNames(
  tools: readonly ToolIdentity[],
  qualified: boolean,
  reserved: readonly string[] = [],
): readonly string[] {
  const wishes = tools.map((identity) => ({ identity, ...wishFor(identity, qualified) }));
  const rivals = new Map<string, number>();
  for (const { name } of wishes) rivals.set(name, (rivals.get(name) ?? 0) + 1);

  const taken = new Set(reserved);
  const plain = wishes.map(({ name, verbatim }) => {
    const fits = name.length <= MAX_NAME_LENGTH && (verbatim || rivals.get(name) === 1) && !taken.has(name);
    if (fits) taken.add(name);
    return fits ? name : undefined;
  });
  return wishes.map(({ identity, name }, index) => plain[index] ?? takeHashedName(name, identity, taken));
}

function wishFor({ server, tool }: ToolIdentity, qualified: boolean): { name: string; verbatim: boolean } {
  const name = toSnakeCase(tool) || 'tool';
  if (!qualified) return { name, verbatim: name === tool };
  const prefix = toSnakeCase(server) || 'server';
  return { name: `${prefix}__${name}`, verbatim: name === tool && prefix === server };
}

/** `readFile`, `read-file` and `Read File` become `read_file`; letters outside a to z lose their accents or are left out. */
export function toSnakeCase(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '');
}

function takeHashedName(name: string, identity: ToolIdentity, taken: Set<string>): string {
  const stem = name.slice(0, MAX_NAME_LENGTH - HASH_LENGTH - 1).replace(/_+$/, '');
  for (let attempt = 0; ; attempt++) {
    const hash = createHash('sha256')
      .update(JSON.stringify([identity.server, identity.tool, attempt]))
      .digest('hex');
    const candidate = `${stem}_${hash.slice(0, HASH_LENGTH)}`;
    if (taken.has(candidate)) continue;
    taken.add(candidate);
    return candidate;
  }
}
