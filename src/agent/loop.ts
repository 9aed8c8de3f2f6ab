/**
 * The agent: ask the model, run the tools it calls, give it the results, until it answers without a call.
 * Pure: everything outside comes through the ports in `types.ts`. docs/agent.md explains it in a page.
 */
import * as l10n from '@vscode/l10n';
import { abortReason, throwIfAborted } from '../base/abort';
import { toBridgeError } from '../base/errors';
import { type AnswerFlaw, flawsOf, nudgeFor, warnAbout } from './answers';
import { type ClosingReason, closingRequest } from './closing';
import { Conversation } from './conversation';
import { HeadwayGuard } from './headway';
import { RepetitionGuard } from './repetition';
import type { ResultRules } from './results';
import { type RoundOptions, RoundTaker } from './round';
import { type ReadCall, type RequestedCall, ToolRunner } from './toolRunner';
import type { Turn } from './turn';
import type {
  AgentEvent,
  AgentLimits,
  AgentOutcome,
  ApprovalGate,
  Message,
  RunControl,
  RunJournal,
  ToolDefinition,
  ToolSource,
  Usage,
} from './types';
import { addUsage, NO_USAGE, totalTokens } from './usage';

export interface AgentOptions extends RoundOptions, ResultRules {
  readonly tools: ToolSource;
  readonly gate: ApprovalGate;
  readonly limits: AgentLimits;
  /** The conversation so far: the task last, or where a run is taken up again all that was said. */
  readonly messages: readonly Message[];
  /** Rounds and tokens that the run has used before it is taken up again. */
  readonly spent?: { readonly rounds: number; readonly usage: Usage } | undefined;
  /** Absent: nobody is there to say anything. */
  readonly control?: RunControl | undefined;
  /** Absent: a crash loses the run. */
  readonly journal?: RunJournal | undefined;
  readonly emit: (event: AgentEvent) => void;
}

/** A model that says nothing is asked so often to say something, in the whole run. */
const MAX_NUDGES = 2;

/** @throws BridgeError where the model or the journal fails, or the signal's reason when it fires. Tools never make it throw. */
export function runAgent(options: AgentOptions, signal: AbortSignal): Promise<AgentOutcome> {
  return new AgentRun(options, signal).run();
}

class AgentRun {
  readonly #conversation: Conversation;
  readonly #runner: ToolRunner;
  readonly #rounds: RoundTaker;
  readonly #repetition = new RepetitionGuard();
  readonly #headway = new HeadwayGuard();
  #round: number;
  #usage: Usage;
  /** Tokens of the last request, with its answer. */
  #lastCost = 0;
  #nudges = 0;
  /** The next answer is a second try. */
  #isNudged = false;
  #text = '';

  constructor(
    private readonly options: AgentOptions,
    private readonly signal: AbortSignal,
  ) {
    const { journal, messages, spent } = options;
    this.#conversation = new Conversation(messages, (entry) => journal?.record(entry));
    this.#runner = new ToolRunner({ ...options, source: options.tools });
    this.#rounds = new RoundTaker(options);
    this.#round = spent?.rounds ?? 0;
    this.#usage = spent?.usage ?? NO_USAGE;
  }

