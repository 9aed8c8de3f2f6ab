/** Asks with which options a model is to be loaded, and says what each of them does. */
import type { CatalogModel } from '../../llm/lmstudio/catalog';
import type { LoadOptions } from '../../llm/lmstudio/loadOptions';
import type { Choice, Dialogs } from '../dialogs';
import { formatCount } from './modelText';

const TITLE = 'Load Model with Options';
/** Enough for tool results, small enough for most machines. */
const SUGGESTED_CONTEXT = 32_768;
const BY_LM_STUDIO = 'as LM Studio is set';

export const LOAD_CHOICE = 'Load';

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
    label: 'Context length',
    explanation: 'Tokens that the model sees at once. More needs more memory.',
  },
  {
    ...{ kind: 'switch', key: 'flashAttention' },
    label: 'Flash attention',
    explanation: 'Faster, and less memory for a long context. A few models work worse with it.',
  },
  {
    ...{ kind: 'switch', key: 'offloadKvCacheToGpu' },
    label: 'KV cache on the GPU',
    explanation: "Faster on. Off keeps the context in the computer's own memory.",
  },
  {
    ...{ kind: 'number', key: 'evalBatchSize', suggested: 512 },
    label: 'Evaluation batch size',
    explanation: 'Tokens of a prompt that are read at once. More reads faster and needs more memory.',
  },
  {
    ...{ kind: 'number', key: 'numExperts', suggested: 4 },
    label: 'Number of experts',
    explanation: 'Only for models with a mixture of experts: how many work on each token.',
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
    const placeholder = `How should ${model.displayName} be loaded? Choose a line to change it, or "${LOAD_CHOICE}".`;
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
      { label: 'On', value: true },
      { label: 'Off', value: false },
      { label: 'Default', description: BY_LM_STUDIO, value: 'default' },
    ];
    return (await dialogs.pickOne(choices, { title: field.label, placeholder: field.explanation }))?.value;
  }
  const longest = field.key === 'contextLength' ? (model.maxContextLength ?? undefined) : undefined;
  const suggested = options[field.key] ?? Math.min(field.suggested, longest ?? field.suggested);
  const text = await dialogs.input({
    title: field.label,
    prompt: `${field.explanation}${longest === undefined ? '' : ` At most ${formatCount(longest)}.`} Empty: ${BY_LM_STUDIO}.`,
    value: String(suggested),
    validate: (written) => numberProblem(written, longest),
  });
  if (text === undefined || numberProblem(text, longest) !== undefined) return undefined;
  return text.trim() === '' ? 'default' : Number(text);
}

function describeValue(value: number | boolean | undefined): string {
  if (value === undefined) return BY_LM_STUDIO;
  return typeof value === 'number' ? formatCount(value) : value ? 'on' : 'off';
}

function numberProblem(text: string, longest: number | undefined): string | undefined {
  if (text.trim() === '') return undefined;
  const value = Number(text);
  const fits = /^\d+$/.test(text.trim()) && Number.isSafeInteger(value) && value >= 1;
  if (fits && (longest === undefined || value <= longest)) return undefined;
  return longest === undefined ? 'Write a whole number of at least 1.' : `Write a whole number from 1 to ${longest}.`;
}
