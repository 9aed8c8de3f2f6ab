/** What the doctor's remedies are called in the editor, and the commands behind them. */
import type { Remedy } from '../../tasks/doctorCatalogue';
import { COMMANDS } from '../ids';

export interface EditorCommand {
  readonly command: string;
  /** As the palette shows it. */
  readonly title: string;
}

export const REMEDIES: Readonly<Record<Remedy, EditorCommand>> = {
  'start-server': { command: COMMANDS.startServer, title: "LM Studio: Start LM Studio's Server" },
  'ask-again': { command: COMMANDS.refreshModels, title: 'LM Studio: Refresh Models' },
  settings: { command: COMMANDS.openSettings, title: 'LM Studio: Open Settings' },
  'set-token': { command: COMMANDS.setToken, title: 'LM Studio: Set API Token…' },
  'select-model': { command: COMMANDS.selectModel, title: 'LM Studio: Select Model for Tasks…' },
  'load-model': { command: COMMANDS.loadModelWithOptions, title: 'LM Studio: Load Model with Options…' },
  'self-test': { command: COMMANDS.selfTest, title: 'LM Studio: Run Self-Test' },
  'show-servers': { command: COMMANDS.showMcpServers, title: 'LM Studio: Show MCP Servers' },
  'add-server': { command: COMMANDS.addMcpServer, title: 'LM Studio: Add MCP Server…' },
  'show-problems': { command: 'workbench.actions.view.problems', title: 'View: Show Problems' },
  'resume-task': { command: COMMANDS.resumeTask, title: 'LM Studio: Resume Interrupted Task…' },
  'discard-journal': { command: COMMANDS.discardJournal, title: 'LM Studio: Delete Task…' },
  'trust-folder': { command: 'workbench.trust.manage', title: 'Workspaces: Manage Workspace Trust' },
  'open-folder': { command: 'workbench.action.files.openFolder', title: 'File: Open Folder…' },
  'show-output': { command: COMMANDS.showOutput, title: 'LM Studio: Show Output' },
  doctor: { command: COMMANDS.doctor, title: 'LM Studio: Doctor' },
  'first-steps': { command: COMMANDS.openWalkthrough, title: 'LM Studio: First Steps' },
};
