/** Fills a tool's arguments from a step, from what is known, and from the tool's JSON schema. */
import type { OfferedTool } from '../chatRequest';
import { isObject, numberOf, stringOf, type JsonObject, type JsonValue } from '../json';
import type { Knowledge } from './knowledge';
import { looksLikePath, type Step } from './steps';
import { stem, stems } from './words';

export interface Filled {
  readonly arguments: JsonObject;
  /** Required values that the step itself gave. */
  readonly given: number;
  /** Required values that had to be invented. */
  readonly invented: number;
}

/** Which value of the step goes next: two paths or two numbers are used up in order. */
interface Cursor {
  path: number;
  number: number;
  given: number;
  invented: number;
}

interface Context {
  readonly tool: OfferedTool;
  readonly step: Step;
  readonly known: Knowledge;
  readonly cursor: Cursor;
}

export function fillArguments(tool: OfferedTool, step: Step, known: Knowledge): Filled {
  const cursor: Cursor = { path: 0, number: 0, given: 0, invented: 0 };
  const filled = fillObject(tool.parameters, { tool, step, known, cursor });
  return { arguments: filled, given: cursor.given, invented: cursor.invented };
}

function fillObject(schema: JsonObject, context: Context): JsonObject {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const result: JsonObject = {};
  for (const [name, raw] of Object.entries(properties)) {
    const property = isObject(raw) ? raw : {};
    const value = required.includes(name) ? fillValue(name, property, context) : optionalValue(name, property, context);
    if (value !== undefined) result[name] = value;
  }
  return result;
}

function fillValue(name: string, schema: JsonObject, context: Context): JsonValue {
  if (schema['const'] !== undefined) return schema['const'];
  if (Array.isArray(schema['enum'])) return fromEnum(schema['enum'], schema['default'], context);
  const type = Array.isArray(schema['type']) ? schema['type'][0] : schema['type'];
  switch (type) {
    case 'object':
      return fillObject(schema, context);
    case 'array':
      return fillArray(name, isObject(schema['items']) ? schema['items'] : {}, context);
    case 'number':
    case 'integer':
      return fillNumber(schema, context);
    case 'boolean':
      return schema['default'] ?? false;
    default:
      return fillString(name, schema, context);
  }
}

function fromEnum(values: JsonValue[], fallback: JsonValue | undefined, { step, cursor }: Context): JsonValue {
  const text = step.text.toLowerCase();
  const named = values.find((value) => typeof value === 'string' && text.includes(value.toLowerCase()));
  if (named !== undefined) cursor.given += 1;
  return named ?? fallback ?? values[0] ?? null;
}

function fillArray(name: string, items: JsonObject, context: Context): JsonValue {
  const { step, known } = context;
  const plain = items['type'] === undefined || items['type'] === 'string';
  if (plain && isPathName(name) && step.paths.length > 0) {
    context.cursor.given += 1;
    return step.paths.map((path) => known.resolve(path));
  }
  return [fillValue(name, items, context)];
}

function fillNumber(schema: JsonObject, { step, cursor }: Context): number {
  const value = step.numbers[cursor.number];
  cursor.number += 1;
  if (value === undefined) cursor.invented += 1;
  else cursor.given += 1;
  return value ?? numberOf(schema['default']) ?? numberOf(schema['minimum']) ?? 1;
}

