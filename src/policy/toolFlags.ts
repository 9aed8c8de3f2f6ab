/** What a person should know about a tool before they believe its words. Pure; every word of a tool is a stranger's. */
import * as l10n from '@vscode/l10n';
import type { JsonObject } from '../base/json';
import { countHidden } from '../base/visibleText';

/** A tool in its server's words. */
export interface ToolWords {
  readonly server: string;
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
  readonly outputSchema?: JsonObject | undefined;
}

/** `hint`: often harmless, so that it is only said; never a reason to block anything. */
export interface ToolFlag {
  readonly kind: 'hidden-characters' | 'same-name' | 'long-description' | 'instructions';
  readonly severity: 'warning' | 'hint';
  /** One sentence for a person. It names servers as they are written: make it visible before it is shown. */
  readonly message: string;
}

/** Real servers explain themselves in less; more than this hides things, and takes the model's context. */
const MAX_DESCRIPTION_CHARS = 4000;

/** Words that speak to the model about the person or about other tools instead of saying what a tool does. */
const INSTRUCTIONS: readonly RegExp[] = [
  /\b(?:ignore|disregard|forget|override)\b.{0,30}\b(?:previous|prior|above|earlier|all|other|system)\b.{0,30}\b(?:instruction|prompt|rule|message)/is,
  /\b(?:do not|don't|never|without)\b.{0,30}\b(?:tell|mention|inform|notify|show|reveal|ask)\w*\b.{0,30}\b(?:user|person|human)/is,
  /<\s*\/?\s*(?:important|system|secret|instructions?|admin)\s*>/i,
  /\b(?:before|instead of|whenever)\b.{0,40}\busing?\b.{0,30}\b(?:any|other|another)\b.{0,20}\btools?\b/is,
  /\bsystem prompt\b/i,
  /(?:~\/|\.)(?:ssh|aws|gnupg|kube)\b|\bid_rsa\b/i,
];

/** The flags of each tool, parallel to `tools`, which are those of all servers that a person has at the same time. */
export function flagsOf(tools: readonly ToolWords[]): readonly (readonly ToolFlag[])[] {
  const servers = new Map<string, Set<string>>();
  for (const { name, server } of tools) {
    const skeleton = skeletonOf(name);
    servers.set(skeleton, (servers.get(skeleton) ?? new Set()).add(server));
  }
  return tools.map((tool) => {
    const others = [...(servers.get(skeletonOf(tool.name)) ?? [])].filter((server) => server !== tool.server);
    return [...hiddenFlag(tool), ...sameNameFlag(others), ...lengthFlag(tool), ...instructionFlag(tool)];
  });
}

/** The one word for names that a person, or a model, takes for the same: `Read-File`, `read_file` and `ｒeadFile`. */
function skeletonOf(name: string): string {
  const folded = name
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase();
  return folded
    .replace(/[^\p{Letter}\p{Number}]+/gu, '')
    .replace(/[а-яіјѕ]/gu, (letter) => LOOK_ALIKES[letter] ?? letter);
}

/** Cyrillic letters that look like Latin ones. */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  ...{
    а: 'a',
    в: 'b',
    е: 'e',
    і: 'i',
    ј: 'j',
    к: 'k',
    м: 'm',
    н: 'h',
    о: 'o',
    р: 'p',
    с: 'c',
    ѕ: 's',
    т: 't',
    у: 'y',
    х: 'x',
  },
};

function hiddenFlag(tool: ToolWords): readonly ToolFlag[] {
  const places: readonly (readonly [string, string])[] = [
    ['name', tool.name],
    ['description', tool.description],
    ['schema', stringsOf([tool.inputSchema, tool.outputSchema ?? null])],
  ];
  const found = places.flatMap(([place, text]) => {
    const count = countHidden(text);
    return count === 0 ? [] : [l10n.t('{0} in its {1}', count, place)];
  });
  if (found.length === 0) return [];
  const message = l10n.t(
    'It has hidden characters: {0}. They are taken out before a model reads them.',
    found.join(', '),
  );
  return [{ kind: 'hidden-characters', severity: 'warning', message }];
}

function sameNameFlag(others: readonly string[]): readonly ToolFlag[] {
  if (others.length === 0) return [];
  const names = others.map((server) => `"${server}"`).join(', ');
  const message = l10n.t('It has the same name as a tool of {0}: look at the server before you allow a call.', names);
  return [{ kind: 'same-name', severity: 'warning', message }];
}

function lengthFlag({ description }: ToolWords): readonly ToolFlag[] {
  if (description.length <= MAX_DESCRIPTION_CHARS) return [];
  const message = l10n.t(
    'Its description is {0} characters long, which is more than a tool needs.',
    description.length,
  );
  return [{ kind: 'long-description', severity: 'warning', message }];
}

function instructionFlag(tool: ToolWords): readonly ToolFlag[] {
  const text = `${tool.description}\n${stringsOf([tool.inputSchema, tool.outputSchema ?? null])}`;
  if (!INSTRUCTIONS.some((pattern) => pattern.test(text))) return [];
  const message = l10n.t(
    'Its words read like orders to the model, not like what a tool does. Read them before you trust it.',
  );
  return [{ kind: 'instructions', severity: 'hint', message }];
}

/** All keys and texts within a value, one on a line. */
function stringsOf(value: unknown): string {
  const found: string[] = [];
  const visit = (inner: unknown): void => {
    if (typeof inner === 'string') found.push(inner);
    else if (Array.isArray(inner)) inner.forEach(visit);
    else if (typeof inner === 'object' && inner !== null)
      for (const [key, member] of Object.entries(inner)) {
        found.push(key);
        visit(member);
      }
  };
  visit(value);
  return found.join('\n');
}
