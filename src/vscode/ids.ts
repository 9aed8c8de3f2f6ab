/**
 * Every id that package.json and the code share, with its type. Data only: test/manifest.test.ts compares it with
 * package.json, so that neither can drift.
 */

export const EXTENSION_ID = 'lmstudio-bridge.lmstudio-bridge';

export const COMMANDS = {
  runWithServer: 'lmstudioBridge.runWithServer',
  runWithServers: 'lmstudioBridge.runWithServers',
  runWithAllServers: 'lmstudioBridge.runWithAllServers',
  runPrompt: 'lmstudioBridge.runPrompt',
  runWithResources: 'lmstudioBridge.runWithResources',
  cancelTask: 'lmstudioBridge.cancelTask',
  resumeTask: 'lmstudioBridge.resumeTask',
  discardJournal: 'lmstudioBridge.discardJournal',
  addMessage: 'lmstudioBridge.addMessage',
  pauseTask: 'lmstudioBridge.pauseTask',
  continueTask: 'lmstudioBridge.continueTask',
  selectModel: 'lmstudioBridge.selectModel',
  refreshModels: 'lmstudioBridge.refreshModels',
  refreshModelsView: 'lmstudioBridge.refreshModelsView',
  loadModel: 'lmstudioBridge.loadModel',
  loadModelWithOptions: 'lmstudioBridge.loadModelWithOptions',
  cancelLoad: 'lmstudioBridge.cancelLoad',
  unloadModel: 'lmstudioBridge.unloadModel',
  unloadOwned: 'lmstudioBridge.unloadOwned',
  refreshBusyState: 'lmstudioBridge.refreshBusyState',
  startServer: 'lmstudioBridge.startServer',
  useForTasks: 'lmstudioBridge.useForTasks',
  testToolUse: 'lmstudioBridge.testToolUse',
  copyModelId: 'lmstudioBridge.copyModelId',
  openMcpConfig: 'lmstudioBridge.openMcpConfig',
  addMcpServer: 'lmstudioBridge.addMcpServer',
  startMcpServer: 'lmstudioBridge.startMcpServer',
  stopMcpServer: 'lmstudioBridge.stopMcpServer',
  restartMcpServer: 'lmstudioBridge.restartMcpServer',
  trustMcpServer: 'lmstudioBridge.trustMcpServer',
  distrustMcpServer: 'lmstudioBridge.distrustMcpServer',
  runWithThisServer: 'lmstudioBridge.runWithThisServer',
  showMcpLog: 'lmstudioBridge.showMcpLog',
  showMcpError: 'lmstudioBridge.showMcpError',
  goToMcpDefinition: 'lmstudioBridge.goToMcpDefinition',
  copyMcpName: 'lmstudioBridge.copyMcpName',
  readMcpResource: 'lmstudioBridge.readMcpResource',
  refreshMcpServers: 'lmstudioBridge.refreshMcpServers',
  showMcpServers: 'lmstudioBridge.showMcpServers',
  signOutOfServer: 'lmstudioBridge.signOutOfServer',
  forgetConsent: 'lmstudioBridge.forgetConsent',
  chooseVscodeTools: 'lmstudioBridge.chooseVscodeTools',
  forgetInputs: 'lmstudioBridge.forgetInputs',
  manageApprovals: 'lmstudioBridge.manageApprovals',
  answerQuestion: 'lmstudioBridge.answerQuestion',
  showOutput: 'lmstudioBridge.showOutput',
  showMenu: 'lmstudioBridge.showMenu',
  setToken: 'lmstudioBridge.setToken',
  removeToken: 'lmstudioBridge.removeToken',
  openSettings: 'lmstudioBridge.openSettings',
  runAgain: 'lmstudioBridge.runAgain',
  retryTask: 'lmstudioBridge.retryTask',
  retryTaskWithModel: 'lmstudioBridge.retryTaskWithModel',
  exportTask: 'lmstudioBridge.exportTask',
  deleteEndedTasks: 'lmstudioBridge.deleteEndedTasks',
  refreshTasks: 'lmstudioBridge.refreshTasks',
  showMoreTasks: 'lmstudioBridge.showMoreTasks',
  runOnSelection: 'lmstudioBridge.runOnSelection',
  runOnFile: 'lmstudioBridge.runOnFile',
  runTaskFile: 'lmstudioBridge.runTaskFile',
  newTaskFile: 'lmstudioBridge.newTaskFile',
  previewTask: 'lmstudioBridge.previewTask',
  doctor: 'lmstudioBridge.doctor',
  copyReport: 'lmstudioBridge.copyReport',
  selfTest: 'lmstudioBridge.selfTest',
  openWalkthrough: 'lmstudioBridge.openWalkthrough',
  showTask: 'lmstudioBridge.showTask',
  filterModels: 'lmstudioBridge.filterModels',
  clearModelFilter: 'lmstudioBridge.clearModelFilter',
  sortModels: 'lmstudioBridge.sortModels',
  useInChat: 'lmstudioBridge.useInChat',
  showModel: 'lmstudioBridge.showModel',
} as const;

export type CommandId = (typeof COMMANDS)[keyof typeof COMMANDS];

export const VIEW_CONTAINER = 'lmstudioBridge';
export const MODELS_VIEW = 'lmstudioBridge.models';
export const SERVERS_VIEW = 'lmstudioBridge.mcpServers';
export const TASKS_VIEW = 'lmstudioBridge.tasks';
export const STATUS_BAR_ITEM = 'lmstudioBridge.status';
export const OUTPUT_CHANNEL = 'LM Studio Bridge';
export const WALKTHROUGH = 'lmstudioBridge.firstSteps';
/** Of the documents of the doctor and the self-test. */
export const REPORT_SCHEME = 'lmstudio-report';

