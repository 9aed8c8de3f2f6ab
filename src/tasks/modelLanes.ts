import type { ChatModel } from '../agent/types';
import type { Disposable } from '../base/disposable';
import { KeyedLock } from '../base/keyedLock';

/**
 * One generation at a time per model server, by its root: parallel requests on one model can crash its engine, and on
 * one GPU they only make each other slow (reference 3.4). Tasks share an instance; who came first goes first.
 */
export class ModelLanes extends KeyedLock {}

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
