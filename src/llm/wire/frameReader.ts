import * as l10n from '@vscode/l10n';
import type { ChatEvent, Phase } from '../../agent/types';

/** What the server says of itself, in its place between the events. */
export interface PhaseNews {
  readonly type: 'phase';
  readonly phase: Phase;
}

/** Makes events out of the frames of one answer. Knows nothing of sockets. */
export interface FrameReader {
  /** Nothing follows. */
  readonly isDone: boolean;
  /** The frames say when the answer begins; absent: it begins with the first byte. */
  readonly tellsPhases?: boolean;
  /** @throws BridgeError where the frame reports a failure */
  read(data: string, event?: string): Iterable<ChatEvent | PhaseNews>;
  /** What can be said only at the end, `finish` last. @throws BridgeError where the answer is not whole */
  end(): Iterable<ChatEvent>;
}

/** Lines that were no frames: seen rarely, and the frames around them are good (reference 3.4). */
export function corruptFrames(count: number): ChatEvent {
  return {
    type: 'warning',
    code: 'corrupt-frames',
    message: l10n.t("{0} unreadable frame(s) of the server's answer were skipped.", count),
  };
}
