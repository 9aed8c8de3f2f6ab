import * as l10n from '@vscode/l10n';
import type { ChatModel } from '../agent/types';
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import type { BridgeError } from '../base/errors';
import type { Fetch } from '../base/http';
import { countText } from '../base/numberText';
import { type ChosenModel, isAnswerOf } from '../llm/lmstudio/selection';
import type { ModelServer } from '../llm/lmstudio/server';
import type { ModelValidator } from '../llm/lmstudio/validator';
import { SpeedLedger } from '../llm/speedLedger';
import type { ToolCallMode } from '../llm/toolCallMode';
import { type ChatOptions, createChatModel } from '../llm/wire/openaiChat';
import { SpeedMeter } from '../llm/wire/speedMeter';
import type { SubstitutionMode } from '../policy/substitution';
import { inLane, type ModelLanes, type TurnPhase } from './modelLanes';
import { inGate, type ModelLoading, type Warn } from './modelLoading';
import { createTellingModel, type ProgressSources } from './modelProgress';
import { RecoverableModel } from './modelRecovery';
import type { TaskControl } from './runControl';
import type { TaskRequest } from './types';

/** What a door lends to its tasks for their models. */
export interface ModelNeeds {
  readonly clock: Clock;
  readonly server: ModelServer;
  /** Of this server. */
  readonly validator: ModelValidator;
  readonly fetch: Fetch;
  /** One for all tasks of a door. */
  readonly lanes: ModelLanes;
  /** How fast the models are; learns from every turn. Absent: known for the run only. */
  readonly speed?: SpeedLedger;
  /** Called when a phase of a turn begins, with the model's key; the result is disposed when that phase is over. */
  readonly onPhase?: (modelKey: string, phase: TurnPhase) => Disposable;
  /** How models come into memory; absent: LM Studio loads just in time, and nobody else loads in this process. */
  readonly loading?: ModelLoading;
  /** Where progress of loads and prompts may come from; absent: nowhere, and the wire is `/v1/chat/completions` alone. */
  readonly progress?: ProgressSources | undefined;
  /** Default `warn`. */
  readonly onSubstitution?: SubstitutionMode | undefined;
  /** What the person does to this task; absent: nobody is there. */
  readonly control?: TaskControl | undefined;
}

/** The model of a task with everything that stands between it and the server, and its way back where it is lost. */
export interface TaskModel {
  readonly model: ChatModel;
  readonly recover: (error: BridgeError, signal: AbortSignal) => Promise<boolean>;
}

export interface ModelHearers {
  readonly warn: Warn;
  /** The model is back after it was lost, maybe under another id and with another context. */
  readonly onReturn?: (now: ChosenModel) => void;
}

export function openModel(
  chosen: ChosenModel,
  { toolCalls = 'auto' }: Pick<TaskRequest, 'toolCalls'>,
  needs: ModelNeeds,
  { warn, onReturn }: ModelHearers,
): TaskModel {
  const { server, lanes, onPhase, loading, validator, control } = needs;
  const { key } = chosen.model;
  const ledger = needs.speed ?? new SpeedLedger();
  const model = new RecoverableModel(chosen, (now) => connect(now, toolCalls, ledger, needs), {
    ...{ validator, loading, warn },
    onReturn: (now, before) => {
      const difference = contextDifference(now, before);
      if (difference !== undefined) warn('context-differs', `${now.model.displayName}: ${difference}`);
      onReturn?.(now);
    },
  });
  const gated = loading ? inGate(model, loading.lifecycle, key) : model;
  return {
    model: inLane(server.policy.guard(gated), lanes, server.address.root, {
      onTurn: onPhase && ((phase) => onPhase(key, phase)),
      control,
    }),
    recover: (error, signal) => model.recover(error, signal),
  };
}

function connect(chosen: ChosenModel, toolCalls: ToolCallMode, ledger: SpeedLedger, needs: ModelNeeds): ChatModel {
  const { server, fetch, clock, loading, progress, onSubstitution = 'warn' } = needs;
  const options: ChatOptions = {
    address: server.address,
    fetch,
    clock,
    model: chosen.id,
    isExpected: (answered) => isAnswerOf(chosen, answered),
    acceptsSubstitute: onSubstitution === 'warn',
    speed: new SpeedMeter({ ledger, clock, key: chosen.model.key, mayLoad: !chosen.model.instances?.length }),
    // A server that does not tell what is in memory may be none of LM Studio's.
    ttlSeconds: chosen.model.instances ? loading?.ttlSeconds : undefined,
    toolCalls,
    isTrainedForTools: chosen.model.toolUse,
  };
  return progress ? createTellingModel(options, chosen, progress) : createChatModel(options);
}

/** Undefined where the context is as before, or nobody knows. */
function contextDifference(now: ChosenModel, before: ChosenModel): string | undefined {
  const isKnown = now.contextSource === 'loaded-instance' && before.contextSource === 'loaded-instance';
  if (!isKnown || now.contextLength === null || before.contextLength === null) return undefined;
  if (now.contextLength === before.contextLength) return undefined;
  return l10n.t(
    'its context is {0} tokens now; it was {1}.',
    countText(now.contextLength),
    countText(before.contextLength),
  );
}
