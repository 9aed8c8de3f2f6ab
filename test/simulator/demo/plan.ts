/**
 * Walks the steps of the task against the calls made so far. Everything is derived anew from the conversation in every
 * round: a step whose call is already there takes its result, and the first call that is not there yet comes next. So
 * no call is ever made twice, and the walk ends.
 */
import type { ChatRequest, OfferedTool } from '../chatRequest';
import type { JsonObject } from '../json';
import { pathsInResult, callKey, readConversation, type Conversation, type PastCall } from './conversation';
import { chooseTool } from './choose';
import { bestLines } from './extract';
import { Knowledge } from './knowledge';
import { splitTask, type Step } from './steps';
import { stem, stems } from './words';

export interface StepOutcome {
  readonly step: Step;
  /** The calls made for it, the last one decides. Empty: answered from what was known, or nothing fits. */
  readonly calls: readonly PastCall[];
  /** What answers a question. */
  readonly lines: readonly string[];
  /** Left out, because it needs what an earlier step failed to get. */
  readonly skipped: boolean;
}

export type Plan =
  | { readonly kind: 'call'; readonly tool: OfferedTool; readonly arguments: JsonObject; readonly why: string }
  | { readonly kind: 'done'; readonly outcomes: readonly StepOutcome[] };

/** More calls than a plan of this size can need: something else drives the conversation, so answer. */
const CALLS_PER_STEP = 4;

export function planNext(request: ChatRequest): Plan {
  const conversation = readConversation(request);
  const steps = splitTask(conversation.task);
  const walk = new Walk(request.tools, conversation, conversation.calls.length > steps.length * CALLS_PER_STEP + 2);
  const outcomes: StepOutcome[] = [];
  for (const [index, step] of steps.entries()) {
    const result = walk.step(step, outcomes);
    if ('tool' in result) {
      const why = `Step ${index + 1} of ${steps.length}: “${step.text}”. ${result.why}`;
      return { kind: 'call', tool: result.tool, arguments: result.arguments, why };
    }
    outcomes.push(result);
  }
  return { kind: 'done', outcomes };
}

interface NextCall {
  readonly tool: OfferedTool;
  readonly arguments: JsonObject;
  readonly why: string;
}

type CallResult = { readonly past: PastCall | undefined } | { readonly next: NextCall };

class Walk {
  private readonly known: Knowledge;
  private readonly past: ReadonlyMap<string, PastCall>;

  constructor(
    private readonly tools: readonly OfferedTool[],
    conversation: Conversation,
    private readonly exhausted: boolean,
  ) {
    this.known = new Knowledge(conversation.folders);
    this.past = new Map(conversation.calls.map((call) => [callKey(call.name, call.arguments), call]));
  }

  step(step: Step, before: readonly StepOutcome[]): NextCall | StepOutcome {
    if (dependsOnFailure(step, before)) return { step, calls: [], lines: [], skipped: true };
    if (step.asks && this.answerable(step, before)) return this.finish(step, []);
    const choice = chooseTool(step, this.tools, this.known);
    if (choice === undefined) return this.finish(step, []);
    const calls: PastCall[] = [];
    const lookup = this.lookUpFolders(choice.filled.arguments, calls);
    if (lookup !== undefined) return lookup;
    // Filled again: the lookup may have told which folder is meant.
    const { filled } = chooseTool(step, [choice.tool], this.known) ?? choice;
    const first = this.call(choice.tool, filled.arguments, `The tool ${choice.tool.name} fits its words best.`);
    if ('next' in first) return first.next;
    if (first.past === undefined) return this.finish(step, calls);
    calls.push(first.past);
    const retry = first.past.state === 'failed' ? this.alternative(step, choice.tool, first.past, calls) : undefined;
    return retry ?? this.finish(step, calls);
  }

  /** A question about what earlier steps brought needs no tool, unless it names something new. */
  private answerable(step: Step, before: readonly StepOutcome[]): boolean {
    const earlier = before.filter((outcome) => outcome.calls.length > 0);
    const named = earlier.flatMap((outcome) => [...outcome.step.paths, ...outcome.step.urls]);
    const fresh = [...step.paths, ...step.urls].some((path) => !named.includes(path));
    return earlier.length > 0 && !fresh;
  }

  private finish(step: Step, calls: readonly PastCall[]): StepOutcome {
    const lines = step.asks ? bestLines(step, this.known.results) : [];
    if (lines.length > 0) this.known.lastFinding = { question: topicOf(step), lines };
    else if (calls.some((call) => call.state === 'ok')) this.known.lastFinding = undefined;
    return { step, calls, lines, skipped: false };
  }