/** Of tasks in `tasks.json`. */
export const TASK_TYPE = 'lmstudio-bridge';

export const SETTINGS_SECTION = 'lmstudioBridge';

/** The settings below `lmstudioBridge.` and their defaults. */
export const SETTING_DEFAULTS = {
  /** Empty: the server of this machine's LM Studio. */
  'server.url': '',
  /** Empty: the loaded model, else the first that can use tools. */
  model: '',
  /** Tokens; 0: left to LM Studio. */
  'load.contextLength': 0,
  /** 0: left to LM Studio. */
  'load.ttlMinutes': 0,
  'lms.enabled': false,
  'task.maxRounds': 50,
  /** 0: no limit. */
  'task.maxTokens': 0,
  /** 0: no limit. */
  'task.timeoutMinutes': 0,
  'approvals.whenUnattended': 'wait',
  'approvals.refuseAfterMinutes': 10,
  /** How much is asked; a workspace can only make it stricter. */
  'approvals.policy': 'allow-reads-of-trusted',
  /** `server` or `server/tool`, `*` for any characters; the entries of all places count. */
  'approvals.deny': [],
  /** Names and patterns of VS Code's own tools that tasks may use. */
  'tools.vscode': [],
  toolCalls: 'auto',
  /** Servers by name, as in an mcp.json. */
  'mcp.servers': {},
  /** Seconds, for servers whose entry says nothing. */
  'mcp.startTimeout': 60,
  'mcp.callTimeout': 120,
  /** More files to read, as if they were the person's. */
  'mcp.files': [],
  /** Whose files in the person's home are read. */
  'mcp.products': ['lm-studio', 'vscode', 'copilot', 'claude-code', 'cursor', 'claude-desktop'],
  /** Journals of ended tasks that are kept, and for how many days. */
  'task.journalCount': 50,
  'task.journalDays': 30,
  /** Where another model answers than was asked for: `warn` or `stop`. */
  onModelSubstitution: 'warn',
  /** Seconds. */
  refreshInterval: 5,
  /** What opens when a task starts: `document`, `output` or `nothing`. */
  'task.show': 'output',
  /** Further model servers, each `{ name, url }`. */
  servers: [],
} as const;

export type SettingKey = keyof typeof SETTING_DEFAULTS;

/** Names below `lmstudioBridge.` that are settings no more; what stands under them is moved. */
export const OLDER_SETTINGS = ['LMSTUDIO_HOST', 'LMSTUDIO_PORT', 'DEFAULT_MODEL', 'MCP_JSON_PATH'] as const;

export type OlderSetting = (typeof OLDER_SETTINGS)[number];

/** What the view's welcome texts depend on. */
export type ServerState = 'unknown' | 'online' | 'offline' | 'auth' | 'wrong-server' | 'misconfigured';

/** The same for the view of MCP servers: why it has no rows. */
export type ServersWelcome = 'reading' | 'no-folder' | 'virtual' | 'untrusted' | 'none' | 'broken' | 'some';

/** The same for the view of tasks. */
export type TasksWelcome = 'reading' | 'untrusted' | 'none' | 'some';

export interface ContextKeyTypes {
  'lmstudioBridge.mcpWelcome': ServersWelcome;
  'lmstudioBridge.serverState': ServerState;
  'lmstudioBridge.taskRunning': boolean;
  /** A question of a task waits behind a notification. */
  'lmstudioBridge.questionWaiting': boolean;
  /** A task runs that is not paused. */
  'lmstudioBridge.taskGoing': boolean;
  'lmstudioBridge.taskPaused': boolean;
  /** The person allowed the program lms. */
  'lmstudioBridge.lmsEnabled': boolean;
  /** The program lms is on this computer, and so is the server. */
  'lmstudioBridge.lmsFound': boolean;
  'lmstudioBridge.tasksWelcome': TasksWelcome;
  /** LM Studio is on this computer, or has answered. */
  'lmstudioBridge.installed': boolean;
  /** The model of tasks is chosen, or one is in memory. */
  'lmstudioBridge.modelReady': boolean;
  /** An MCP server has run here once. */
  'lmstudioBridge.mcpServerStarted': boolean;
  /** A task was completed here once. */
  'lmstudioBridge.taskCompleted': boolean;
  /** A model has passed its self-test here once. */
  'lmstudioBridge.selfTestDone': boolean;
  /** This VS Code takes other models into its chat only for who is signed in. */
  'lmstudioBridge.chatNeedsSignIn': boolean;
  /** The address of the main server stands in the settings. */
  'lmstudioBridge.serverConfigured': boolean;
  /** The models view shows some of the models only. */
  'lmstudioBridge.modelsFiltered': boolean;
  /** Another one whenever a walkthrough may have opened (firstRun/stepRounds.ts). */
  'lmstudioBridge.stepRound': 'odd' | 'even';
}

export const CONTEXT_KEYS: readonly (keyof ContextKeyTypes)[] = [
  'lmstudioBridge.mcpWelcome',
  'lmstudioBridge.serverState',
  'lmstudioBridge.taskRunning',
  'lmstudioBridge.questionWaiting',
  'lmstudioBridge.taskGoing',
  'lmstudioBridge.taskPaused',
  'lmstudioBridge.lmsEnabled',
  'lmstudioBridge.lmsFound',
  'lmstudioBridge.tasksWelcome',
  'lmstudioBridge.installed',
  'lmstudioBridge.modelReady',
  'lmstudioBridge.mcpServerStarted',
  'lmstudioBridge.taskCompleted',
  'lmstudioBridge.selfTestDone',
  'lmstudioBridge.chatNeedsSignIn',
  'lmstudioBridge.serverConfigured',
  'lmstudioBridge.modelsFiltered',
  'lmstudioBridge.stepRound',
];
