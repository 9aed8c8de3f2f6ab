/** Asks with which options a model is to be loaded, and says what each of them does. */
import * as l10n from '@vscode/l10n';
import { countText } from '../../base/numberText';
import type { CatalogModel } from '../../llm/lmstudio/catalog';
import type { LoadOptions } from '../../llm/lmstudio/loadOptions';
import type { Choice, Dialogs } from '../dialogs';

const TITLE = l10n.t('Load Model with Options');
/** Enough for tool results, small enough for most machines. */
const SUGGESTED_CONTEXT = 32_768;
const BY_LM_STUDIO = l10n.t('as LM Studio is set');

export const LOAD_CHOICE = l10n.t('Load');

interface NumberField {
  readonly kind: 'number';
  readonly key: 'contextLength' | 'evalBatchSize' | 'numExperts';
  readonly suggested: number;
}

interface SwitchField {
  readonly kind: 'switch';
  readonly key: 'flashAttention' | 'offloadKvCacheToGpu';
}

type Field = (NumberField | SwitchField) & { readonly label: string; readonly explanation: string };

const FIELDS: readonly Field[] = [
  {
    ...{ kind: 'number', key: 'contextLength', suggested: SUGGESTED_CONTEXT },
    label: l10n.t('Context length'),
    explanation: l10n.t('Tokens that the model sees at once. More needs more memory.'),
  },
  {
    ...{ kind: 'switch', key: 'flashAttention' },
    label: l10n.t('Flash attention'),
    explanation: l10n.t('Faster, and less memory for a long context. A few models work worse with it.'),
  },
  {
    ...{ kind: 'switch', key: 'offloadKvCacheToGpu' },
    label: l10n.t('KV cache on the GPU'),
    explanation: l10n.t("Faster on. Off keeps the context in the computer's own memory."),
  },
  {
    ...{ kind: 'number', key: 'evalBatchSize', suggested: 512 },
    label: l10n.t('Evaluation batch size'),
    explanation: l10n.t('Tokens of a prompt that are read at once. More reads faster and needs more memory.'),
  },
  {
    ...{ kind: 'number', key: 'numExperts', suggested: 4 },
    label: l10n.t('Number of experts'),
    explanation: l10n.t('Only for models with a mixture of experts: how many work on each token.'),
  },
];

/** Undefined where the person closed it. `initial`: what stands there at first. */
export async function askForLoadOptions(
  model: CatalogModel,
  initial: LoadOptions,
  dialogs: Dialogs,
): Promise<LoadOptions | undefined> {
  // The MLX engine has the context length alone (reference 2.2).
  const fields = model.format === 'mlx' ? FIELDS.slice(0, 1) : FIELDS;
  let options = initial;
  for (;;) {
    const load = { label: LOAD_CHOICE, description: model.displayName, field: undefined };
    const choices: (Choice & { readonly field: Field | undefined })[] = [
      load,
      ...fields.map((field) => ({
        label: field.label,
        description: describeValue(options[field.key]),
        detail: field.explanation,
        field,
      })),
    ];
    const placeholder = l10n.t(
      'How should {0} be loaded? Choose a line to change it, or "{1}".',
      model.displayName,
      LOAD_CHOICE,
    );
    const chosen = await dialogs.pickOne(choices, { title: TITLE, placeholder });
    if (!chosen) return undefined;
    if (!chosen.field) return options;
    const value = await askForValue(chosen.field, options, model, dialogs);
    if (value !== undefined) options = withValue(options, chosen.field, value);
  }
}

type Value = number | boolean | 'default';

function withValue(options: LoadOptions, { key }: Field, value: Value): LoadOptions {
  return { ...options, [key]: value === 'default' ? undefined : value };
}

/** Undefined: closed, so everything stays as it is. */
async function askForValue(
  field: Field,
  options: LoadOptions,
  model: CatalogModel,
  dialogs: Dialogs,
): Promise<Value | undefined> {
  if (field.kind === 'switch') {
    const choices: (Choice & { readonly value: Value })[] = [
      { label: l10n.t('On'), value: true },
      { label: l10n.t('Off'), value: false },
      { label: l10n.t('Default'), description: BY_LM_STUDIO, value: 'default' },
    ];
    return (await dialogs.pickOne(choices, { title: field.label, placeholder: field.explanation }))?.value;
  }
  const longest = field.key === 'contextLength' ? (model.maxContextLength ?? undefined) : undefined;
  const suggested = options[field.key] ?? Math.min(field.suggested, longest ?? field.suggested);
  const text = await dialogs.input({
    title: field.label,
    prompt:
      longest === undefined
        ? l10n.t('{0} Empty: {1}.', field.explanation, BY_LM_STUDIO)
        : l10n.t('{0} At most {1}. Empty: {2}.', field.explanation, countText(longest), BY_LM_STUDIO),
    value: String(suggested),
    validate: (written) => numberProblem(written, longest),
  });
  if (text === undefined || numberProblem(text, longest) !== undefined) return undefined;
  return text.trim() === '' ? 'default' : Number(text);
}

function describeValue(value: number | boolean | undefined): string {
  if (value === undefined) return BY_LM_STUDIO;
  return typeof value === 'number' ? countText(value) : value ? l10n.t('on') : l10n.t('off');
}

function numberProblem(text: string, longest: number | undefined): string | undefined {
  if (text.trim() === '') return undefined;
  const value = Number(text);
  const fits = /^\d+$/.test(text.trim()) && Number.isSafeInteger(value) && value >= 1;
  if (fits && (longest === undefined || value <= longest)) return undefined;
  return longest === undefined
    ? l10n.t('Write a whole number of at least 1.')
    : l10n.t('Write a whole number from 1 to {0}.', longest);
}
