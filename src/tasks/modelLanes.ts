import { abortReason, onAbort } from '../base/abort';
import type { Disposable } from '../base/disposable';
import { toDisposable } from '../base/disposable';
import type { ChatModel } from '../agent/types';

/**
 * One generation at a time per model server: parallel requests on one model can crash its engine, and on one GPU they
 * only make each other slow (reference 3.4). Tasks share an instance; who came first goes first.
 */
export class ModelLanes {
  readonly #waiting = new Map<string, Waiting[]>();

  /**
   * Waits for the lane of a server. Dispose the result to leave it. Throws the signal's reason when it fires first.
   * `onQueued` is told the place in the queue, 1 for the next one, at once and whenever it changes; never where the
   * lane is free.
   */
  enter(root: string, signal: AbortSignal, onQueued?: (place: number) => void): Promise<Disposable> {
    if (signal.aborted) return Promise.reject(abortReason(signal));
    const queue = this.#waiting.get(root);
    if (!queue) {
      this.#waiting.set(root, []);
      return Promise.resolve(this.#leaving(root));
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        enter: () => {
          listening.dispose();
          resolve(this.#leaving(root));
        },
        moveTo: (place) => onQueued?.(place),
      };
      const listening = onAbort(signal, () => {
        const index = queue.indexOf(waiting);
        queue.splice(index, 1);
        reject(abortReason(signal));
        moveUp(queue, index);
      });
      queue.push(waiting);
      waiting.moveTo(queue.length);
    });
  }

  #leaving(root: string): Disposable {
    return toDisposable(() => {
      const queue = this.#waiting.get(root) ?? [];
      const next = queue.shift();
      if (next) {
        next.enter();
        moveUp(queue, 0);
      } else {
        this.#waiting.delete(root);
      }
    });
  }
}

interface Waiting {
  readonly enter: () => void;
  readonly moveTo: (place: number) => void;
}

/** Tells everyone from `index` on where they stand now. */
function moveUp(queue: readonly Waiting[], index: number): void {
  for (const [at, waiting] of queue.entries()) if (at >= index) waiting.moveTo(at + 1);
}

/** What a turn waits for: the server to read the prompt, and then the end of the answer. */
export type TurnPhase = 'processing-prompt' | 'generating';

/**
 * The same model, but each turn waits for the server's lane and holds it. `onTurn` is called when a phase of a turn
 * begins; its result is disposed when the next one has begun, or the turn has ended.
 */
export function inLane(
  model: ChatModel,
  lanes: ModelLanes,
  root: string,
  onTurn: (phase: TurnPhase) => Disposable = () => NOTHING,
): ChatModel {
  return {
    id: model.id,
    async *stream(request, signal, onPhase) {
      const lane = await lanes.enter(root, signal, (place) => onPhase?.({ phase: 'queued', place }));
      let mark = NOTHING;
      try {
        mark = onTurn('processing-prompt');
        yield* model.stream(request, signal, (phase) => {
          if (phase.phase === 'generating') {
            const reading = mark;
            mark = onTurn('generating');
            reading.dispose();
          }
          onPhase?.(phase);
        });
      } finally {
        mark.dispose();
        lane.dispose();
      }
    },
  };
}

const NOTHING: Disposable = { dispose: () => undefined };
