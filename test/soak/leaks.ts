/** What keeps a process alive, counted before and after. */
import type { Clock } from '../../src/base/clock';
import { systemClock } from '../../src/base/clock';
import { type Disposable, toDisposable } from '../../src/base/disposable';

/** The system's clock, which knows what it still has to call back. */
export class CountingClock implements Clock {
  readonly #timers = new Set<Disposable>();

  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return systemClock.now();
  }

  after(ms: number, callback: () => void): Disposable {
    const timer = systemClock.after(ms, () => {
      this.#timers.delete(timer);
      callback();
    });
    this.#timers.add(timer);
    return toDisposable(() => {
      this.#timers.delete(timer);
      timer.dispose();
    });
  }
}

/** Sockets, servers, timers and whatever else Node counts, by its name. */
export type Resources = ReadonlyMap<string, number>;

export function resources(): Resources {
  const counts = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** What is there beyond `before`: `2 TCPSocketWrap`. An immediate is how we look, and over when we have. */
export function surplus(before: Resources, after: Resources, but: readonly string[] = []): string[] {
  return [...after].flatMap(([name, count]) => {
    const more = count - (before.get(name) ?? 0);
    return more > 0 && name !== 'Immediate' && !but.includes(name) ? [`${String(more)} ${name}`] : [];
  });
}

/**
 * What is left over when it has had its time to end: both ends of a socket close by themselves, one after the other,
 * and a connection that is kept for the next list lives for some seconds, which are more where the machine pauses.
 */
export async function lasting(look: () => readonly string[], patienceMs = 60_000): Promise<readonly string[]> {
  const end = performance.now() + patienceMs;
  while (look().length > 0 && performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
  return look();
}
