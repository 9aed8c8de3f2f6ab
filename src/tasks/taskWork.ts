/** The run itself, once model and servers are there. Loaded while these start: it is most of the program. */
import { runAgent } from '../agent/loop';
import { openingMessages } from '../agent/prompts';
import type { AgentEvent, AgentOutcome, ApprovalGate, ToolSource } from '../agent/types';
import type { Disposable } from '../base/disposable';
import { visibleText } from '../base/visibleText';
import type { ChosenModel } from '../llm/lmstudio/selection';
import { loadClient } from '../llm/wire/transport';
import type { ServerSpec } from '../mcp/serverSpec';
import { createGuardedGate } from './guardedGate';
import type { Journal } from './journal';
import { journalStart, takeUp } from './journaling';
import { ownToolName, withOwnTools } from './ownTools';
import { ResourceTools } from './resourceTools';
import { ResultFiles } from './resultFiles';
import type { ReviewedToolbox } from './reviewedTools';
import type { RunReport } from './runReport';
import { createTaskContext, resultCharLimitOf } from './taskContext';
import type { TaskEnvironment } from './taskEnvironment';
import { gatherMaterial } from './taskMaterial';
import { openModel } from './taskModel';
import { chooseTaskTools } from './taskTools';
import type { TaskRequest } from './types';

export interface TaskWork {
  readonly request: TaskRequest;
  readonly chosen: ChosenModel;
  readonly specs: readonly ServerSpec[];
  readonly toolbox: ReviewedToolbox;
  readonly environment: TaskEnvironment;
  readonly journal: Journal | undefined;
  readonly run: RunReport;
}

/** Loads what the first request needs besides. */
export function getReady(): Promise<void> {
  return loadClient();
}

/** Reports the start of the run, and runs it. @throws BridgeError, or the signal's reason */
export async function work(task: TaskWork, signal: AbortSignal): Promise<AgentOutcome> {
  const { request, chosen, specs, toolbox, environment, journal, run } = task;
  const { source, costs, warnings } = await chooseTaskTools(request, chosen, toolbox, environment, signal);
  journalStart(journal, request, environment, chosen, toolbox, costs.tokens);
  run.start(request.task, chosen, toolbox, costs);
  for (const { code, message } of warnings) run.warn(code, message);
  return runWith(source, createGuardedGate({ environment, toolbox, specs, run }), task, signal);
}

async function runWith(
  toolbox: ToolSource,
  gate: ApprovalGate,
  { request, chosen, toolbox: opened, environment, journal, run }: TaskWork,
  signal: AbortSignal,
): Promise<AgentOutcome> {
  const { server, clock, logger, control, resumed, tokens, validator } = environment;
  const emit = (event: AgentEvent): void => {
    run.emit(event);
  };
  const resultCharLimit = resultCharLimitOf(chosen, tokens);
  const toolName = ownToolName('read_result', toolbox.tools);
  const results = new ResultFiles({ toolName, pageLength: resultCharLimit, lasting: journal, logger });
  const { leases, servers } = opened;
  const resources = new ResourceTools(leases, toolbox.tools, resultCharLimit);
  const mayBeLong =
    toolbox.tools.length + resources.tools.length + (request.resources?.length ?? 0) + (request.texts?.length ?? 0) > 0;
  const tools = withOwnTools(toolbox, mayBeLong ? [results.tool, ...resources.tools] : []);
  const seesImages = chosen.model.vision === true;
  let isOver = false;
  let sampling: Disposable | undefined;
  try {
    const opening = async () => {
      const needs = { leases, tools: toolbox, resultCharLimit, results, seesImages };
      const material = await gatherMaterial(request, needs, signal);
      return openingMessages(request.task, environment.workspaces, tools.tools.length > 0, material);
    };
    const { messages, outcome: known } = await takeUp(opening, { ...environment, journal }, run, signal);
    const { model, recover } = openModel(chosen, request, environment, {
      warn: (code, message) => run.warn(code, message),
      onReturn: (now) => context.reloaded(now.contextLength),
    });
    sampling = environment.sampling?.open({ label: shortLabel(request.task), servers, model, seesImages });
    const context = createTaskContext(chosen, { model, validator, tokens, results, emit });
    const outcome =
      known ??
      (await runAgent(
        {
          ...{ model, recover, context, tools, gate, control, clock, journal, emit, messages },
          retry: server.policy.turns,
          limits: { maxRounds: request.maxRounds, maxTokens: request.maxTokens },
          ...{ resultCharLimit, results, seesImages },
          spent: resumed?.spent,
        },
        signal,
      ));
    isOver = true;
    return outcome;
  } finally {
    sampling?.dispose();
    await resources.dispose();
    await results.dispose(isOver);
  }
}

function shortLabel(task: string): string {
  const line = visibleText(task.replace(/\s+/g, ' ').trim());
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
