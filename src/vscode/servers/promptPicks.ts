/** How a person chooses a prompt of a server and fills in its gaps, with what the server suggests for them. */
import * as l10n from '@vscode/l10n';
import type { McpConnection } from '../../mcp/connection';
import type { PromptArgument, ServerPrompt } from '../../mcp/promptList';
import type { CompletionOf } from '../../mcp/connection';
import type { Choice, Dialogs } from '../dialogs';
import { shortText } from '../shortText';

export const TYPE_OTHER = l10n.t('Type it…');
export const LEAVE_OUT = l10n.t('Leave out');

type Completing = Pick<McpConnection, 'complete'>;

export async function pickPrompt(
  prompts: readonly ServerPrompt[],
  dialogs: Dialogs,
  title: string,
): Promise<ServerPrompt | undefined> {
  const choices = prompts.map((prompt) => ({ ...wordsFor(prompt), prompt }));
  return (await dialogs.pickOne(choices, { title, placeholder: l10n.t('Which prompt becomes the task?') }))?.prompt;
}

/** Undefined where one was closed. */
export async function askArguments(
  of: CompletionOf,
  asked: readonly PromptArgument[],
  connection: Completing,
  dialogs: Dialogs,
  signal: AbortSignal,
): Promise<Record<string, string> | undefined> {
  const given = new Map<string, string>();
  for (const [index, argument] of asked.entries()) {
    const step = asked.length > 1 ? l10n.t(' ({0} of {1})', index + 1, asked.length) : '';
    const title = `${shortText(argument.title ?? argument.name, 100)}${step}`;
    // Without what helps to choose, there is still the typing.
    const suggest = (value: string) =>
      connection
        .complete(of, { name: argument.name, value }, Object.fromEntries(given), signal)
        .catch((): readonly string[] => []);
    const value = await askArgument(argument, title, suggest, dialogs);
    if (value === 'closed') return undefined;
    if (value.text !== '') given.set(argument.name, value.text);
  }
  return Object.fromEntries(given);
}

type Answer = { readonly text: string } | 'closed';

async function askArgument(
  argument: PromptArgument,
  title: string,
  suggest: (value: string) => Promise<readonly string[]>,
  dialogs: Dialogs,
): Promise<Answer> {
  const { description, isRequired } = argument;
  const prompt = shortText(description, 300) || title;
  const options = { title, placeholder: prompt };
  const suggested = await suggest('');
  if (suggested.length > 0) {
    const others: ValueChoice[] = [{ label: TYPE_OTHER }, ...(isRequired ? [] : [{ label: LEAVE_OUT, text: '' }])];
    const chosen = await dialogs.pickOne([...suggested.map(toChoice), ...others], options);
    if (!chosen) return 'closed';
    if (chosen.text !== undefined) return { text: chosen.text };
  }
  const typed = await dialogs.input({
    title,
    prompt: isRequired ? prompt : l10n.t('{0} (may be left empty)', prompt),
    validate: (text) => (isRequired && text.trim() === '' ? l10n.t('The prompt needs this.') : undefined),
  });
  if (typed === undefined) return 'closed';
  const fitting = typed === '' || suggested.includes(typed) ? [] : await suggest(typed);
  if (fitting.length === 0 || fitting.includes(typed)) return { text: typed };
  const chosen = await dialogs.pickOne([toChoice(typed), ...fitting.map(toChoice)], options);
  return chosen?.text === undefined ? 'closed' : { text: chosen.text };
}

interface ValueChoice extends Choice {
  readonly text?: string;
}

function toChoice(text: string): ValueChoice {
  return { label: shortText(text, 200), text };
}

function wordsFor({ name, title, description }: ServerPrompt): Choice {
  const label = shortText(title ?? name, 100);
  const detail = shortText(description, 300);
  return {
    label,
    ...(title === undefined ? {} : { description: shortText(name, 100) }),
    ...(detail === '' ? {} : { detail }),
  };
}
