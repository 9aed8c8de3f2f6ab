/** Asks which models the view is to show, and in which order. */
import * as l10n from '@vscode/l10n';
import type { Choice, Dialogs } from '../dialogs';
import type { ArrangementStore } from './arrangement';
import { CAPABILITIES, type Capability, capabilityWords, SORT_ORDERS, type SortOrder } from './modelFilter';

type FilterChoice = Choice & { readonly value: Capability | 'memory' | 'text' };

/** One list of everything that can be asked for, and a field for the text where that is among it. */
export async function askForFilter(store: ArrangementStore, dialogs: Dialogs): Promise<void> {
  const { text, capabilities, inMemory } = store.current.filter;
  const choices: readonly FilterChoice[] = [
    {
      label: l10n.t('Name contains…'),
      description: text === '' ? '' : `"${text}"`,
      detail: l10n.t('The name, id, publisher, architecture or quantization.'),
      isPicked: text !== '',
      value: 'text',
    },
    { label: l10n.t('Only in memory'), detail: l10n.t('Loaded, or loading.'), isPicked: inMemory, value: 'memory' },
    ...CAPABILITIES.map((value) => ({
      label: l10n.t('Only with {0}', capabilityWords(value)),
      detail: capabilityMeaning(value),
      isPicked: capabilities.includes(value),
      value,
    })),
  ];
  const title = l10n.t('Filter Models');
  const placeholder = l10n.t('Tick what a model must have. Nothing ticked: all are shown.');
  const chosen = await dialogs.pickMany(choices, { title, placeholder });
  if (!chosen) return;
  const values = chosen.map(({ value }) => value);
  const written = values.includes('text') ? await askForText(title, text, dialogs) : '';
  if (written === undefined) return;
  await store.filter({
    text: written.trim(),
    capabilities: CAPABILITIES.filter((capability) => values.includes(capability)),
    inMemory: values.includes('memory'),
  });
}

function askForText(title: string, value: string, dialogs: Dialogs): Promise<string | undefined> {
  const prompt = l10n.t(
    'Models are shown that have all of these words in their name, id, publisher, architecture or quantization.',
  );
  return dialogs.input({ title, prompt, value, placeholder: 'qwen q4' });
}

export async function askForOrder(store: ArrangementStore, dialogs: Dialogs): Promise<void> {
  const choices: readonly (Choice & { readonly value: SortOrder })[] = SORT_ORDERS.map((value) => ({
    ...orderChoice(value),
    description: store.current.order === value ? l10n.t('in use') : '',
    value,
  }));
  const options = { title: l10n.t('Sort Models'), placeholder: l10n.t('In which order, within each group?') };
  const chosen = await dialogs.pickOne(choices, options);
  if (chosen) await store.sort(chosen.value);
}

function capabilityMeaning(capability: Capability): string {
  switch (capability) {
    case 'tools':
      return l10n.t('Trained for tool use, as LM Studio says.');
    case 'vision':
      return l10n.t('Reads images.');
    case 'reasoning':
      return l10n.t('Thinks before it answers.');
  }
}

function orderChoice(order: SortOrder): { readonly label: string; readonly detail: string } {
  switch (order) {
    case 'name':
      return { label: l10n.t('Name'), detail: l10n.t('From A to Z.') };
    case 'size':
      return { label: l10n.t('Size'), detail: l10n.t('The biggest first.') };
    case 'used':
      return { label: l10n.t('Last use'), detail: l10n.t('What this computer has used or loaded last comes first.') };
    case 'speed':
      return { label: l10n.t('Speed'), detail: l10n.t('The fastest first, as measured in tasks on this computer.') };
  }
}
