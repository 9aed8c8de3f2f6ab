import { type Clock, every } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import { REPORT_MS } from '../progressPace';
import { formatBytes, formatElapsed } from './modelText';

/**
 * Tells of a load until it is disposed: how much there is to read, then how long it has taken. The server says nothing until
 * the load is done: that is all that can honestly be shown. `sizeBytes`: null: unknown.
 */
export function tellLoad(sizeBytes: number | null, tell: (message: string) => void, clock: Clock): Disposable {
  const start = clock.now();
  if (sizeBytes) tell(formatBytes(sizeBytes));
  return every(REPORT_MS, clock, () => tell(formatElapsed(clock.now() - start)));
}
