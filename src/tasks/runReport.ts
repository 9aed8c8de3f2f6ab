import * as l10n from '@vscode/l10n';
import type { AgentOutcome, Usage } from '../agent/types';
import { addUsage, NO_USAGE } from '../agent/usage';
import type { Clock } from '../base/clock';
import { type BridgeError, type ErrorCode, ModelNotFoundError } from '../base/errors';
import { countText } from '../base/numberText';
import type { ChosenModel } from '../llm/lmstudio/selection';
import type { Toolbox } from '../mcp/toolbox';
import { RunMeasures } from './runWords';
import { contextOf, reloadAdvice, reloadHint } from './taskContext';
import type { ToolCosts } from './toolChoice';
import type { RunEnd, RunEvent, RunStatus, TaskEvent, TaskRequest } from './types';

type Limits = Pick<TaskRequest, 'maxRounds' | 'maxTokens'>;

/** With the figure, because the task file, the command line or whoever asked for the task may have set it. */
function limitMessage(code: NonNullable<AgentOutcome['code']>, { maxRounds, maxTokens }: Limits): string {
  switch (code) {
    case 'limit-rounds':
      return maxRounds === 1
        ? l10n.t('The task was stopped: it used up its one round.')
        : l10n.t('The task was stopped: it used up its {0} rounds.', countText(maxRounds));
    case 'limit-tokens':
      return maxTokens === undefined
        ? l10n.t('The task was stopped: it used up its tokens.')
        : l10n.t('The task was stopped: it used up its {0} tokens.', countText(maxTokens));
    case 'loop-detected':
      return l10n.t('The task was stopped: the model made the same call again and again.');
  }
}

export interface RunIdentity {
  readonly runId: string;
  /** Of a run that is taken up again: what it used before. */
  readonly spent?: { readonly rounds: number; readonly usage: Usage } | undefined;
}

/** How much of each prompt the server's cache could keep. */
class PrefixRecord {
  compactions = 0;
  /** See `run_end`. */
  least: number | null = null;
  #isAnew = false;

  add(event: RunEvent): void {
    if (event.type === 'warning' && event.code === 'context-compacted') {
      this.compactions++;
      this.#isAnew = true;
    }
    if (event.type !== 'usage' || event.prefixShare === null) return;
    if (!this.#isAnew) this.least = Math.min(this.least ?? 1, event.prefixShare);
    this.#isAnew = false;
  }
}

/** The event stream of one run: time stamps, order, and the totals that the last event needs. */
export class RunReport {
  readonly #start: number;
  /** Warnings from before `run_start`, which must come first. */
  #early: RunEvent[] | undefined = [];
  #text = '';
  #rounds: number;
  #usage: Usage;
  readonly #prefix = new PrefixRecord();
  #chosen: ChosenModel | undefined;
  #recoveredCalls = 0;
  readonly measures = new RunMeasures();

  constructor(
    private readonly identity: RunIdentity,
    private readonly clock: Clock,
    private readonly onEvent: (event: TaskEvent) => void,
  ) {
    this.#start = clock.now();
    this.#rounds = identity.spent?.rounds ?? 0;
    this.#usage = identity.spent?.usage ?? NO_USAGE;
  }

  /** `run_start` was reported. */
  get hasStarted(): boolean {
    return this.#early === undefined;
  }

  start(task: string, chosen: ChosenModel, toolbox: Toolbox, costs: ToolCosts): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    this.#chosen = chosen;
    const { limit, source } = contextOf(chosen);
    this.emit({
      type: 'run_start',
      runId: this.identity.runId,
      ...(this.identity.spent ? { resumed: true } : {}),
      task,
      model: chosen.id,
      servers: toolbox.servers,
      toolCount: toolbox.tools.length,
      toolTokens: costs.tokens,
      contextLength: limit,
      contextSource: source,
    });
    for (const event of early) this.emit(event);
    if (costs.servers.length > 0) this.emit({ type: 'tools', ...costs });
  }

  warn(code: string, message: string): void {
    this.emit({ type: 'warning', code, message });
  }

  emit(event: RunEvent): void {
    if (this.#early && event.type === 'warning') {
      this.#early.push(event);
      return;
    }
    if (event.type === 'round_start') {
      this.#rounds = event.round;
      this.#text = '';
    } else if (event.type === 'text_delta') {
      this.#text += event.text;
    } else if (event.type === 'retry') {
      this.#text = '';
    } else if (event.type === 'usage') {
      this.#usage = addUsage(this.#usage, event);
    } else if (event.type === 'tool_call' && event.recovered) {
      this.#recoveredCalls++;
    }
    this.#prefix.add(event);
    this.#send(event);
  }

  end(outcome: AgentOutcome, limits: Limits): RunEnd {
    if (outcome.code !== null) {
      const hint = l10n.t('Look at what it did so far, then give it more room or a clearer task.');
      this.#send({ type: 'error', code: outcome.code, message: limitMessage(outcome.code, limits), hint });
    }
    this.#text = outcome.text;
    return this.#finish(outcome.status, outcome.code);
  }

  fail(error: BridgeError): RunEnd {
    for (const event of this.#early ?? []) this.#send(event);
    const reload = this.#chosen && reloadAdvice(error, this.#chosen);
    this.#send({
      type: 'error',
      code: error.code,
      message: error.message,
      hint: reload ? reloadHint(reload) : (error.hint ?? null),
      ...(error instanceof ModelNotFoundError
        ? { availableModels: error.availableModels, suggestions: error.suggestions }
        : {}),
      ...(reload ? { reload } : {}),
    });
    return this.#finish(
      error.code === 'cancelled' ? 'cancelled' : error.code === 'limit-time' ? 'limit' : 'failed',
      error.code,
    );
  }

  #finish(status: RunStatus, code: ErrorCode | null): RunEnd {
    return this.#send({
      type: 'run_end',
      status,
      code,
      text: this.#text,
      rounds: this.#rounds,
      usage: this.#usage,
      recoveredCalls: this.#recoveredCalls,
      durationMs: this.#now(),
      compactions: this.#prefix.compactions,
      prefixShare: this.#prefix.least,
    });
  }

  #now(): number {
    return Math.round(this.clock.now() - this.#start);
  }

  #send<T extends RunEvent>(event: T): T & { readonly at: number } {
    const stamped = { ...event, at: this.#now() };
    this.measures.add(stamped);
    this.onEvent(stamped);
    return stamped;
  }
}
