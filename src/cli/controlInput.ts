/** Steering over stdin (`--control`): one JSON object a line, as docs/cli.md says. */
import type { Readable } from 'node:stream';
import * as z from 'zod/v4';
import { type Clock, every } from '../base/clock';
import { type Disposable, toDisposable } from '../base/disposable';
import { parseJson } from '../base/json';
import { LineReader } from '../base/lineReader';
import type { TaskControl } from '../tasks/runControl';

/** Longer than any message that fits a model's context. */
const MAX_LINE_BYTES = 1_000_000;
const SHOWN_CHARS = 100;
const KEEP_ALIVE_MS = 60_000;

const controlLine = z.discriminatedUnion('type', [
  z.object({ type: z.literal('message'), text: z.string().refine((text) => text.trim() !== '') }),
  z.object({ type: z.literal(['pause', 'continue', 'cancel']) }),
]);

export type ControlLine = z.infer<typeof controlLine>;

export interface ControlTarget {
  readonly control: TaskControl;
  readonly cancel: () => void;
  readonly clock: Clock;
}

/** Undefined where the line is none of the four. */
export function readControlLine(text: string): ControlLine | undefined {
  const parsed = parseJson(text);
  return parsed.ok ? controlLine.safeParse(parsed.value).data : undefined;
}

/**
 * Does what the lines say, until disposed. A line that cannot be read is a warning of the run, and the next one counts
 * as if it had not been there. The end of the input changes nothing: a paused task still waits for a signal then.
 */
export function followControl(input: Readable, target: ControlTarget): Disposable {
  const lines = new LineReader(MAX_LINE_BYTES);
  const read = (chunk: Buffer): void => {
    for (const line of lines.push(chunk)) {
      if (line.kind === 'oversized') complain(target.control, `it has ${String(line.bytes)} bytes`);
      else if (line.text.trim() !== '') obey(line.text, target);
    }
  };
  // The last line need not be ended.
  const end = (): void => {
    read(Buffer.from('\n'));
  };
  const ignore = (): void => undefined;
  input.on('data', read).on('end', end).on('error', ignore);
  // Without it a paused process with nothing open would end, because nothing could wake it but a signal.
  const alive = every(KEEP_ALIVE_MS, target.clock, ignore);
  return toDisposable(() => {
    alive.dispose();
    input.off('data', read).off('end', end).pause();
  });
}

function obey(text: string, { control, cancel }: ControlTarget): void {
  const line = readControlLine(text);
  switch (line?.type) {
    case 'message':
      control.add(line.text.trim());
      break;
    case 'pause':
      control.pause();
      break;
    case 'continue':
      control.resume();
      break;
    case 'cancel':
      cancel();
      break;
    case undefined:
      complain(control, text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)} …` : text);
  }
}

function complain(control: TaskControl, what: string): void {
  const forms = '{"type":"message","text":…}, {"type":"pause"}, {"type":"continue"} or {"type":"cancel"}';
  control.warn('control-line', `A line on stdin was left out, because it is not ${forms}: ${what}`);
}
