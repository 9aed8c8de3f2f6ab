import type { Choice, Dialogs } from './dialogs';
import { COMMANDS, type CommandId, type ServerState } from './ids';
import { executeCommand } from './typed';

interface Action extends Choice {
  readonly command: CommandId;
}

const ACTIONS = {
  runOne: { label: '$(play) Run Task with One MCP Server…', command: COMMANDS.runWithServer },
  runSeveral: { label: '$(run-all) Run Task with Several MCP Servers…', command: COMMANDS.runWithServers },
  runAll: { label: '$(run-all) Run Task with All Discovered MCP Servers…', command: COMMANDS.runWithAllServers },
  runPrompt: { label: '$(comment-discussion) Run Task from MCP Prompt…', command: COMMANDS.runPrompt },
  runWithResources: { label: '$(file-symlink-file) Run Task with MCP Resources…', command: COMMANDS.runWithResources },
  answer: { label: '$(bell-dot) Answer a Waiting Task', command: COMMANDS.answerQuestion },
  cancel: { label: '$(stop-circle) Cancel Task', command: COMMANDS.cancelTask },
  message: { label: '$(comment) Add Message to Running Task…', command: COMMANDS.addMessage },
  pause: { label: '$(debug-pause) Pause Task', command: COMMANDS.pauseTask },
  goOn: { label: '$(debug-continue) Continue Task', command: COMMANDS.continueTask },
  model: { label: '$(symbol-misc) Select Model for Tasks…', command: COMMANDS.selectModel },
  load: { label: '$(arrow-circle-down) Load Model…', command: COMMANDS.loadModel },
  loadWith: { label: '$(settings) Load Model with Options…', command: COMMANDS.loadModelWithOptions },
  cancelLoad: { label: '$(stop-circle) Cancel Loading', command: COMMANDS.cancelLoad },
  unload: { label: '$(debug-disconnect) Unload Model…', command: COMMANDS.unloadModel },
  busy: { label: '$(pulse) Refresh Busy State with lms', command: COMMANDS.refreshBusyState },
  start: { label: "$(play-circle) Start LM Studio's Server", command: COMMANDS.startServer },
  refresh: { label: '$(refresh) Refresh Models', command: COMMANDS.refreshModels },
  token: { label: '$(key) Set API Token…', command: COMMANDS.setToken },
  output: { label: '$(output) Show Output', command: COMMANDS.showOutput },
  servers: { label: '$(server) Show MCP Servers', command: COMMANDS.showMcpServers },
  addServer: { label: '$(add) Add MCP Server…', command: COMMANDS.addMcpServer },
  approvals: { label: '$(shield) Manage Approvals…', command: COMMANDS.manageApprovals },
  settings: { label: '$(gear) Open Settings', command: COMMANDS.openSettings },
} satisfies Record<string, Action>;

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

/** What makes sense now, the most helpful first. */
export async function showMenu(input: MenuInput, dialogs: Dialogs): Promise<void> {
  const chosen = await dialogs.pickOne(actions(input), { title: input.title, placeholder: 'What next?' });
  if (chosen) await executeCommand(chosen.command);
}

function actions({ state, hasTask, hasQuestion, hasLoad, canPause, canContinue, lms }: MenuInput): readonly Action[] {
  const { answer, runOne, runSeveral, runAll, cancel, model, load, loadWith, unload, busy, start } = ACTIONS;
  const {
    servers,
    addServer,
    runPrompt,
    runWithResources,
    cancelLoad,
    refresh,
    token,
    output,
    approvals,
    settings,
    message,
    pause,
    goOn,
  } = ACTIONS;
  const cures: Partial<Record<ServerState, Action[]>> = {
    auth: [token],
    misconfigured: [settings],
    offline: lms.isFound ? [start] : [],
  };
  const models = [model, load, loadWith, unload, ...(lms.isEnabled ? [busy] : [])];
  const ready = state === 'online' ? [runOne, runSeveral, runAll, runPrompt, runWithResources, ...models] : [];
  const steering = [message, ...(canPause ? [pause] : []), ...(canContinue ? [goOn] : [])];
  const running = [
    ...(hasQuestion ? [answer] : []),
    ...(hasTask ? [cancel, ...steering, output] : []),
    ...(hasLoad ? [cancelLoad] : []),
  ];
  return [
    ...new Set([
      ...running,
      ...(cures[state] ?? []),
      ...ready,
      refresh,
      servers,
      addServer,
      output,
      approvals,
      settings,
      token,
    ]),
  ];
}