  /** Asks which folders there are before a call that needs one and has none. */
  private lookUpFolders(args: JsonObject, calls: PastCall[]): NextCall | undefined {
    if (this.known.folders.length > 0 || args['path'] !== '.') return undefined;
    const finder = this.folderFinder();
    if (finder === undefined) return undefined;
    const result = this.call(finder, {}, 'No folder is known yet, so I ask which ones I may use.');
    if ('next' in result) return result.next;
    if (result.past !== undefined) calls.push(result.past);
    return undefined;
  }

  /** One other way after a failure: ask for the allowed folders, or search for the file, then try again. */
  private alternative(step: Step, tool: OfferedTool, failed: PastCall, calls: PastCall[]): NextCall | undefined {
    const [pathKey, path] = Object.entries(failed.arguments).find(([, value]) => isPath(value)) ?? [];
    if (pathKey === undefined || typeof path !== 'string') return undefined;
    const outside = /outside|allowed|denied|permission/i.test(failed.result);
    const helper = outside ? this.folderFinder() : this.fileFinder(tool);
    if (helper === undefined) return undefined;
    const args = outside ? {} : searchArguments(helper, this.known.folders[0] ?? '.', baseName(path));
    const why = outside
      ? 'That path is not allowed, so I ask which folders are.'
      : 'It is not there, so I search for it.';
    const help = this.call(helper, args, why);
    if ('next' in help) return help.next;
    if (help.past === undefined) return undefined;
    calls.unshift(help.past);
    // A folder that the person named is never exchanged for another one; a relative path may be meant elsewhere.
    const better = outside
      ? this.known.resolve(step.paths[0] ?? path)
      : pathsInResult(help.past.result).find((found) => baseName(found) === baseName(path));
    if (help.past.state !== 'ok' || better === undefined || better === path) return undefined;
    const again = this.call(tool, { ...failed.arguments, [pathKey]: better }, `I try again with ${better}.`);
    if ('next' in again) return again.next;
    if (again.past !== undefined) calls.push(again.past);
    return undefined;
  }

  private call(tool: OfferedTool, args: JsonObject, why: string): CallResult {
    const past = this.past.get(callKey(tool.name, args));
    if (past !== undefined) {
      this.known.learn(past);
      return { past };
    }
    return this.exhausted ? { past: undefined } : { next: { tool, arguments: args, why } };
  }

  private folderFinder(): OfferedTool | undefined {
    return this.tools.find(
      (tool) => /allowed|roots|workspace_folders/i.test(tool.name) && requiredOf(tool).length === 0,
    );
  }

  /** Only for tools that read: who writes to a path that is missing must not be sent elsewhere. */
  private fileFinder(tool: OfferedTool): OfferedTool | undefined {
    if (!stems(tool.name).some((word) => ['read', 'get', 'open', 'view'].map(stem).includes(word))) return undefined;
    return this.tools.find((candidate) => /search_?files|find_?files|glob/i.test(candidate.name));
  }
}

/** "Remember it" has no sense when there is no "it": what was to be read before could not be read. */
function dependsOnFailure(step: Step, before: readonly StepOutcome[]): boolean {
  const refers = /\b(?:it|them)\b/i.test(step.text) || (step.asks && step.paths.length === 0);
  const latest = before.findLast((outcome) => outcome.calls.length > 0)?.calls.at(-1);
  return refers && latest !== undefined && latest.state !== 'ok';
}

function requiredOf(tool: OfferedTool): string[] {
  const required = tool.parameters['required'];
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
}

function searchArguments(tool: OfferedTool, folder: string, file: string): JsonObject {
  const entries = requiredOf(tool).map((name) => [name, /pattern|glob|query/i.test(name) ? `**/${file}` : folder]);
  return Object.fromEntries(entries) as JsonObject;
}

function isPath(value: unknown): boolean {
  return typeof value === 'string' && (/^(?:\/|[A-Za-z]:[\\/])/.test(value) || /\.\w{1,6}$/.test(value));
}

function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}

/** The subject of a question: "tell me the launch code word" is about "launch code word". */
export function topicOf(step: Step): string {
  return step.text
    .replace(/^(?:please\s+)?(?:tell|give|report|say|explain|describe|answer)\s+(?:me|us)?\s*/i, '')
    .replace(/^(?:what|which|who|when|where|how|why)\s+(?:is|are|was|were|does|do|did)?\s*/i, '')
    .replace(/^(?:the|a|an)\s+/i, '')
    .replace(/[?.!]+$/, '')
    .trim();
}
