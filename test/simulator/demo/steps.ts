/** Cuts a task into steps: sentences, list items, "then", and a new verb after a comma or an "and". */
import { stem, stems } from './words';

export interface Step {
  readonly text: string;
  /** Stems of its words, paths and quotes left out; a question gets the verb that it implies. */
  readonly words: readonly string[];
  /** The verb it begins with, where it begins with one. */
  readonly verb: string | undefined;
  /** It wants an answer from what is known by then, rather than an action. */
  readonly asks: boolean;
  /** Quoted texts, without quotes. */
  readonly quotes: readonly string[];
  /** Paths and file names as they stand in the text. */
  readonly paths: readonly string[];
  readonly urls: readonly string[];
  readonly numbers: readonly number[];
}

const ACTIONS =
  'list read open view show display print check summarise summarize search find locate look recall write save create make ' +
  'put store remember memorise memorize note add calculate sum delete remove rename move copy change replace edit repeat ' +
  'echo fetch download get call run use update append count compare tell report explain describe answer give say send';
const ACTION = `(?:${ACTIONS.split(' ').join('|')})`;
const ASKING = /^(?:tell|report|explain|describe|answer|give|say|what|which|who|when|where|how|why|is|are|does|do)\b/i;

const BREAKS = new RegExp(
  [
    '\\s*\\n+\\s*(?:[-*•]\\s+|\\d+[.)]\\s+)?',
    '(?<=[.!?])\\s+',
    '\\s*;\\s*',
    '(?:^|\\s)\\d+[.)]\\s+',
    ',?\\s+(?:and\\s+)?(?:then|afterwards|finally|next)[,\\s]+',
    `(?:,\\s*(?:and\\s+)?|\\s+and\\s+)(?:also\\s+|please\\s+)?(?=${ACTION}\\s)`,
  ].join('|'),
  'i',
);

const QUOTED = /"([^"]+)"|“([^”]+)”|`([^`]+)`|(?<![\p{L}\p{N}])'([^']+)'(?![\p{L}\p{N}])/gu;
const MASK = /\u0001(\d+)\u0002/g;
const URL_FORM = /https?:\/\/[^\s"'`)>\]]+/g;
// With a slash, or a name with an extension; a sentence's full stop does not count.
const PATH_FORM =
  /(?:[A-Za-z]:)?(?:\.{0,2}\/)?(?:[\w@.-]+[\\/])+[\w@.-]*|\/[\w@.-]+|\b[\w-]+(?:\.[A-Za-z][A-Za-z0-9]{0,5})+\b/g;

export function splitTask(task: string): Step[] {
  const quoted: string[] = [];
  // Quoted text is one piece, whatever it holds.
  const masked = task.replace(QUOTED, (whole) => `\u0001${quoted.push(whole) - 1}\u0002`);
  const unmask = (text: string): string => text.replace(MASK, (_, index: string) => quoted[Number(index)] ?? '');
  return masked
    .split(BREAKS)
    .map((part) => unmask(part).replace(/^(?:then\b|and\b|[\s,:-])+|[\s,;]+$/gi, ''))
    .filter((part) => /[\p{L}\p{N}]/u.test(part))
    .flatMap(readBeforeWrite)
    .map(parseStep);
}

const FROM_FILE_TO_FILE =
  /^(?:please\s+)?(?:save|write|put|copy)\s+(?:.*?\s)??(["'`]?[\w./\\-]+\.\w{1,6}["'`]?)\s+(?:in)?to\s+(?:the\s+|a\s+)?(?:new\s+)?(?:file\s+)?(["'`]?[\w./\\-]+\.\w{1,6}["'`]?)\.?$/i;

/** "Copy a.md to b.md" is two steps for who can only read and write. */
function readBeforeWrite(text: string): string[] {
  const match = FROM_FILE_TO_FILE.exec(text);
  const [, from, to] = match ?? [];
  if (from === undefined || to === undefined) return [text];
  return [`read the file ${from}`, `write it to the file ${to}`];
}

export function parseStep(text: string): Step {
  const quotes = [...text.matchAll(QUOTED)].map(([whole]) => whole.slice(1, -1));
  const unquoted = text.replace(QUOTED, ' ');
  const urls = text.match(URL_FORM) ?? [];
  const withoutUrls = text.replace(URL_FORM, ' ');
  const quotedPaths = quotes.filter(looksLikePath);
  const openPaths = (withoutUrls.replace(QUOTED, ' ').match(PATH_FORM) ?? []).map((path) => path.replace(/[.,]+$/, ''));
  const paths = [...openPaths, ...quotedPaths];
  const plain = openPaths.reduce((rest, path) => rest.replace(path, ' '), unquoted.replace(URL_FORM, ' '));
  const numbers = (plain.match(/-?\d+(?:\.\d+)?/g) ?? []).map(Number);
  const lead = plain
    .trim()
    .replace(/\b(?:have a |take a )?look (?:at|into)\b/i, 'read')
    .replace(/^(?:please|can you|could you|also|now|first|i want you to)\s+/i, '');
  const first = /^[\p{L}]+/u.exec(lead)?.[0].toLowerCase();
  const recalls = /\b(?:do|did) you (?:remember|know)\b|\brecall\b|\blook up\b|\bwhat is (?:remembered|stored)\b/i.test(
    plain,
  );
  const asks = ASKING.test(lead) || /\?\s*$/.test(text);
  const verb = recalls ? 'recall' : asks ? impliedVerb(plain, paths) : first;
  const isFile = paths.some((path) => /\w\.\w{1,6}$/.test(path));
  const words = stems(isFile ? `${plain} file` : plain).filter((word) => !recalls || word !== stem('remember'));
  return {
    text: text.replace(/[.\s]+$/, ''),
    words: [...new Set(verb === undefined ? words : [stem(verb), ...words])],
    verb: verb === undefined ? undefined : stem(verb),
    asks: asks && !recalls,
    quotes,
    paths,
    urls,
    numbers,
  };
}

const ACTION_STEMS = new Set(ACTIONS.split(' ').map(stem));

const VAGUE = new Set(
  'use call run get show display print check compare count give say tell report'.split(' ').map(stem),
);

/** A verb that a tool must be able to do, unlike "use" or "tell". */
export function isAction(verb: string): boolean {
  return ACTION_STEMS.has(verb) && !VAGUE.has(verb);
}

export function looksLikePath(text: string): boolean {
  return (
    !/\s/.test(text) &&
    (/[\\/]/.test(text) || /^[\w-]+(?:\.[A-Za-z][A-Za-z0-9]{0,5})+$/.test(text)) &&
    !/^https?:/.test(text)
  );
}

/** What one must do to answer: a question about a file means to read it, one about a folder means to list it. */
function impliedVerb(text: string, paths: readonly string[]): string | undefined {
  if (paths.length > 0) return 'read';
  if (/\b(?:files|folder|directory)\b/i.test(text)) return 'list';
  return undefined;
}