  async run(): Promise<AgentOutcome> {
    if (await this.#answerCalls(this.#openCalls())) return this.#close('loop-detected');
    for (;;) {
      const limit = this.#limit();
      if (limit) return this.#close(limit);
      await this.#listen();
      this.#round++;
      this.options.emit({ type: 'round_start', round: this.#round });
      const turn = await this.#ask(this.#offered).catch((error: unknown) => this.#afterNudge(error));
      if (!turn) return this.#end('completed', null);
      const calls = this.#conversation.addTurn(turn, this.#runner);
      if (calls.length > 0) {
        this.#isNudged = false;
        if (await this.#answerCalls(calls)) return this.#close('loop-detected');
        continue;
      }
      const flaws = flawsOf(turn);
      warnAbout(flaws, this.options.emit);
      if (!this.#nudge(flaws) && !(await this.#listen())) return this.#end('completed', null);
    }
  }

  /** A failed second try leaves the first one as it was: without an answer, but not failed. Throws everything else. */
  #afterNudge(error: unknown): undefined {
    if (this.signal.aborted || !this.#isNudged) throw error;
    const { message } = toBridgeError(error);
    this.options.emit({
      type: 'warning',
      code: 'no-second-answer',
      message: l10n.t('Asking again failed: {0}', message),
    });
  }

  /** Asks a model that said nothing to say something. False where there is no need, or no use. */
  #nudge(flaws: readonly AnswerFlaw[]): boolean {
    const nudge = nudgeFor(flaws);
    this.#isNudged = false;
    if (nudge === undefined || this.#nudges >= MAX_NUDGES || this.#limit()) return false;
    this.#nudges++;
    this.#isNudged = true;
    this.#conversation.addUser(nudge);
    return true;
  }

  get #offered(): readonly ToolDefinition[] {
    const { tools } = this.options;
    return (tools.offered ?? tools.tools).map((tool) => tool.definition);
  }

  async #ask(tools: readonly ToolDefinition[]): Promise<Turn> {
    throwIfAborted(this.signal);
    const turn = await this.#rounds.take(this.#conversation, tools, this.signal);
    this.#usage = addUsage(this.#usage, turn.usage);
    this.#lastCost = totalTokens(turn.usage);
    this.options.journal?.record({ type: 'usage', round: this.#round, ...turn.usage });
    if (turn.text.trim() !== '') this.#text = turn.text;
    return turn;
  }

  /** What the person has said meanwhile goes into the conversation. True where there was something. */
  async #listen(): Promise<boolean> {
    const said = await this.#hear();
    // In one message: many templates want the roles to take turns.
    if (said.length > 0) this.#conversation.addUser(said.join('\n\n'));
    return said.length > 0;
  }

  async #hear(): Promise<readonly string[]> {
    const said = (await this.options.control?.next(this.signal)) ?? [];
    for (const text of said) this.options.emit({ type: 'steered', text });
    return said;
  }

  #openCalls(): readonly RequestedCall[] {
    return this.#conversation
      .openCalls()
      .map((call) => ({ ...call, recovered: false, isCutOff: false, reason: 'The run was taken up again.' }));
  }

  /** Every call gets a result. True where the run is to end because it goes round in circles. */
  async #answerCalls(calls: readonly RequestedCall[]): Promise<boolean> {
    const reads = calls.map((call) => this.#runner.read(call));
    let hasStopped = false;
    for (const read of reads) {
      if (!hasStopped) await this.options.control?.whenGoing(this.signal);
      hasStopped ||= await this.#isStuck(read);
      if (hasStopped) this.#conversation.addResult(this.#runner.skip(read));
      else await this.#answer(read);
    }
    return hasStopped;
  }

  async #answer(read: ReadCall): Promise<void> {
    const { name } = read.call;
    const annotate = (text: string, isError: boolean): string => {
      const isIdle = isError || read.tool?.readOnly === true;
      const notes = [
        this.#repetition.record(name, read.arguments, text),
        this.#headway.record({ name, arguments: read.arguments, text, isIdle }),
      ];
      // One is enough: they say nearly the same.
      const note = notes.find((each) => each !== undefined);
      return note === undefined ? text : `${text}\n${note}`;
    };
    this.#conversation.addResult(await this.#runner.run(read, annotate, this.signal));
    // What has changed something and has not been noted is taken for a call whose outcome nobody knows.
    if (read.tool?.readOnly !== true) await this.options.journal?.written();
  }

  async #isStuck({ call, arguments: args }: ReadCall): Promise<boolean> {
    const problem = this.#repetition.isLoop(call.name, args)
      ? l10n.t('The model makes the same calls again and again, with the same results.')
      : this.#headway.isStuck
        ? l10n.t('The last results told the model nothing new.')
        : undefined;
    if (problem === undefined) return false;
    if (!(await this.options.control?.mayGoOn(problem, this.signal))) return true;
    this.#repetition.forgive();
    this.#headway.forgive();
    return false;
  }

  #limit(): ClosingReason | undefined {
    const { maxRounds, maxTokens } = this.options.limits;
    if (this.#round >= maxRounds) return 'limit-rounds';
    if (maxTokens === undefined || this.#round === 0) return undefined;
    // The closing answer has to fit as well, so one request's worth is kept for it where there is that much.
    const left = maxTokens - this.#spent;
    return left <= 0 || (left >= this.#lastCost && left < 2 * this.#lastCost) ? 'limit-tokens' : undefined;
  }

  /** What the server counted, or an estimate of four characters a token where it counts nothing. */
  get #spent(): number {
    return this.#usage.promptTokens === null && this.#usage.completionTokens === null
      ? Math.ceil(this.#conversation.length / 4)
      : totalTokens(this.#usage);
  }

  /** One last request without tools, where there are tokens left for it, so that there is an answer. */
  async #close(reason: ClosingReason): Promise<AgentOutcome> {
    const { maxTokens = Infinity } = this.options.limits;
    if (maxTokens - this.#spent >= Math.max(this.#lastCost, 1)) await this.#askForAnswer(reason);
    return this.#end('limit', reason);
  }

  async #askForAnswer(reason: ClosingReason): Promise<void> {
    const { emit } = this.options;
    emit({ type: 'warning', code: 'closing-answer', message: closingNotice(reason) });
    this.#conversation.addUser([...(await this.#hear()), closingRequest(reason)].join('\n\n'));
    try {
      const turn = await this.#ask([]);
      this.#conversation.addTurn({ ...turn, calls: [] }, this.#runner);
    } catch (error) {
      if (this.signal.aborted) throw abortReason(this.signal);
      // The limit is the news; that there is no last word is a detail.
      const { message } = toBridgeError(error);
      emit({
        type: 'warning',
        code: 'no-closing-answer',
        message: l10n.t('The model gave no closing answer: {0}', message),
      });
    }
  }

  #end(status: AgentOutcome['status'], code: AgentOutcome['code']): AgentOutcome {
    return { status, code, text: this.#text, rounds: this.#round, usage: this.#usage };
  }
}

function closingNotice(reason: ClosingReason): string {
  switch (reason) {
    case 'limit-rounds':
      return l10n.t('The rounds are used up. The model is asked for its answer.');
    case 'limit-tokens':
      return l10n.t('The tokens are nearly used up. The model is asked for its answer.');
    case 'loop-detected':
      return l10n.t('The run goes round in circles. The model is asked for its answer.');
  }
}
