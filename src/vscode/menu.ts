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
  cancel: { label: '$(stop-circle) Cancel Task', command: COMMANDS.cancelTask },
  model: { label: '$(symbol-misc) Select Model for Tasks…', command: COMMANDS.selectModel },
  load: { label: '$(arrow-circle-down) Load Model…', command: COMMANDS.loadModel },
  unload: { label: '$(debug-disconnect) Unload Model…', command: COMMANDS.unloadModel },
  refresh: { label: '$(refresh) Refresh Models', command: COMMANDS.refreshModels },
  token: { label: '$(key) Set API Token…', command: COMMANDS.setToken },
  output: { label: '$(output) Show Output', command: COMMANDS.showOutput },
  settings: { label: '$(gear) Open Settings', command: COMMANDS.openSettings },
} satisfies Record<string, Action>;

/** What makes sense now, the most helpful first. */
export async function showMenu(state: ServerState, hasTask: boolean, title: string, dialogs: Dialogs): Promise<void> {
  const { runOne, runSeveral, runAll, cancel, model, load, unload, refresh, token, output, settings } = ACTIONS;
  const cure = state === 'auth' ? [token] : state === 'misconfigured' ? [settings] : [];
  const ready = state === 'online' ? [runOne, runSeveral, runAll, model, load, unload] : [];
  const actions: Action[] = [...(hasTask ? [cancel, output] : []), ...cure, ...ready, refresh, output, settings, token];
  const chosen = await dialogs.pickOne([...new Set(actions)], { title, placeholder: 'What next?' });
  if (chosen) await executeCommand(chosen.command);
}
