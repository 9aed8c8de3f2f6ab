/** How much is asked at all. A workspace can only make it stricter than the person's own settings. Pure. */

/** Loosest first. `allow-reads-of-trusted`: what a trusted server marks as read-only is not asked. `ask-always`: no rule counts. */
export const APPROVAL_POLICIES = ['allow-reads-of-trusted', 'ask', 'ask-always'] as const;

export type ApprovalPolicy = (typeof APPROVAL_POLICIES)[number];

/**
 * The strictest of the values, which are those of every place that can set one; undefined is no value. What is not
 * understood counts as the strictest: a slip must not open anything.
 */
export function strictestPolicy(values: readonly unknown[], fallback: ApprovalPolicy): ApprovalPolicy {
  const ranks = values.filter((value) => value !== undefined).map(rankOf);
  return APPROVAL_POLICIES[Math.max(...(ranks.length > 0 ? ranks : [rankOf(fallback)]))] ?? 'ask-always';
}

function rankOf(value: unknown): number {
  const rank = APPROVAL_POLICIES.findIndex((policy) => policy === value);
  return rank < 0 ? APPROVAL_POLICIES.length - 1 : rank;
}

/** All entries of all places together; a text alone counts as one entry, other values as none. */
export function joinedDenyList(values: readonly unknown[]): readonly string[] {
  const texts = values.flat().filter((value) => typeof value === 'string');
  return [...new Set(texts.map((text) => text.trim()).filter((text) => text !== ''))];
}

/**
 * The entry that forbids a server (without `tool`: only entries for whole servers) or a tool; undefined: none does. An
 * entry is `server` or `server/tool`; `*` stands for any characters, and case does not count.
 */
export function deniedBy(denyList: readonly string[], server: string, tool?: string): string | undefined {
  return denyList.find((entry) => {
    if (matches(entry, server)) return true;
    return tool !== undefined && matches(entry, `${server}/${tool}`);
  });
}

/** In linear steps per star, because entries can come from a repository: a pattern must not be able to hang us. */
function matches(pattern: string, text: string): boolean {
  const [wanted, given] = [pattern.toLowerCase(), text.toLowerCase()];
  const [first = '', ...rest] = wanted.split('*');
  if (rest.length === 0) return wanted === given;
  if (!given.startsWith(first)) return false;
  const last = rest.pop() ?? '';
  let at = first.length;
  for (const part of rest) {
    const found = given.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return given.length - last.length >= at && given.endsWith(last);
}
