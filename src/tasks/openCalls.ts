/** The calls that a crash has left without a result: what changes things is never repeated unasked. */
import * as l10n from '@vscode/l10n';
import type { Message } from '../agent/types';
import type { RunMemory, UnknownCall } from './resume';

/** `again`: run it as it stands; `unknown`: nobody can say, so the model has to find out. */
export type CallFate = 'again' | 'done' | 'not-done' | 'unknown';

/** Shows a call with all its arguments. Throws only the signal's reason when the signal fires meanwhile. */
export type AskFate = (call: UnknownCall, signal: AbortSignal) => Promise<CallFate>;

const RESULTS: Readonly<Record<Exclude<CallFate, 'again'>, string>> = {
  done: 'The run was interrupted while this call ran. The person says that it was done. Its result was lost. Do not make it again.',
  'not-done':
    'The run was interrupted while this call ran. The person says that it was not done. Make it again where it is still needed.',
  unknown:
    'The run was interrupted while this call ran, and its outcome is unknown: it may or may not have been done. Find out before you make it again.',
};

const REDACTED =
  'Not run: the run was interrupted, and the arguments of this call held a secret that was not kept. Make the call again where it is still needed, with all its arguments.';

/**
 * The results that stand for calls which must not simply run, in the order of the calls. Calls without one run as
 * usual: those that never began, those that only read, and those that the person wants to run again.
 */
export async function settleCalls(
  { unknown, redacted }: Pick<RunMemory, 'unknown' | 'redacted'>,
  ask: AskFate | undefined,
  warn: (code: string, message: string) => void,
  signal: AbortSignal,
): Promise<readonly Message[]> {
  const results: Message[] = [];
  for (const call of unknown) {
    const asked = ask ? await ask(call, signal) : 'unknown';
    const fate = asked === 'again' && call.isRedacted ? 'not-done' : asked;
    if (fate === 'again') continue;
    if (fate === 'unknown') {
      const message = l10n.t(
        'Nobody knows whether the call of "{0}" of MCP server "{1}" was done before the interruption. It is not repeated; the model is told to find out.',
        call.tool,
        call.server,
      );
      warn('outcome-unknown', message);
    }
    results.push({ role: 'tool', toolCallId: call.id, content: RESULTS[fate] });
  }
  for (const { id } of redacted) results.push({ role: 'tool', toolCallId: id, content: REDACTED });
  return results;
}
