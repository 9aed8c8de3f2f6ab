/** How a failure is told: one message, and one button that helps. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { BridgeError, type ErrorCode, toBridgeError } from '../base/errors';
import type { Dialogs, NoticeLevel } from './dialogs';
import { type HelpAct, helpPlan, type HelpPlan } from './failureHelp';
import { type CommandId, COMMANDS, SETTINGS_SECTION } from './ids';
import { openOrigin } from './openDocument';
import { executeCommand } from './typed';
import { shortText } from './shortText';

export interface Help {
  readonly label: string;
  readonly run: () => PromiseLike<unknown>;
}

const ACTS: Readonly<Record<HelpAct, CommandId>> = {
  actions: COMMANDS.showMenu,
  loadModel: COMMANDS.loadModel,
  loadOptions: COMMANDS.loadModelWithOptions,
  mcpConfig: COMMANDS.openMcpConfig,
  model: COMMANDS.selectModel,
  output: COMMANDS.showOutput,
  refresh: COMMANDS.refreshModels,
  servers: COMMANDS.showMcpServers,
  startServer: COMMANDS.startServer,
  token: COMMANDS.setToken,
};

function labelOf(act: HelpAct): string {
  const labels: Readonly<Record<HelpAct, string>> = {
    actions: l10n.t('Show Actions…'),
    loadModel: l10n.t('Load Model…'),
    loadOptions: l10n.t('Load Model with Options…'),
    mcpConfig: l10n.t('Open .mcp.json'),
    model: l10n.t('Choose Model'),
    output: l10n.t('Show Output'),
    refresh: l10n.t('Ask the Server Again'),
    servers: l10n.t('Show MCP Servers'),
    startServer: l10n.t("Start LM Studio's Server"),
    token: l10n.t('Set API Token…'),
  };
  return labels[act];
}

function helpOf(act: HelpAct): Help {
  return { label: labelOf(act), run: () => executeCommand(ACTS[act]) };
}

export function showOutputHelp(): Help {
  return helpOf('output');
}

/** Of a task of this window. */
export function showTaskHelp(id: number): Help {
  return { label: l10n.t('Show Task'), run: () => executeCommand(COMMANDS.showTask, id) };
}

/** Of a task that has ended, by its journal. */
export function retryHelp(runId: string): Help {
  return { label: l10n.t('Try Again'), run: () => executeCommand(COMMANDS.retryTask, runId) };
}

/** Of a task that has ended, by its journal. */
export function resumeHelp(runId: string): Help {
  return { label: l10n.t('Resume Task'), run: () => executeCommand(COMMANDS.resumeTask, runId) };
}

export function helpFor(code: ErrorCode | null, message = ''): Help {
  return helpOfPlan(helpPlan(code, message));
}

export function helpOfPlan(plan: HelpPlan): Help {
  switch (plan.act) {
    case 'setting':
      return { label: l10n.t('Open Settings'), run: () => openSetting(plan.setting) };
    case 'place':
      return { label: l10n.t('Open File'), run: () => openOrigin(plan) };
    default:
      return helpOf(plan.act);
  }
}

function openSetting(setting: string): Thenable<unknown> {
  return vscode.commands.executeCommand('workbench.action.openSettings', `@id:${SETTINGS_SECTION}.${setting}`);
}

/** A failure that carries its own way out, such as "trust this folder". */
export class HelpfulError extends BridgeError {
  constructor(
    error: BridgeError,
    readonly help: Help,
  ) {
    super(error.code, error.message, { hint: error.hint, cause: error });
  }
}

/** Tells of a failure, once. Returns at once: the notification may stay open for ever. */
export function tellFailure(failure: unknown, dialogs: Dialogs): void {
  const error = toBridgeError(failure);
  const help = error instanceof HelpfulError ? error.help : helpFor(error.code, error.message);
  offer(dialogs, error.code === 'cancelled' ? 'info' : 'error', sentence(error.message, error.hint), help);
}

/** A notification with one button that does something; an error has one always. A button that fails is a failure to be told, too. */
export function offer(dialogs: Dialogs, level: 'info' | 'warning', message: string, help?: Help): void;
export function offer(dialogs: Dialogs, level: NoticeLevel, message: string, help: Help): void;
export function offer(dialogs: Dialogs, level: NoticeLevel, message: string, help?: Help): void {
  const showing = async (): Promise<void> => {
    const chosen = await dialogs.notify(level, message, help ? [help.label] : []);
    if (help && chosen === help.label) await help.run();
  };
  showing().catch((failure: unknown) => tellFailure(failure, dialogs));
}

export function sentence(message: string, hint: string | null | undefined): string {
  return shortText(hint ? `${message} ${hint}` : message, 500);
}
