/** Whether an answer fits what a form asks for. */
import * as l10n from '@vscode/l10n';
import type { JsonObject, JsonValue } from '../base/json';
import type { ElicitationField, ElicitationType } from './clientHost';

/** What is wrong with a value, to stand behind the field's title ("must be …"); undefined: nothing. */
export function misfit(type: ElicitationType, value: JsonValue): string | undefined {
  switch (type.kind) {
    case 'text':
      return typeof value === 'string' ? textMisfit(type, value) : l10n.t('must be a text');
    case 'number':
      return typeof value === 'number' ? numberMisfit(type, value) : l10n.t('must be a number');
    case 'boolean':
      return typeof value === 'boolean' ? undefined : l10n.t('must be yes or no');
    case 'one':
      return type.options.some((option) => option.value === value) ? undefined : l10n.t('must be one of the choices');
    case 'many':
      return Array.isArray(value) ? choiceMisfit(type, value) : l10n.t('must be a list of choices');
  }
}

/**
 * The answer that the server gets: what the form does not ask for is left out, and what the answer leaves out is
 * answered with its default. `problem` is a sentence where a field does not fit or is missing.
 */
export function completeAnswer(
  fields: readonly ElicitationField[],
  content: JsonObject,
): { readonly content: JsonObject; readonly problem: string | undefined } {
  const entries: [string, JsonValue][] = [];
  let problem: string | undefined;
  for (const { name, title, type, isRequired, default: preset } of fields) {
    const value = (Object.hasOwn(content, name) ? content[name] : undefined) ?? preset;
    if (value === undefined) {
      if (isRequired) problem ??= l10n.t('"{0}" must be answered.', title);
      continue;
    }
    const wrong = misfit(type, value);
    if (wrong !== undefined) problem ??= `"${title}" ${wrong}.`;
    entries.push([name, value]);
  }
  // Not by assignment: a field may be called "__proto__".
  return { content: Object.fromEntries(entries), problem };
}

type Of<K extends ElicitationType['kind']> = Extract<ElicitationType, { kind: K }>;

function textMisfit({ format, minLength = 0, maxLength = Infinity }: Of<'text'>, value: string): string | undefined {
  if (value.length < minLength) return l10n.t('must have at least {0}', characters(minLength));
  if (value.length > maxLength) return l10n.t('must have at most {0}', characters(maxLength));
  return format === undefined || FORMATS[format].fits(value) ? undefined : FORMATS[format].demand;
}

function numberMisfit({ isInteger, minimum, maximum }: Of<'number'>, value: number): string | undefined {
  if (!Number.isFinite(value)) return l10n.t('must be a number');
  if (isInteger && !Number.isInteger(value)) return l10n.t('must be a whole number');
  if (minimum !== undefined && value < minimum) return l10n.t('must be at least {0}', minimum);
  if (maximum !== undefined && value > maximum) return l10n.t('must be at most {0}', maximum);
  return undefined;
}

function choiceMisfit(
  { options, minItems = 0, maxItems = Infinity }: Of<'many'>,
  values: readonly JsonValue[],
): string | undefined {
  if (values.length < minItems) return l10n.t('needs at least {0} of the choices', minItems);
  if (values.length > maxItems) return l10n.t('takes at most {0} of the choices', maxItems);
  const isKnown = values.every((value) => options.some((option) => option.value === value));
  return isKnown && new Set(values).size === values.length ? undefined : l10n.t('must be choices, each at most once');
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME = /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/i;

const FORMATS = {
  email: { fits: (text: string) => /^[^\s@]+@[^\s@]+$/.test(text), demand: l10n.t('must be an e-mail address') },
  uri: {
    fits: (text: string) => URL.canParse(text),
    demand: l10n.t('must be an address, such as https://example.org'),
  },
  date: { fits: isDate, demand: l10n.t('must be a date, such as 2026-01-31') },
  'date-time': {
    fits: (text: string) => isDate(text.slice(0, 10)) && /^t$/i.test(text.charAt(10)) && TIME.test(text.slice(11)),
    demand: l10n.t('must be a date with a time, such as 2026-01-31T18:30:00Z'),
  },
} as const;

function isDate(text: string): boolean {
  const [, year, month, day] = (DATE.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  return day >= 1 && day <= days;
}

function characters(count: number): string {
  return count === 1 ? l10n.t('1 character') : l10n.t('{0} characters', count);
}
