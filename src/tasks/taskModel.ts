import type { ChatModel } from '../agent/types';
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import type { Fetch } from '../llm/http';
import { type ChosenModel, isAnswerOf } from '../llm/lmstudio/selection';
import type { ModelServer } from '../llm/lmstudio/server';
import { SpeedLedger } from '../llm/speedLedger';
import { createChatModel } from '../llm/wire/openaiChat';
import { SpeedMeter } from '../llm/wire/speedMeter';
import { inLane, type ModelLanes, type TurnPhase } from './modelLanes';
import { inGate, type ModelLoading } from './modelLoading';

/** What a chosen model needs to be talked to; the fields are those of `TaskEnvironment`. */
export interface ModelEnvironment {
  readonly clock: Clock;
  readonly server: ModelServer;
  readonly fetch: Fetch;
  readonly lanes: ModelLanes;
  readonly speed?: SpeedLedger;
  readonly onPhase?: (modelKey: string, phase: TurnPhase) => Disposable;
  readonly loading?: ModelLoading;
}

/** The chosen model with all that a turn of it passes: its speed measured, loads awaited, the breaker, the server's lane. */
export function openModel(chosen: ChosenModel, environment: ModelEnvironment): ChatModel {
  const { clock, server, fetch, lanes, speed, onPhase, loading } = environment;
  const { key, instances } = chosen.model;
  const model = createChatModel({
    address: server.address,
    fetch,
    clock,
    model: chosen.id,
    isExpected: (answered) => isAnswerOf(chosen, answered),
    speed: new SpeedMeter({ ledger: speed ?? new SpeedLedger(), clock, key, mayLoad: !instances?.length }),
    // A server that does not tell what is in memory may be none of LM Studio's.
    ttlSeconds: instances ? loading?.ttlSeconds : undefined,
  });
  const gated = loading ? inGate(model, loading.lifecycle, key) : model;
  const onTurn = onPhase && ((phase: TurnPhase) => onPhase(key, phase));
  return inLane(server.policy.guard(gated), lanes, server.address.root, onTurn);
}
