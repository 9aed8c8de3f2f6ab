import * as l10n from '@vscode/l10n';
import type { Choice, Dialogs } from '../dialogs';
import { type Action, menuGroups, type MenuInput } from './menuGroups';
import { executeCommand } from '../typed';

/** What makes sense now, the most helpful first. */
export async function showMenu(input: MenuInput, dialogs: Dialogs): Promise<void> {
  const choices = menuGroups(input).flatMap(({ heading, actions }): readonly (Choice & Partial<Action>)[] => [
    { label: heading, isHeading: true },
    ...actions,
  ]);
  const placeholder = l10n.t('What next?');
  const chosen = await dialogs.pickOne(choices, { title: input.title, placeholder });
  if (chosen?.command !== undefined) await executeCommand(chosen.command);
}
