/** One field of a server's form as a native input. What is typed is checked while it is typed. */
import * as l10n from '@vscode/l10n';
import type { JsonObject, JsonValue } from '../../base/json';
import { visibleText } from '../../base/visibleText';
import type { ElicitationField, ElicitationOption, ElicitationType } from '../../mcp/clientHost';
import { misfit } from '../../mcp/elicitationAnswers';
import type { Choice, Dialogs } from '../dialogs';
import { shortText } from '../shortText';

/** `value` undefined: left out. */
export type Given = { readonly value: JsonValue | undefined } | 'closed';

const LEAVE_OUT = l10n.t('Leave out');

interface ValueChoice extends Choice {
  readonly value: JsonValue | undefined;
}

/** `before`: what was answered the last time. */
export function askField(
  field: ElicitationField,
  title: string,
  before: JsonValue | undefined,
  dialogs: Dialogs,
  signal: AbortSignal,
): Promise<Given> {
  const preset = before ?? field.default;
  switch (field.type.kind) {
    case 'text':
    case 'number':
      return askText(field, field.type, title, preset, dialogs, signal);
    case 'boolean':
      return askOne(field, BOOLEANS, title, preset, dialogs, signal);
    case 'one':
      return askOne(field, field.type.options.map(toChoice), title, preset, dialogs, signal);
    case 'many':
      return askMany(field, field.type, title, preset, dialogs, signal);
  }
}

/** For the person to look over. */
export function shownAnswer({ name, type, default: preset }: ElicitationField, content: JsonObject): string {
  const given = Object.hasOwn(content, name) ? content[name] : undefined;
  const value = given ?? preset;
  if (value === undefined) return l10n.t('(left out)');
  const titleOf = (item: JsonValue): string => {
    if (typeof item === 'boolean') return item ? l10n.t('Yes') : l10n.t('No');
    const option = 'options' in type ? type.options.find((candidate) => candidate.value === item) : undefined;
    return shortText(option?.title ?? (typeof item === 'string' ? item : JSON.stringify(item)), 200);
  };
  const shown = Array.isArray(value) ? value.map(titleOf).join(', ') || l10n.t('(none)') : titleOf(value);
  return given === undefined ? l10n.t('{0} (default)', shown) : shown;
}

const BOOLEANS: readonly ValueChoice[] = [
  { label: l10n.t('Yes'), value: true },
  { label: l10n.t('No'), value: false },
];

function toChoice({ value, title }: ElicitationOption): ValueChoice {
  const label = shortText(title, 200);
  return title === value ? { label, value } : { label, description: shortText(value, 200), value };
}

async function askText(
  field: ElicitationField,
  type: Extract<ElicitationType, { kind: 'text' | 'number' }>,
  title: string,
  preset: JsonValue | undefined,
  dialogs: Dialogs,
  signal: AbortSignal,
): Promise<Given> {
  const problemOf = (text: string): string | undefined => {
    if (text === '')
      return field.isRequired && field.default === undefined ? l10n.t('This must be answered.') : undefined;
    const problem = misfit(type, valueOf(type, text));
    return problem && l10n.t('It {0}.', problem);
  };
  const said = await dialogs.input(
    {
      title,
      prompt: promptOf(field),
      ...(preset === undefined ? {} : { value: typeof preset === 'string' ? preset : JSON.stringify(preset) }),
      validate: problemOf,
    },
    signal,
  );
  if (said === undefined || problemOf(said) !== undefined) return 'closed';
  return { value: said === '' ? undefined : valueOf(type, said) };
}

function valueOf({ kind }: { readonly kind: 'text' | 'number' }, text: string): JsonValue {
  return kind === 'text' ? text : text.trim() === '' ? NaN : Number(text);
}

async function askOne(
  field: ElicitationField,
  values: readonly ValueChoice[],
  title: string,
  preset: JsonValue | undefined,
  dialogs: Dialogs,
  signal: AbortSignal,
): Promise<Given> {
  // The first one is what Enter chooses.
  const first = values.filter(({ value }) => value === preset);
  const rest = values.filter(({ value }) => value !== preset);
  const isOptional = !field.isRequired && field.default === undefined;
  const choices = [...first, ...rest, ...(isOptional ? [{ label: LEAVE_OUT, value: undefined }] : [])];
  const chosen = await dialogs.pickOne(choices, { title, placeholder: promptOf(field) }, signal);
  return chosen ? { value: chosen.value } : 'closed';
}

async function askMany(
  field: ElicitationField,
  type: Extract<ElicitationType, { kind: 'many' }>,
  title: string,
  preset: JsonValue | undefined,
  dialogs: Dialogs,
  signal: AbortSignal,
): Promise<Given> {
  let picked: readonly JsonValue[] = Array.isArray(preset) ? preset : [];
  let problem: string | undefined;
  for (;;) {
    const choices = type.options.map((option) => ({ ...toChoice(option), isPicked: picked.includes(option.value) }));
    const placeholder = problem === undefined ? promptOf(field) : l10n.t('It {0}. {1}', problem, promptOf(field));
    const chosen = await dialogs.pickMany(choices, { title, placeholder }, signal);
    if (!chosen) return 'closed';
    picked = chosen.flatMap(({ value }) => (value === undefined ? [] : [value]));
    if (picked.length === 0 && !field.isRequired && field.default === undefined) return { value: undefined };
    problem = misfit(type, [...picked]);
    if (problem === undefined) return { value: [...picked] };
  }
}

/** What is to be answered, and what an empty answer means. */
function promptOf({ description, title, isRequired, default: preset, type }: ElicitationField): string {
  const said = visibleText(description ?? title).replace(/\s+/g, ' ');
  const isTyped = type.kind === 'text' || type.kind === 'number';
  if (!isTyped) return said;
  if (preset !== undefined)
    return l10n.t(
      '{0} (empty: {1})',
      said,
      shortText(typeof preset === 'string' ? preset : JSON.stringify(preset), 60),
    );
  return isRequired ? said : l10n.t('{0} (may be left empty)', said);
}
