/** Stand-ins for what the agent needs from outside: a model that follows a script, and tools that are functions. */
import type {
  AgentEvent,
  ApprovalGate,
  ChatEvent,
  ChatModel,
  ChatRequest,
  FinishReason,
  OnPhase,
  Tool,
  ToolOutcome,
  ToolSource,
  Usage,
} from '../../src/agent/types';
import { abortReason, onAbort } from '../../src/base/abort';
import type { BridgeError } from '../../src/base/errors';
import type { JsonObject } from '../../src/base/json';

/** What a scripted turn does next: an event, a failure, or `hang`: nothing until the signal fires. */
export type Step = ChatEvent | BridgeError | 'hang';

/** Gives one turn of its script for each request, and keeps what it was asked. */
export class ScriptedModel implements ChatModel {
  readonly id = 'scripted';
  /** Copies, so that what a request held when it was sent can be seen afterwards. */
  readonly requests: ChatRequest[] = [];
  /** Whether it reports when an answer begins. */
  tellsPhases = false;
  /** Called before each step. */
  beforeStep: (step: Step) => void = () => undefined;

  constructor(private readonly turns: readonly (readonly Step[])[]) {}

  async *stream(request: ChatRequest, signal: AbortSignal, onPhase?: OnPhase): AsyncGenerator<ChatEvent> {
    const steps = this.turns[this.requests.length];
    this.requests.push(structuredClone(request));
    if (!steps) throw new Error('The script has no turn left.');
    let isFirst = true;
    for (const step of steps) {
      this.beforeStep(step);
      if (step instanceof Error) throw step;
      if (step === 'hang') await untilAborted(signal);
      else {
        if (isFirst && this.tellsPhases) onPhase?.({ phase: 'generating' });
        isFirst = false;
        yield step;
      }
    }
  }
}

export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    onAbort(signal, () => {
      reject(abortReason(signal));
    });
  });
}

export const usageOf = (prompt: number | null, completion: number | null, reasoning: number | null = null): Usage => ({
  promptTokens: prompt,
  completionTokens: completion,
  reasoningTokens: reasoning,
});

export const text = (value: string): ChatEvent => ({ type: 'text', text: value });
export const reasoning = (value: string): ChatEvent => ({ type: 'reasoning', text: value });
export const finish = (reason: FinishReason = 'stop', usage: Usage = usageOf(10, 5)): ChatEvent => ({
  type: 'finish',
  reason,
  usage,
});
export const call = (name: string, args: JsonObject | string = {}, id = ''): ChatEvent => ({
  type: 'tool-call',
  id,
  name,
  arguments: typeof args === 'string' ? args : JSON.stringify(args),
  recovered: false,
});

/** A whole turn that answers. */
export const answers = (value: string): Step[] => [text(value), finish()];
/** A whole turn that calls tools. */
export const calls = (...made: ChatEvent[]): Step[] => [...made, finish('tool-calls')];

export interface FakeTool {
  readonly name: string;
  readonly server?: string;
  readonly readOnly?: boolean;
  readonly schema?: JsonObject;
  readonly run?: (args: JsonObject, signal: AbortSignal) => string | ToolOutcome | Promise<string | ToolOutcome>;
}

/** Tools that are functions; a string is a success. Keeps what was called. */
export class FakeTools implements ToolSource {
  readonly tools: readonly Tool[];
  readonly calls: { readonly name: string; readonly arguments: JsonObject }[] = [];

  constructor(private readonly fakes: readonly FakeTool[]) {
    this.tools = fakes.map(({ name, server = 'files', readOnly = false, schema = { type: 'object' } }) => ({
      definition: { name: name.toLowerCase(), description: `Does ${name}.`, inputSchema: schema },
      server,
      name,
      readOnly,
    }));
  }

  async call(tool: Tool, args: JsonObject, signal: AbortSignal): Promise<ToolOutcome> {
    this.calls.push({ name: tool.name, arguments: args });
    const outcome = (await this.fakes[this.tools.indexOf(tool)]?.run?.(args, signal)) ?? 'ok';
    return typeof outcome === 'string' ? { isError: false, text: outcome } : outcome;
  }
}

export const allowAll: ApprovalGate = { decide: () => Promise.resolve({ kind: 'allowed' }) };

/** Events of one type, typed as such. */
export function ofType<T extends AgentEvent['type']>(events: readonly AgentEvent[], type: T) {
  return events.filter((event): event is Extract<AgentEvent, { type: T }> => event.type === type);
}
