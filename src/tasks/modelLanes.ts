import type { ChatModel, OnPhase } from '../agent/types';
import type { Disposable } from '../base/disposable';
import { KeyedLock } from '../base/keyedLock';
import type { TaskControl } from './runControl';

/**
 * One generation at a time per model server, by its root: parallel requests on one model can crash its engine, and on
 * one GPU they only make each other slow (reference 3.4). Tasks share an instance; who came first goes first.
 */
export class ModelLanes extends KeyedLock {}

/** What a turn waits for: the server to read the prompt, and then the end of the answer. */
export type TurnPhase = 'processing-prompt' | 'generating';

export interface LaneOptions {
  /** Called when a phase of a turn begins; its result is disposed when the next one has begun, or the turn has ended. */
  readonly onTurn?: ((phase: TurnPhase) => Disposable) | undefined;
  /** Whether the task is paused: it sends nothing then, and holds no place. */
  readonly control?: Pick<TaskControl, 'isPaused' | 'whenGoing'> | undefined;
}

/** The same model, but each turn waits for the server's lane and holds it. */
export function inLane(model: ChatModel, lanes: ModelLanes, root: string, options: LaneOptions = {}): ChatModel {
  const { onTurn = () => NOTHING, control } = options;
  const enter = async (signal: AbortSignal, onPhase: OnPhase | undefined): Promise<Disposable> => {
    for (;;) {
      if (control?.isPaused) await control.whenGoing(signal);
      const lane = await lanes.enter(root, signal, (place) => onPhase?.({ phase: 'queued', place }));
      if (!control?.isPaused) return lane;
      lane.dispose();
    }
  };
  return {
    get id() {
      return model.id;
    },
    async *stream(request, signal, onPhase) {
      const lane = await enter(signal, onPhase);
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
