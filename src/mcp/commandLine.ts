/** A command as a person types it, taken apart without a shell. Pure. */
import * as l10n from '@vscode/l10n';

export type ParsedCommand =
  | {
      readonly ok: true;
      /** What stood before the command as `NAME=value`. */
      readonly env: Readonly<Record<string, string>>;
      /** The program and its arguments; empty where only blanks were typed. */
      readonly argv: readonly string[];
    }
  | { readonly ok: false; readonly problem: string };

/** What a shell would act on. Nothing acts on it here, so it has to be quoted to be meant as text. */
const OPERATOR = /^(?:\|\|?|&&?|;|<|>|`|\$\()/;
const ASSIGNMENT = /^([A-Za-z_]\w*)=/;

interface Word {
  text: string;
  /** Where in `text` the first quoted or escaped character stands. */
  quotedFrom: number;
}

/**
 * Quotes group as in a shell: all is literal in '…', and \" is a quote in "…". A backslash escapes blanks and quotes only,
 * so that paths of Windows stay whole. `~/` becomes `${userHome}/`.
 */
export function parseCommandLine(line: string): ParsedCommand {
  const words: Word[] = [];
  let word: Word | undefined;
  let quote = '';
  const add = (character: string, isQuoted: boolean): void => {
    word ??= { text: '', quotedFrom: Infinity };
    if (isQuoted) word.quotedFrom = Math.min(word.quotedFrom, word.text.length);
    word.text += character;
  };
  for (let index = 0; index < line.length; index++) {
    const character = line.charAt(index);
    const next = line.charAt(index + 1);
    if (quote !== '') {
      if (character === quote) quote = '';
      else if (quote === '"' && character === '\\' && next === '"') add(line.charAt(++index), true);
      else add(character, true);
    } else if (character === '"' || character === "'") {
      quote = character;
      add('', true);
    } else if (character === '\\' && /^[\s"']$/.test(next)) {
      add(line.charAt(++index), true);
    } else if (/\s/.test(character)) {
      if (word) words.push(word);
      word = undefined;
    } else {
      const operator = OPERATOR.exec(line.slice(index))?.[0];
      if (operator !== undefined) return { ok: false, problem: operatorProblem(operator) };
      add(character, false);
    }
  }
  if (quote !== '') return { ok: false, problem: l10n.t('A quote is not closed: {0} is missing.', quote) };
  if (word) words.push(word);
  return { ok: true, ...split(words) };
}

function operatorProblem(operator: string): string {
  return l10n.t(
    'No shell runs the command, so {0} does nothing. Put it into quotes if it is part of an argument.',
    operator,
  );
}

function split(words: readonly Word[]): { env: Record<string, string>; argv: readonly string[] } {
  const nameOf = ({ text, quotedFrom }: Word): string | undefined => {
    const name = ASSIGNMENT.exec(text)?.[1];
    return name !== undefined && quotedFrom > name.length ? name : undefined;
  };
  const isCommand = (word: Word): boolean => nameOf(word) === undefined;
  const start = words.findIndex(isCommand);
  const assignments = start < 0 ? words : words.slice(0, start);
  const env = Object.fromEntries(
    assignments.map((word) => [nameOf(word) ?? '', word.text.slice(word.text.indexOf('=') + 1)]),
  );
  return { env, argv: start < 0 ? [] : words.slice(start).map(withHome) };
}

function withHome({ text, quotedFrom }: Word): string {
  return quotedFrom > 0 && (text === '~' || text.startsWith('~/')) ? `\${userHome}${text.slice(1)}` : text;
}

/** A line that `parseCommandLine` takes apart into these words again. */
export function formatCommandLine(argv: readonly string[]): string {
  return argv.map(quoted).join(' ');
}

function quoted(word: string): string {
  const isPlain = /^[\w@%+:,./\\-][\w@%+=:,./\\-]*$/.test(word) && !word.endsWith('\\') && !ASSIGNMENT.test(word);
  return isPlain ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}
