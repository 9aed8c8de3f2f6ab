/** Which tools a task's model is offered, as things are: its context, its embeddings, the person's words. */
import { DEFAULT_BYTES_PER_TOKEN } from '../agent/tokenCounter';
import type { ToolSource } from '../agent/types';
import type { ChosenModel } from '../llm/lmstudio/selection';
import { withHostTools } from './hostTools';
import { resultCharLimitOf } from './taskContext';
import type { TaskEnvironment } from './taskEnvironment';
import { chooseForTask, type ToolChoice } from './toolChoice';
import { nearnessToTask } from './toolEmbeddings';
import type { TaskRequest } from './types';

/** @throws the signal's reason only */
export function chooseTaskTools(
  { task, tools = [] }: TaskRequest,
  chosen: ChosenModel,
  toolbox: ToolSource,
  { server, fetch, clock, lanes, tokens, toolMeaning, hostTools, found }: TaskEnvironment,
  signal: AbortSignal,
): Promise<ToolChoice> {
  const wire = { address: server.address, fetch, clock };
  const servers = found.servers.map(({ name }) => name);
  return chooseForTask(withHostTools(toolbox, hostTools, servers), {
    task,
    names: tools,
    contextLength: chosen.contextLength,
    // What a model could be loaded with says nothing of what it will be loaded with.
    isLoaded: chosen.contextSource === 'loaded-instance',
    charsPerToken: tokens?.bytesPerToken(chosen.model.key) ?? DEFAULT_BYTES_PER_TOKEN,
    maxChars: resultCharLimitOf(chosen, tokens),
    nearness: async (all) => toolMeaning && nearnessToTask(task, all, toolMeaning, wire, lanes, signal),
  });
}
