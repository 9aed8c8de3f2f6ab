/** Which help belongs to which failure: one for each code, chosen closer where the sentence says more. Pure. */
import type { ErrorCode } from '../base/errors';
import type { TaskRequest } from '../tasks/types';
import { SETTING_DEFAULTS } from './ids';

/** What can be done by a click. */
export type HelpAct =
  | 'actions'
  | 'loadModel'
  | 'loadOptions'
  | 'mcpConfig'
  | 'model'
  | 'output'
  | 'refresh'
  | 'servers'
  | 'startServer'
  | 'token';

export type HelpPlan =
  | { readonly act: HelpAct }
  /** One setting, without the section. */
  | { readonly act: 'setting'; readonly setting: string }
  /** A place in a file; counted from 1. */
  | { readonly act: 'place'; readonly file: string; readonly line: number; readonly column: number };

/** What a person is never told of by a notification of its own, and why. */
interface Untold {
  readonly untold: string;
}

const RESULT: Untold = { untold: 'A result for the model: the task goes on, and its document shows it.' };

export const HELP_BY_CODE: Readonly<Record<ErrorCode, HelpPlan | Untold>> = {
  // The settings hold the address; a server of this computer is started instead (below).
  'server-unreachable': { act: 'setting', setting: 'server.url' },
  'server-timeout': { act: 'refresh' },
  'wrong-server': { act: 'setting', setting: 'server.url' },
  'auth-required': { act: 'token' },
  'model-not-found': { act: 'model' },
  'no-model': { act: 'model' },
  'model-load-failed': { act: 'model' },
  'insufficient-memory': { act: 'model' },
  // Where it is known which context would do, the notification offers that one (tasks/taskNotice.ts).
  'context-overflow': { act: 'loadOptions' },
  'engine-crashed': { act: 'loadModel' },
  'model-unloaded': { act: 'loadModel' },
  // A task that ends with one of these two is resumed instead (below).
  'stream-interrupted': { act: 'refresh' },
  'bad-response': { act: 'output' },
  'rate-limited': { act: 'refresh' },
  'mcp-config': { act: 'mcpConfig' },
  'mcp-start-failed': { act: 'servers' },
  'mcp-connection-lost': { act: 'servers' },
  'tool-not-found': RESULT,
  'tool-arguments': RESULT,
  'tool-failed': RESULT,
  'tool-timeout': RESULT,
  'approval-denied': RESULT,
  'limit-rounds': { act: 'setting', setting: 'task.maxRounds' },
  'limit-tokens': { act: 'setting', setting: 'task.maxTokens' },
  'limit-time': { act: 'setting', setting: 'task.timeoutMinutes' },
  'loop-detected': { act: 'output' },
  cancelled: { untold: 'The person did it, or the window ends: there is nothing to mend.' },
  'journal-failed': { act: 'output' },
  usage: { act: 'actions' },
  internal: { act: 'output' },
};

const LOCAL_SERVER = /\bhttps?:\/\/(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?(?=[/\s),]|\.?(?:\s|$))/;
/** A path from the root, or from a drive, with a line and perhaps a column. */
const PLACE = /(?<![\w/])((?:[A-Za-z]:\\|\/)[^\n:*?"<>|]+\.[A-Za-z]\w*):(\d+)(?::(\d+))?/;

/** Whether an MCP server is spoken of: all languages begin such a sentence with its name in these quotes. */
export function isOfMcpServer(message: string): boolean {
  return /^MCP[ -]server "/i.test(message);
}

/** `message`: what is said of the failure, in words of ours. */
export function helpPlan(code: ErrorCode | null, message: string): HelpPlan {
  const known = code === null ? undefined : HELP_BY_CODE[code];
  const plan: HelpPlan = known && 'act' in known ? known : { act: 'output' };
  switch (code) {
    case 'auth-required':
      // The token is that of LM Studio.
      return isOfMcpServer(message) ? { act: 'servers' } : plan;
    case 'server-unreachable':
      return LOCAL_SERVER.test(message) ? { act: 'startServer' } : plan;
    case 'mcp-config':
      return placeIn(message) ?? plan;
    case 'usage':
      return settingIn(message) ?? plan;
    default:
      return plan;
  }
}

/** Of a task: run it once more, go on where it stopped, or read what it did. */
export type TaskHelpPlan = HelpPlan | { readonly act: 'resume' | 'retry' | 'show' };

type Limits = Pick<TaskRequest, 'maxRounds' | 'maxTokens' | 'timeoutMs'>;

/** What helps where a task ended with this. `own`: its limits; `set`: those of the settings. */
export function taskHelpPlan(code: ErrorCode | null, message: string, own: Limits, set: Limits): TaskHelpPlan {
  const plan = helpPlan(code, message);
  switch (code) {
    case 'server-timeout':
      return { act: 'retry' };
    case 'stream-interrupted':
    case 'rate-limited':
      return { act: 'resume' };
    // Where a task file or another extension has set the limit, the setting changes nothing.
    case 'limit-rounds':
      return own.maxRounds === set.maxRounds ? plan : { act: 'show' };
    case 'limit-tokens':
      return own.maxTokens === set.maxTokens ? plan : { act: 'show' };
    case 'limit-time':
      return own.timeoutMs === set.timeoutMs ? plan : { act: 'show' };
    default:
      // The document of the task shows more than the output channel does.
      return plan.act === 'output' ? { act: 'show' } : plan;
  }
}

function placeIn(message: string): HelpPlan | undefined {
  const [, file, line, column] = PLACE.exec(message) ?? [];
  if (file === undefined) return undefined;
  return { act: 'place', file, line: Math.max(1, Number(line)), column: Math.max(1, Number(column ?? 1)) };
}

/** By its id, which is the same in every language. */
function settingIn(message: string): HelpPlan | undefined {
  const names = [...message.matchAll(/\blmstudioBridge\.([\w.]*\w)/g)].map(([, name = '']) => name);
  const setting = names.find((name) => Object.hasOwn(SETTING_DEFAULTS, name));
  return setting === undefined ? undefined : { act: 'setting', setting };
}
