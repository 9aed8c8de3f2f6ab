/** What the doctor's remedies are called in the editor, and the commands behind them. */
import * as l10n from '@vscode/l10n';
import type { Remedy } from '../../tasks/doctorCatalogue';
import { COMMANDS } from '../ids';

export interface EditorCommand {
  readonly command: string;
  /** As the palette shows it, in the person's language. */
  readonly title: string;
}

export function editorCommands(): Readonly<Record<Remedy, EditorCommand>> {
  return {
    'start-server': { command: COMMANDS.startServer, title: l10n.t("LM Studio: Start LM Studio's Server") },
    'ask-again': { command: COMMANDS.refreshModels, title: l10n.t('LM Studio: Refresh Models') },
    settings: { command: COMMANDS.openSettings, title: l10n.t('LM Studio: Open Settings') },
    'set-token': { command: COMMANDS.setToken, title: l10n.t('LM Studio: Set API Token…') },
    'select-model': { command: COMMANDS.selectModel, title: l10n.t('LM Studio: Select Model for Tasks…') },
    'load-model': { command: COMMANDS.loadModelWithOptions, title: l10n.t('LM Studio: Load Model with Options…') },
    'self-test': { command: COMMANDS.selfTest, title: l10n.t('LM Studio: Run Self-Test') },
    'show-servers': { command: COMMANDS.showMcpServers, title: l10n.t('LM Studio: Show MCP Servers') },
    'add-server': { command: COMMANDS.addMcpServer, title: l10n.t('LM Studio: Add MCP Server…') },
    'show-problems': { command: 'workbench.actions.view.problems', title: l10n.t('View: Show Problems') },
    'resume-task': { command: COMMANDS.resumeTask, title: l10n.t('LM Studio: Resume Interrupted Task…') },
    'discard-journal': { command: COMMANDS.discardJournal, title: l10n.t('LM Studio: Delete Task…') },
    'trust-folder': { command: 'workbench.trust.manage', title: l10n.t('Workspaces: Manage Workspace Trust') },
    'open-folder': { command: 'workbench.action.files.openFolder', title: l10n.t('File: Open Folder…') },
    'show-output': { command: COMMANDS.showOutput, title: l10n.t('LM Studio: Show Output') },
    doctor: { command: COMMANDS.doctor, title: l10n.t('LM Studio: Doctor') },
    'first-steps': { command: COMMANDS.openWalkthrough, title: l10n.t('LM Studio: First Steps') },
  };
}
