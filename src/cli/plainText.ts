/** A run for a person to read: the answer on stdout as it streams, everything else on stderr. */
import { visibleText } from '../base/visibleText';
import { Transcript } from '../tasks/transcript';
import type { TaskEvent } from '../tasks/types';
import type { CliContext } from './environment';
import { PromptNotice, type PromptNoticeOptions } from './promptNotice';

/** After these, no more text of the same answer comes. */
const ENDS_ANSWER: ReadonlySet<TaskEvent['type']> = new Set(['round_start', 'usage', 'tool_call', 'error', 'run_end']);

export function plainText(
  { out, err, clock }: Pick<CliContext, 'out' | 'err' | 'clock'>,
  isInMemory: PromptNoticeOptions['isInMemory'],
): (event: TaskEvent) => void {
  let isLineOpen = false;
  const writeLine = (line: string): void => {
    // On one screen, a warning in mid-answer must not be taken for a part of it. What is redirected stays as it is.
    err.write(isLineOpen && out.isTerminal && err.isTerminal ? `\n${line}\n` : `${line}\n`);
  };
  const transcript = new Transcript(writeLine, { withAnswer: false, withEstimates: false });
  const notice = new PromptNotice({ clock, writeLine, isInMemory });
  return (event) => {
    // A round's text ends with a line of its own, so that the next round does not run into it.
    if (isLineOpen && ENDS_ANSWER.has(event.type)) {
      isLineOpen = false;
      out.write('\n');
    }
    notice.add(event);
    transcript.add(event);
    if (event.type !== 'text_delta') return;
    out.write(out.isTerminal ? visibleText(event.text) : event.text);
    isLineOpen = !event.text.endsWith('\n');
  };
}
