/** One tool call of a model, from its words to a result: found, read, checked, approved, run. What goes wrong is a result. */
import type { Clock } from '../base/clock';
import { throwIfAborted } from '../base/abort';
import type { ErrorCode } from '../base/errors';
import type { JsonObject } from '../base/json';
import { compileSchema, type SchemaValidator } from '../base/jsonSchema';
import { nearestNames } from '../base/nearestNames';
import { findByToolName } from '../base/toolNames';
import { readCallArguments, type ReadArguments, UNREADABLE } from './callArguments';
import { type ResultRules, shapeResult } from './results';
import type {
  AgentEvent,
  ApprovalGate,
  CallOutcome,
  MeantCall,
  Message,
  RunJournal,
  Tool,
  ToolOutcome,
  ToolSource,
} from './types';

/** So many names are told to a model that called a tool which does not exist. */
const MAX_NAMES_TOLD = 20;

export interface ToolRunnerOptions extends ResultRules {
  readonly source: ToolSource;
  readonly gate: ApprovalGate;
  readonly clock: Clock;
  readonly journal?: RunJournal | undefined;
  readonly emit: (event: AgentEvent) => void;
}

/** A call as the model made it; `id` is unique in the run. */
export interface RequestedCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
  readonly recovered: boolean;
  /** The answer was cut off by its length limit, so these arguments may be too. */
  readonly isCutOff: boolean;
  /** What the model said before it, in the same answer; may be empty. */
  readonly reason: string;
}

/** A result as it goes into the conversation, and how the call went. */
export interface CallResult {
  readonly message: Omit<Extract<Message, { role: 'tool' }>, 'role'>;
  readonly outcome: CallOutcome;
}

/** A call that was read: what will run, or the result that stands in for running it. */
export interface ReadCall {
  readonly call: RequestedCall;
  readonly tool: Tool | undefined;
  readonly arguments: JsonObject;
  readonly refusal: Extract<ToolOutcome, { isError: true }> | undefined;
}

export class ToolRunner {
  readonly #validators = new Map<string, SchemaValidator>();

  constructor(private readonly options: ToolRunnerOptions) {}

