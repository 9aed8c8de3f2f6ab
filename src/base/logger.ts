import { redact } from './redact';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** Where diagnostics go. Texts may hold anything: the implementation redacts them. */
export interface Logger {
  log(level: LogLevel, message: string): void;
}

export const nullLogger: Logger = { log: () => undefined };

/** A logger that writes through `write` after redaction. */
export function createLogger(write: (level: LogLevel, message: string) => void): Logger {
  return {
    log(level, message) {
      write(level, redact(message));
    },
  };
}
