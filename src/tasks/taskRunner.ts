/** One autonomous task from start to end: finds the model, opens the tools, runs the agent, ends what it started. */
import { randomUUID } from 'node:crypto';
import { deadline, raceAbort } from '../base/abort';
import type { Clock } from '../base/clock';
import { BridgeError, isBridgeError, ModelNotFoundError, ToolExecutionError, toBridgeError } from '../base/errors';
import type { Logger } from '../base/logger';
import { runAgent } from '../agent/loop';
import { systemPrompt } from '../agent/prompts';
import type { AgentOutcome, ApprovalGate, ChatModel, ToolSource, Usage } from '../agent/types';
import type { Fetch } from '../llm/http';
import { chooseModel, type ChosenModel, isAnswerOf } from '../llm/lmstudio/selection';
import { ModelServer, type ServerAddress } from '../llm/lmstudio/server';
import { createChatModel } from '../llm/wire/openaiChat';
import { type FoundServers, selectServers } from '../mcp/discovery';
import { formatOrigin, type ServerSpec } from '../mcp/serverSpec';
import { openToolbox, type Toolbox } from '../mcp/toolbox';
import { inLane, type ModelLanes } from './modelLanes';
import { resultCharLimit } from './limits';
import type { RunEnd, RunEvent, RunStatus, TaskEvent, TaskRequest } from './types';
