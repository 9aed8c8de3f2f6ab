/** What a server said last on stderr, at the end of a failure's message. */
import * as l10n from '@vscode/l10n';

/** As a paragraph to append to a sentence; empty where there is nothing. */
export function lastOutputText(output: string): string {
  return output === '' ? '' : heading() + output;
}

/** Undefined where the message has none. */
export function lastOutputIn(message: string): string | undefined {
  const at = message.indexOf(heading());
  return at === -1 ? undefined : message.slice(at + heading().length);
}

function heading(): string {
  return `\n${l10n.t('Its last output was:')}\n`;
}
