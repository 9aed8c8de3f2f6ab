/** What the status bar's tooltip offers to do. Pure. */
import * as l10n from '@vscode/l10n';
import { COMMANDS, type CommandId, type ServerState } from '../ids';
import { markdownText } from '../../base/markdownText';

export interface StatusLink {
  readonly label: string;
  readonly command: CommandId;
}

interface Moment {
  readonly state: ServerState;
  readonly tasks: readonly { readonly isWaiting: boolean }[];
  readonly strays: number;
}

/** The most helpful first, three at most: the rest is in the menu. */
export function statusLinks({ state, tasks, strays }: Moment): readonly StatusLink[] {
  const menu = { label: l10n.t('All Actions…'), command: COMMANDS.showMenu };
  const doctor = { label: l10n.t('Doctor'), command: COMMANDS.doctor };
  if (strays > 0 || tasks.some(({ isWaiting }) => isWaiting)) {
    return [{ label: l10n.t('Answer…'), command: COMMANDS.answerQuestion }, showOutput(), menu];
  }
  if (tasks.length > 0) return [showOutput(), { label: l10n.t('Cancel Task'), command: COMMANDS.cancelTask }, menu];
  switch (state) {
    case 'online':
      return [{ label: l10n.t('Select Model…'), command: COMMANDS.selectModel }, doctor, menu];
    case 'auth':
      return [{ label: l10n.t('Set API Token…'), command: COMMANDS.setToken }, doctor, menu];
    case 'misconfigured':
    case 'wrong-server':
      return [{ label: l10n.t('Open Settings'), command: COMMANDS.openSettings }, doctor, menu];
    case 'unknown':
    case 'offline':
      return [{ label: l10n.t('Ask Again'), command: COMMANDS.refreshModels }, doctor, menu];
  }
}

function showOutput(): StatusLink {
  return { label: l10n.t('Show Output'), command: COMMANDS.showOutput };
}

/** Markdown of facts and links. The facts are escaped, so that the links are the only markup in it. */
export function tooltipMarkdown(facts: string, links: readonly StatusLink[]): string {
  const lines = facts.split('\n').map(markdownText);
  const actions = links.map(({ label, command }) => `[${markdownText(label)}](command:${command})`);
  return [lines.join('  \n'), actions.join(' · ')].join('\n\n');
}
