/** Which help belongs to which failure. One message and one helpful button each. */
import { BridgeError, type ErrorCode, toBridgeError } from '../base/errors';
import type { Dialogs } from './dialogs';
import { COMMANDS } from './ids';
import { executeCommand } from './typed';
import { shortText } from './shortText';

export interface Help {
  readonly label: string;
  readonly run: () => PromiseLike<unknown>;
}

const HELP = {
  settings: { label: 'Open Settings', run: () => executeCommand(COMMANDS.openSettings) },
  token: { label: 'Set API Token…', run: () => executeCommand(COMMANDS.setToken) },
  model: { label: 'Choose Model', run: () => executeCommand(COMMANDS.selectModel) },
  servers: { label: 'Show MCP Servers', run: () => executeCommand(COMMANDS.showMcpServers) },
  mcp: { label: 'Open .mcp.json', run: () => executeCommand(COMMANDS.openMcpConfig) },
  output: { label: 'Show Output', run: () => executeCommand(COMMANDS.showOutput) },
} satisfies Record<string, Help>;

export function showOutputHelp(): Help {
  return HELP.output;
}

export function helpFor(code: ErrorCode | null, message = ''): Help {
  switch (code) {
    case 'auth-required':
      // The token is that of LM Studio.
      return message.startsWith('MCP server "') ? HELP.servers : HELP.token;
    case 'server-unreachable':
    case 'server-timeout':
    case 'wrong-server':
    case 'limit-rounds':
    case 'limit-tokens':
    case 'limit-time':
      return HELP.settings;
    case 'model-not-found':
    case 'no-model':
    case 'insufficient-memory':
    case 'model-load-failed':
      return HELP.model;
    case 'mcp-config':
      return HELP.mcp;
    default:
      return HELP.output;
  }
}

/** A failure that carries its own way out, such as "trust this folder". */
export class HelpfulError extends BridgeError {
  constructor(
    error: BridgeError,
    readonly help: Help,
  ) {
    super(error.code, error.message, { hint: error.hint, cause: error });
  }
}

/** Tells of a failure, once. Returns at once: the notification may stay open for ever. */
export function tellFailure(failure: unknown, dialogs: Dialogs): void {
  const error = toBridgeError(failure);
  const isSetting = error.code === 'usage' && /\bsetting\b/.test(error.message);
  const plain = isSetting ? HELP.settings : helpFor(error.code, error.message);
  const help = error instanceof HelpfulError ? error.help : plain;
  offer(dialogs, error.code === 'cancelled' ? 'info' : 'error', sentence(error.message, error.hint), help);
}

/** A notification with one button that does something. */
export function offer(dialogs: Dialogs, level: 'info' | 'warning' | 'error', message: string, help?: Help): void {
  void dialogs.notify(level, message, help ? [help.label] : []).then((chosen) => {
    if (help && chosen === help.label) void help.run();
  });
}

export function sentence(message: string, hint: string | null | undefined): string {
  return shortText(hint ? `${message} ${hint}` : message, 500);
}
