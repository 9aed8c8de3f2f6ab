import * as l10n from '@vscode/l10n';
import type { ErrorCode } from '../../base/errors';
import { isOfMcpServer } from '../failureHelp';
import { COMMANDS, type CommandId } from '../ids';

export interface ChatButton {
  readonly command: CommandId;
  readonly title: string;
}

/** One button that helps with a failure: the chat has room for commands only. */
export function helpCommandFor(code: ErrorCode | null, message = ''): ChatButton {
  switch (code) {
    case 'auth-required':
      return isOfMcpServer(message)
        ? { command: COMMANDS.showMcpServers, title: l10n.t('Show MCP Servers') }
        : { command: COMMANDS.setToken, title: l10n.t('Set API Token…') };
    case 'server-unreachable':
    case 'server-timeout':
    case 'wrong-server':
      return doctorButton();
    case 'limit-rounds':
    case 'limit-tokens':
    case 'limit-time':
      return { command: COMMANDS.openSettings, title: l10n.t('Open Settings') };
    case 'model-not-found':
    case 'no-model':
    case 'insufficient-memory':
    case 'model-load-failed':
      return { command: COMMANDS.selectModel, title: l10n.t('Choose Model') };
    case 'mcp-config':
      return { command: COMMANDS.openMcpConfig, title: l10n.t('Open .mcp.json') };
    default:
      return { command: COMMANDS.showOutput, title: l10n.t('Show Output') };
  }
}

/** The whole examination where there is one, else the log. */
export function doctorButton(): ChatButton {
  const doctor = Object.values(COMMANDS).find((id) => id.endsWith('.doctor'));
  return doctor
    ? { command: doctor, title: l10n.t('Run Doctor') }
    : { command: COMMANDS.showOutput, title: l10n.t('Show Output') };
}