/** Only what the step names: "first 5 lines" for a property described with "first N", or "depth 3" for `depth`. */
function optionalValue(name: string, schema: JsonObject, { step }: Context): JsonValue | undefined {
  const lead = /\b([a-z]+) (?:N\b|number)/i.exec(stringOf(schema['description']) ?? '')?.[1] ?? name;
  const match = new RegExp(`\\b(?:${escape(lead)}|${escape(name)})[ =:]+(\\d+)`, 'i').exec(step.text);
  if (schema['type'] === 'number' || schema['type'] === 'integer') return match ? Number(match[1]) : undefined;
  const values = Array.isArray(schema['enum']) ? schema['enum'] : [];
  const by = new RegExp(`\\b(?:by|${escape(name)})[ =:]+(\\w+)`, 'i').exec(step.text)?.[1]?.toLowerCase();
  return values.find((value) => typeof value === 'string' && value.toLowerCase() === by);
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

const isPathName = (name: string): boolean => /path|file|dir|folder|source|destination/i.test(name);

interface StringRule {
  readonly name: RegExp;
  readonly value: (context: Context) => string | undefined;
}

/** By the property's name, the first rule that fits. */
const STRING_RULES: readonly StringRule[] = [
  { name: /^old/i, value: ({ step }) => spoken(step)[0] },
  { name: /^new|replace/i, value: ({ step }) => spoken(step)[1] },
  { name: /path|^file|dir|folder|^source|^destination/i, value: pathValue },
  { name: /^url$|^uri$|link|href/i, value: ({ step }) => step.urls[0] },
  { name: /pattern|glob/i, value: ({ step }) => patternValue(step) },
  { name: /query|search|keyword|topic|question/i, value: ({ step }) => queryValue(step) },
  { name: /content|text|body|message|data|observation|note|value|fact|prompt|input/i, value: contentValue },
  { name: /type|kind|category|tag/i, value: () => 'note' },
  { name: /name|title|key|label|^id$|entit|subject|^from$|^to$/i, value: nameValue },
];

function fillString(name: string, schema: JsonObject, context: Context): string {
  const rule = STRING_RULES.find((candidate) => candidate.name.test(name));
  const value = rule ? rule.value(context) : (context.step.quotes[0] ?? queryValue(context.step));
  if (value !== undefined && value !== '') {
    context.cursor.given += 1;
    return value;
  }
  if (typeof schema['default'] === 'string') return schema['default'];
  context.cursor.invented += 1;
  return context.step.quotes[0] ?? context.step.text;
}

const FOLDER_WORDS = ['directory', 'folder', 'tree', 'search', 'list', 'find', 'glob'].map(stem);

function pathValue({ tool, step, known, cursor }: Context): string | undefined {
  const nameWords = stems(tool.name);
  const forFolders = FOLDER_WORDS.some((word) => nameWords.includes(word));
  // The name of a file is what to search for, not where.
  const paths = forFolders ? step.paths.filter((path) => !/\w\.\w{1,6}$/.test(path)) : step.paths;
  const path = paths[cursor.path];
  cursor.path += 1;
  if (path !== undefined) return known.resolve(path);
  // A tool for folders works on the folder that is open; one for files on the file that was spoken of.
  if (!forFolders) return known.lastPath();
  const folder = namedFolder(step.text);
  if (folder !== undefined) return known.resolve(folder);
  return known.folders[0] ?? '.';
}

const NO_FOLDER_NAME =
  /^(?:and|is|are|of|in|for|with|to|that|this|the|current|my|our|your|workspace|project|root|same|open|whole|a|each|every|all|working|any|allowed|then|tree|structure|listing|contents?)$/i;

/** "the notes folder", "the folder notes", "folder 'notes'". */
function namedFolder(text: string): string | undefined {
  const after = /\b(?:folder|directory)\s+(?:called\s+|named\s+)?["'`]?([\w.-]+)["'`]?/i.exec(text)?.[1];
  const before = /["'`]?([\w.-]+)["'`]?\s+(?:folder|directory)\b/i.exec(text)?.[1];
  return [after, before].find((name) => name !== undefined && !NO_FOLDER_NAME.test(name));
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  markdown: 'md',
  typescript: 'ts',
  javascript: 'js',
  python: 'py',
  json: 'json',
  yaml: 'yaml',
  text: 'txt',
  html: 'html',
  css: 'css',
};

/** A glob that finds it anywhere below. */
function patternValue(step: Step): string | undefined {
  const glob = /\S*\*\S*/.exec(step.text)?.[0].replace(/^["'`]|["'`.,]+$/g, '');
  if (glob !== undefined) return glob.includes('/') ? glob : `**/${glob}`;
  const kind = /\b(\w+) files\b/i.exec(step.text)?.[1]?.toLowerCase() ?? '';
  const extension = EXTENSIONS[kind];
  if (extension !== undefined) return `**/*.${extension}`;
  const exact = step.paths[0]?.split(/[\\/]/).at(-1);
  if (exact) return `**/${exact}`;
  const word = step.quotes[0] ?? queryValue(step)?.split(' ').at(-1);
  return word && `**/*${word}*`;
}

function queryValue(step: Step): string | undefined {
  if (step.quotes[0] !== undefined) return step.quotes[0];
  const after =
    /\b(?:about|for|named|called|on|regarding)\s+(?:the\s+|a\s+)?(.+?)(?:\s+(?:in|from|with|under)\b.*)?[.?!]*$/i.exec(
      step.text,
    );
  return after?.[1]?.trim();
}

/** Quotations that are no file names. */
function spoken(step: Step): string[] {
  return step.quotes.filter((quote) => !looksLikePath(quote));
}

/** Text to write, say or remember. */
function contentValue({ step, known }: Context): string | undefined {
  const texts = spoken(step);
  const named = nameInQuotes(step);
  const free = texts.filter((text) => text !== named);
  if (free.length > 0) return free.at(-1);
  const said = /\b(?:that|saying|containing|with (?:the )?(?:text|content|words?)|reads?)\s*:?\s+(.+)$/i.exec(
    step.text,
  )?.[1];
  const colon = /:\s+(.+)$/s.exec(step.text)?.[1];
  const explicit = colon ?? (said && !/^(?:is|was|file)\b/i.test(said) ? said : undefined);
  if (explicit !== undefined)
    return explicit.replace(/\s+(?:as|in|to|into|under)\s+(?:memory|["'`]?[\w./-]+["'`]?)$/i, '');
  if (/\b(?:it|this|that|them|the (?:result|answer|list|content|summary|finding)s?)\b/i.test(step.text))
    return known.lastContent();
  const echoed = /^(?:echo|say|repeat|send)\s+(?:the\s+(?:message|text|words?)\s+)?(.+)$/i.exec(step.text)?.[1];
  const object =
    /^\w+\s+(?!(?:an?|the)?\s*(?:new\s+)?(?:file|folder|directory)\b)(.+?)(?:\s+(?:in)?to\s+\S+|\s+(?:as|under|in)\s+.+)?$/i.exec(
      step.text,
    )?.[1];
  return echoed ?? texts.at(-1) ?? (object !== undefined && looksLikePath(object) ? undefined : object);
}

const NAMED = /\b(?:as|named|called|under|titled)\s+(?:the\s+(?:name|key|title)\s+)?/i;

function nameInQuotes(step: Step): string | undefined {
  return new RegExp(`${NAMED.source}["“'\`]([^"”'\`]+)["”'\`]`, 'i').exec(step.text)?.[1];
}

function nameValue({ step, known }: Context): string | undefined {
  const word = new RegExp(`${NAMED.source}([\\w-]+)`, 'i').exec(step.text)?.[1];
  const topic = /\b(?:that|about|for)\s+(?:the\s+|my\s+|our\s+|a\s+)?([\w-]+)/i.exec(step.text)?.[1];
  return (
    nameInQuotes(step) ??
    word ??
    step.quotes[0] ??
    topic ??
    known.lastFinding?.question ??
    stems(step.text.replace(/^\w+/, '')).at(-1)
  );
}
