import { abortReason, onAbort } from '../base/abort';
import type { Disposable } from '../base/disposable';
import { toDisposable } from '../base/disposable';
import type { ChatModel } from '../agent/types';

/**
 * One generation at a time per model server: parallel requests on one model can crash its engine, and on one GPU they
 * only make each other slow (reference 3.4). Tasks share an instance; who came first goes first.
 */
export class ModelLanes {
  readonly #waiting = new Map<string, (() => void)[]>();

  /** Waits for the lane of a server. Dispose the result to leave it. Throws the signal's reason when it fires first. */
  enter(root: string, signal: AbortSignal): Promise<Disposable> {
    if (signal.aborted) return Promise.reject(abortReason(signal));
    const queue = this.#waiting.get(root);
    if (!queue) {
      this.#waiting.set(root, []);
      return Promise.resolve(this.#leaving(root));
    }
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        listening.dispose();
        resolve(this.#leaving(root));
      };
      const listening = onAbort(signal, () => {
        queue.splice(queue.indexOf(enter), 1);
        reject(abortReason(signal));
      });
      queue.push(enter);
    });
  }

  #leaving(root: string): Disposable {
    return toDisposable(() => {
      const next = this.#waiting.get(root)?.shift();
      if (next) next();
      else this.#waiting.delete(root);
    });
  }
}

/** What a turn waits for: the server to read the prompt, and then the end of the answer. */
export type TurnPhase = 'processing-prompt' | 'generating';

/**
 * The same model, but each turn waits for the server's lane and holds it. `onPhase` is called when a phase of a turn
 * begins; its result is disposed when the next one has begun, or the turn has ended.
 */
export function inLane(
  model: ChatModel,
  lanes: ModelLanes,
  root: string,
  onPhase: (phase: TurnPhase) => Disposable = () => NOTHING,
): ChatModel {
  return {
    id: model.id,
    async *stream(request, signal) {
      const lane = await lanes.enter(root, signal);
      let phase = NOTHING;
      try {
        phase = onPhase('processing-prompt');
        let isReading = true;
        for await (const event of model.stream(request, signal)) {
          if (isReading) {
            const reading = phase;
            phase = onPhase('generating');
            reading.dispose();
            isReading = false;
          }
          yield event;
        }
      } finally {
        phase.dispose();
        lane.dispose();
      }
    },
  };
}

const NOTHING: Disposable = { dispose: () => undefined };
