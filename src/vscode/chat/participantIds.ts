/** Ids that package.json and the chat's code share. Data only. */

/** Of our language models: nobody else may have it (vscode-api B3). */
export const CHAT_VENDOR = 'lmstudio-bridge';

export const PARTICIPANT = 'lmstudio-bridge.agent';

/** After `@lmstudio`; a message without one of them is a task. */
export const CHAT_COMMANDS = ['run', 'models', 'doctor'] as const;
export type ChatCommand = (typeof CHAT_COMMANDS)[number];

/** Tools that other agents call; `lmToolList.ts` keeps them from tasks of our own. */
export const RUN_TASK_TOOL = 'lmstudio-bridge_runTask';
export const LIST_MODELS_TOOL = 'lmstudio-bridge_listModels';
