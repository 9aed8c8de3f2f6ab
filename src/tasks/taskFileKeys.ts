/** The keys of a task file. Apart from the parser, so that a list of them costs nothing. */
export const TASK_FILE_KEYS = ['servers', 'model', 'tools', 'limits', 'approval', 'inputs'] as const;
export const LIMIT_KEYS = ['rounds', 'tokens', 'minutes'] as const;
export const INPUT_KEYS = ['description', 'default'] as const;

export type TaskFileKey = (typeof TASK_FILE_KEYS)[number];
export type LimitKey = (typeof LIMIT_KEYS)[number];
export type InputKey = (typeof INPUT_KEYS)[number];
