/** What the extension shows by name; the one place to change when a title changes. */
export const front = {
  container: 'LM Studio',
  view: 'Models',
  serversView: 'MCP Servers',
  tasksView: 'Tasks',
  outputChannel: 'LM Studio Bridge',
  statusBar: /^\s*LM Studio/,
  commands: {
    runWithOneServer: 'LM Studio: Run Task with One MCP Server…',
    runWithSeveralServers: 'LM Studio: Run Task with Several MCP Servers…',
    runWithAllServers: 'LM Studio: Run Task with All Discovered MCP Servers…',
  },
  selectModel: 'LM Studio: Select Model for Tasks…',
};