  /** Understands a call and reports it; where it only passes on another call, that other one. */
  read(requested: RequestedCall): ReadCall {
    const call = this.#meant(requested);
    const tool = this.#find(call.name);
    const args = this.#readArguments(call, tool);
    this.options.emit({
      type: 'tool_call',
      id: call.id,
      server: tool?.server ?? null,
      tool: tool?.name ?? call.name,
      arguments: args.value,
      ...(args.isAltered ? { rawArguments: call.arguments } : {}),
      recovered: call.recovered,
    });
    return { call, tool, arguments: args.value, refusal: this.#refuse(call, tool, args) };
  }

  /** Which tool a call will turn out to mean. */
  meant(requested: RequestedCall): MeantCall {
    const call = this.#meant(requested);
    const tool = this.#find(call.name);
    const passedOn = call === requested ? {} : { arguments: this.#readArguments(call, tool).value };
    return { server: tool?.server ?? null, tool: tool?.name ?? call.name, ...passedOn };
  }

  /** The call as it stands in the conversation from now on: in valid JSON, and saying what will run. */
  replayed(call: Pick<RequestedCall, 'name' | 'arguments' | 'isCutOff'>): { name: string; arguments: string } {
    const tool = this.#find(call.name);
    const args = this.#readArguments(call, tool);
    // Servers refuse a conversation with a nameless call; its result says that there is no such tool.
    const name = tool?.definition.name ?? (call.name || 'unknown');
    if (!args.ok && args.isUnread) return { name, arguments: UNREADABLE };
    const isAltered = args.isAltered || call.arguments.trim() === '';
    // The model's own text where it can stand: that is what the server's prompt cache holds.
    return { name, arguments: isAltered ? JSON.stringify(args.value) : call.arguments };
  }

  /**
   * Runs a call that was read and reports its result, with what `annotate` adds to it. Returns what the model is given.
   * @throws the signal's reason, or BridgeError where the journal cannot be written: the tool has not run then
   */
  async run(
    read: ReadCall,
    annotate: (text: string, isError: boolean) => string,
    signal: AbortSignal,
  ): Promise<CallResult> {
    const start = this.options.clock.now();
    const outcome = read.refusal ?? (await this.#execute(read, signal));
    throwIfAborted(signal);
    const durationMs = this.options.clock.now() - start;
    const { text, images, truncated } = await shapeResult(outcome, this.options);
    return this.#report(read, { ...outcome, images, text: annotate(text, outcome.isError) }, truncated, durationMs);
  }

  /** The result of a call that will not be run, because the run is stopped. */
  skip(read: ReadCall): CallResult {
    return this.#report(read, failure('loop-detected', 'Not run: the run was stopped before.'), false, 0);
  }

  #report({ call }: ReadCall, outcome: ToolOutcome, truncated: boolean, ms: number): CallResult {
    const durationMs = Math.round(ms);
    this.options.emit({
      type: 'tool_result',
      id: call.id,
      isError: outcome.isError,
      ...(outcome.isError ? { code: outcome.code } : {}),
      text: outcome.text,
      truncated,
      durationMs,
    });
    const { images = [] } = outcome;
    return {
      message: { toolCallId: call.id, content: outcome.text, ...(images.length > 0 ? { images } : {}) },
      outcome: { code: outcome.isError ? outcome.code : null, durationMs, truncated },
    };
  }

  async #execute({ call, tool, arguments: args }: ReadCall, signal: AbortSignal): Promise<ToolOutcome> {
    if (!tool) throw new Error('A call without a tool always has a refusal.');
    const { id, reason } = call;
    const { journal } = this.options;
    const decision = await this.options.gate.decide({ callId: id, tool, arguments: args, reason }, signal);
    if (decision.kind !== 'allowed') {
      this.options.emit({ type: 'approval', id, decision: decision.kind, reason: decision.reason });
    }
    if (decision.kind === 'denied') {
      return failure(
        'approval-denied',
        `This call was refused and did not run. ${decision.reason} Do not make the same call again.`,
      );
    }
    const { server, name, readOnly } = tool;
    journal?.record({ type: 'call', id, server, tool: name, arguments: args, readOnly });
    // Before, not after: what a crash must not make us do twice is what has begun.
    if (!readOnly) await journal?.flush();
    return this.options.source.call(tool, args, signal);
  }

  #meant(call: RequestedCall): RequestedCall {
    const tool = this.#find(call.name);
    // Without the schema: what is passed on is checked by that of the tool it is passed on to.
    const args = readCallArguments(call);
    const meant = tool && args.ok ? this.options.source.meant?.(tool, args.value) : undefined;
    return meant ? { ...call, ...meant } : call;
  }

  #find(name: string): Tool | undefined {
    return findByToolName(name, this.options.source.tools, (tool) => [tool.definition.name, tool.name]);
  }

  #readArguments(call: Pick<RequestedCall, 'arguments' | 'isCutOff'>, tool: Tool | undefined): ReadArguments {
    const { inputSchema } = tool?.definition ?? {};
    return readCallArguments(call, tool && inputSchema && { inputSchema, validate: this.#validator(tool) });
  }

  #refuse(call: RequestedCall, tool: Tool | undefined, args: ReadArguments) {
    if (!tool) {
      const why = this.options.source.whyWithheld?.(call.name);
      if (why !== undefined) return failure('approval-denied', `This call was refused and did not run. ${why}`);
      return failure('tool-not-found', `There is no tool "${call.name}". ${this.#offer(call.name)}`);
    }
    return args.ok ? undefined : failure('tool-arguments', args.problem);
  }

  /** What there is instead, the likeliest first. */
  #offer(name: string): string {
    const names = this.options.source.tools.map((tool) => tool.definition.name);
    if (names.length === 0) return 'No tools are available.';
    const told = [...new Set([...nearestNames(name, names, MAX_NAMES_TOLD), ...names])].slice(0, MAX_NAMES_TOLD);
    const left = names.length - told.length;
    return `Available tools: ${told.join(', ')}${left > 0 ? `, and ${String(left)} more` : ''}.`;
  }

  #validator(tool: Tool): SchemaValidator {
    const { name, inputSchema } = tool.definition;
    const known = this.#validators.get(name);
    if (known) return known;
    const validator = compileSchema(inputSchema);
    this.#validators.set(name, validator);
    return validator;
  }
}

function failure(code: ErrorCode, text: string) {
  return { isError: true, code, text } as const;
}
