import type { TaskRequest } from './types';

/** The fields of a request and no others: doors hand in objects that hold more, and not all of it is for a file. */
export function asRecorded(asked: TaskRequest): TaskRequest {
  const { task, model, servers: wanted, maxRounds, maxTokens, timeoutMs, tools, toolCalls, ...more } = asked;
  const { resources, texts, approval, ...rest } = more;
  // A new field of TaskRequest does not compile here until it is recorded as well.
  rest satisfies Record<string, never>;
  return {
    task,
    model,
    servers: wanted,
    maxRounds,
    maxTokens,
    timeoutMs,
    tools,
    toolCalls,
    resources,
    texts,
    approval,
  };
}
