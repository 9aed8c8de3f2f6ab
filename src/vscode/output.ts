import type * as vscode from 'vscode';
import { createLogger, type Logger } from '../base/logger';

/** What the product writes for people to read: its log, and tasks as they go. */
export interface Output {
  readonly logger: Logger;
  /** One whole line of a task. */
  writeLine(line: string): void;
  show(): void;
}

export function createOutput(channel: vscode.LogOutputChannel, onTaskLine: (line: string) => void): Output {
  const logger = createLogger((level, message) => channel[level](message));
  return {
    logger,
    writeLine(line) {
      logger.log('info', line);
      onTaskLine(line);
    },
    show: () => channel.show(true),
  };
}
