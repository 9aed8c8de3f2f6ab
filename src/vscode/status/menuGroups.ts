/** What the menu of the status bar offers. Pure. */
import * as l10n from '@vscode/l10n';
import type { Choice } from '../dialogs';
import { COMMANDS, type CommandId, type ServerState } from '../ids';

export interface Action extends Choice {
  readonly command: CommandId;
}

export interface MenuGroup {
  readonly heading: string;
  readonly actions: readonly Action[];
}

export interface MenuInput {
  readonly state: ServerState;
  readonly hasTask: boolean;
  /** A model is loading that a person asked for. */
  readonly hasLoad: boolean;
  /** A question of a task waits behind a notification. */
  readonly hasQuestion: boolean;
  readonly canPause: boolean;
  readonly canContinue: boolean;
  readonly title: string;
  /** The program lms can be run, and may be. */
  readonly lms: { readonly isFound: boolean; readonly isEnabled: boolean };
}

/** Without empty groups; no command stands in two of them. */
export function menuGroups(input: MenuInput): readonly MenuGroup[] {
  const groups: readonly MenuGroup[] = [
    { heading: l10n.t('Running'), actions: running(input) },
    { heading: l10n.t('Connection'), actions: cures(input) },
    { heading: l10n.t('Tasks'), actions: tasks(input) },
    { heading: l10n.t('Models'), actions: models(input) },
    { heading: l10n.t('MCP Servers'), actions: servers() },
    { heading: l10n.t('Help and Settings'), actions: help(input) },
  ];
  return groups.filter(({ actions }) => actions.length > 0);
}

function action(icon: string, label: string, command: CommandId): Action {
  return { icon, label, command };
}

function running({ hasTask, hasQuestion, hasLoad, canPause, canContinue }: MenuInput): readonly Action[] {
  return [
    ...(hasQuestion ? [action('bell-dot', l10n.t('Answer a Waiting Task'), COMMANDS.answerQuestion)] : []),
    ...(hasTask ? [action('stop-circle', l10n.t('Cancel Task'), COMMANDS.cancelTask)] : []),
    ...(hasTask ? [action('comment', l10n.t('Add Message to Running Task…'), COMMANDS.addMessage)] : []),
    ...(canPause ? [action('debug-pause', l10n.t('Pause Task'), COMMANDS.pauseTask)] : []),
    ...(canContinue ? [action('debug-continue', l10n.t('Continue Task'), COMMANDS.continueTask)] : []),
    ...(hasLoad ? [action('stop-circle', l10n.t('Cancel Loading'), COMMANDS.cancelLoad)] : []),
  ];
}

/** What helps where the server cannot be used. */
function cures({ state, lms }: MenuInput): readonly Action[] {
  const token = action('key', l10n.t('Set API Token…'), COMMANDS.setToken);
  const settings = action('gear', l10n.t('Open Settings'), COMMANDS.openSettings);
  const start = action('play-circle', l10n.t("Start LM Studio's Server"), COMMANDS.startServer);
  switch (state) {
    case 'auth':
      return [token];
    case 'misconfigured':
    case 'wrong-server':
      return [settings];
    case 'offline':
      return lms.isFound ? [start, settings] : [settings];
    case 'online':
    case 'unknown':
      return [];
  }
}

function tasks({ state }: MenuInput): readonly Action[] {
  const resume = action('debug-restart', l10n.t('Resume Interrupted Task…'), COMMANDS.resumeTask);
  const show = action('notebook', l10n.t('Show Task…'), COMMANDS.showTask);
  if (state !== 'online') return [show];
  return [
    action('play', l10n.t('Run Task with One MCP Server…'), COMMANDS.runWithServer),
    action('run-all', l10n.t('Run Task with Several MCP Servers…'), COMMANDS.runWithServers),
    action('run-all', l10n.t('Run Task with All Discovered MCP Servers…'), COMMANDS.runWithAllServers),
    action('comment-discussion', l10n.t('Run Task from MCP Prompt…'), COMMANDS.runPrompt),
    action('file-symlink-file', l10n.t('Run Task with MCP Resources…'), COMMANDS.runWithResources),
    resume,
    show,
  ];
}

function models({ state, lms }: MenuInput): readonly Action[] {
  const refresh = action('refresh', l10n.t('Refresh Models'), COMMANDS.refreshModels);
  if (state !== 'online') return [refresh];
  return [
    action('symbol-misc', l10n.t('Select Model for Tasks…'), COMMANDS.selectModel),
    action('arrow-circle-down', l10n.t('Load Model…'), COMMANDS.loadModel),
    action('settings', l10n.t('Load Model with Options…'), COMMANDS.loadModelWithOptions),
    action('debug-disconnect', l10n.t('Unload Model…'), COMMANDS.unloadModel),
    ...(lms.isEnabled ? [action('pulse', l10n.t('Refresh Busy State with lms'), COMMANDS.refreshBusyState)] : []),
    refresh,
  ];
}

function servers(): readonly Action[] {
  return [
    action('server', l10n.t('Show MCP Servers'), COMMANDS.showMcpServers),
    action('add', l10n.t('Add MCP Server…'), COMMANDS.addMcpServer),
    action('shield', l10n.t('Manage Approvals…'), COMMANDS.manageApprovals),
  ];
}

function help(input: MenuInput): readonly Action[] {
  const shown = new Set(cures(input).map(({ command }) => command));
  return [
    action('heart', l10n.t('Doctor'), COMMANDS.doctor),
    ...(input.state === 'online' ? [action('beaker', l10n.t('Run Self-Test'), COMMANDS.selfTest)] : []),
    action('output', l10n.t('Show Output'), COMMANDS.showOutput),
    action('mortar-board', l10n.t('First Steps'), COMMANDS.openWalkthrough),
    action('gear', l10n.t('Open Settings'), COMMANDS.openSettings),
    action('key', l10n.t('Set API Token…'), COMMANDS.setToken),
  ].filter(({ command }) => !shown.has(command));
}
