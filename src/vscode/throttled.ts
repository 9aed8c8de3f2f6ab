import { type Disposable } from '../base/disposable';
import type { Clock } from '../base/clock';

/** Calls back at once, and again after `ms` where there was more meanwhile: many changes in a row become few. */
export function throttled(act: () => void, ms: number, clock: Clock): Disposable & { readonly run: () => void } {
  let waiting: Disposable | undefined;
  let isWanted = false;
  const run = (): void => {
    if (waiting) {
      isWanted = true;
      return;
    }
    isWanted = false;
    waiting = clock.after(ms, () => {
      waiting = undefined;
      if (isWanted) run();
    });
    act();
  };
  return { run, dispose: () => waiting?.dispose() };
}
