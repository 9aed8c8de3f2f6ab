/** One tool call of a model, from its words to a result: found, read, checked, approved, run. What goes wrong is a result. */
import type { Clock } from '../base/clock';
import { throwIfAborted } from '../base/abort';
import type { ErrorCode } from '../base/errors';
import { isJsonObject, type JsonObject, parseJson } from '../base/json';
import { compileSchema, type SchemaValidator } from '../base/jsonSchema';
import { type ResultRules, shapeResult } from './results';
import { limitText } from './resultText';
import type { AgentEvent, ApprovalGate, Message, RunJournal, Tool, ToolOutcome, ToolSource } from './types';

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

/** A result as it goes into the conversation. */
type ResultMessage = Omit<Extract<Message, { role: 'tool' }>, 'role'>;

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
    const parsed = readArguments(call);
    const args = parsed ?? {};
    this.options.emit({
      type: 'tool_call',
      id: call.id,
      server: tool?.server ?? null,
      tool: tool?.name ?? call.name,
      arguments: args,
      ...(parsed ? {} : { rawArguments: call.arguments }),
      recovered: call.recovered,
    });
    return { call, tool, arguments: args, refusal: this.#refuse(call, tool, parsed) };
  }

  /**
   * Runs a call that was read and reports its result, with what `annotate` adds to it. Returns what the model is given.
   * @throws the signal's reason, or BridgeError where the journal cannot be written: the tool has not run then
   */
  async run(
    read: ReadCall,
    annotate: (text: string, isError: boolean) => string,
    signal: AbortSignal,
  ): Promise<ResultMessage> {
    const start = this.options.clock.now();
    const outcome = read.refusal ?? (await this.#execute(read, signal));
    throwIfAborted(signal);
    const durationMs = this.options.clock.now() - start;
    const { text, images, truncated } = await shapeResult(outcome, this.options);
    return this.#report(read, { ...outcome, images, text: annotate(text, outcome.isError) }, truncated, durationMs);
  }

  /** The result of a call that will not be run, because the run is stopped. */
  skip(read: ReadCall): ResultMessage {
    return this.#report(read, failure('loop-detected', 'Not run: the run was stopped before.'), false, 0);
  }

  #report({ call }: ReadCall, outcome: ToolOutcome, truncated: boolean, durationMs: number): ResultMessage {
    this.options.emit({
      type: 'tool_result',
      id: call.id,
      isError: outcome.isError,
      ...(outcome.isError ? { code: outcome.code } : {}),
      text: outcome.text,
      truncated,
      durationMs: Math.round(durationMs),
    });
    const { images = [] } = outcome;
    return { toolCallId: call.id, content: outcome.text, ...(images.length > 0 ? { images } : {}) };
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
    const args = readArguments(call);
    const meant = tool && args && this.options.source.meant?.(tool, args);
    return meant ? { ...call, ...meant } : call;
  }

  /** By its exact name, else by the only one that matches when case and a server prefix are set aside. */
  #find(name: string): Tool | undefined {
    const { tools } = this.options.source;
    const exact = tools.find((tool) => tool.definition.name === name);
    if (exact) return exact;
    const wanted = name.trim().toLowerCase();
    const alike = tools.filter(
      (tool) => tool.definition.name.toLowerCase() === wanted || tool.name.toLowerCase() === wanted,
    );
    return alike.length === 1 ? alike[0] : undefined;
  }

  #refuse(call: RequestedCall, tool: Tool | undefined, args: JsonObject | undefined) {
    if (!tool) {
      // Where not all are offered, there is a tool among these that finds the others.
      const { tools, offered = tools } = this.options.source;
      const names = offered.map(({ definition }) => definition.name);
      const offer = names.length === 0 ? 'No tools are available.' : `Available tools: ${names.join(', ')}.`;
      return failure('tool-not-found', `There is no tool "${call.name}". ${offer}`);
    }
    if (!args) {
      const problem = call.isCutOff
        ? 'The arguments were cut off because the answer became too long, so the call did not run. Make a smaller call.'
        : 'The arguments are not a JSON object, so the call did not run. Call the tool again with valid JSON.';
      return failure('tool-arguments', `${problem} Received: ${limitText(call.arguments, 2_000).text}`);
    }
    const check = this.#validator(tool)(args);
    if (check.ok) return undefined;
    const received = limitText(JSON.stringify(args), 2_000).text;
    return failure(
      'tool-arguments',
      `The arguments do not fit the tool's schema, so the call did not run. ${check.problems.join('; ')}. Received: ${received}`,
    );
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

/** Undefined where the text is no JSON object. Models leave the text empty for tools without parameters. */
function readArguments({ arguments: text, isCutOff }: RequestedCall): JsonObject | undefined {
  if (text.trim() === '') return isCutOff ? undefined : {};
  const parsed = parseJson(text);
  return parsed.ok && isJsonObject(parsed.value) ? parsed.value : undefined;
}

function failure(code: ErrorCode, text: string) {
  return { isError: true, code, text } as const;
}
