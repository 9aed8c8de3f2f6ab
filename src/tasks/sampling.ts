/** How servers get answers of the local model: through the task that uses them, and behind an approval. */
import type { ChatModel, Message } from '../agent/types';
import { abortReason, onAbort, throwIfAborted } from '../base/abort';
import type { Disposable } from '../base/disposable';
import { toDisposable } from '../base/disposable';
import { BridgeError } from '../base/errors';
import type { SamplingAnswer, SamplingRequest } from '../mcp/clientHost';

/** A task whose model can be asked. */
export interface SamplingRun {
  /** The task in a few words, for the person. */
  readonly label: string;
  /** Only these may ask. */
  readonly servers: readonly string[];
  readonly model: ChatModel;
  readonly seesImages: boolean;
}

/** What a person, or a rule in their place, says to it. Both throw only the signal's reason. */
export interface SamplingApproval {
  /** `task`: so it is for all that this server asks in this task, and its answers need no second look. */
  mayAsk(request: SamplingRequest, run: SamplingRun, signal: AbortSignal): Promise<'once' | 'task' | Refusal>;
  maySend(request: SamplingRequest, answer: string, signal: AbortSignal): Promise<true | Refusal>;
}

/** A sentence for the server. */
export interface Refusal {
  readonly reason: string;
}

/** Where nobody watches and everything is allowed. */
export const UNATTENDED: SamplingApproval = {
  mayAsk: () => Promise.resolve('task'),
  maySend: () => Promise.resolve(true),
};

/** Tokens of one answer, its reasoning included; a server that wants more gets an answer that is cut off. */
const MAX_TOKENS = 4096;
/** Requests of one server in one task: a server in a loop must not keep the model for itself. */
const MAX_REQUESTS = 25;

interface OpenRun extends SamplingRun {
  readonly ending: AbortController;
  readonly allowed: Set<string>;
  readonly counts: Map<string, number>;
}

/**
 * The place where requests of servers meet the models of tasks. A request goes to the task that uses its server, the
 * latest one where several do. It waits for the model's lane like any turn; no task holds the lane while one of its
 * tools runs, so a tool that waits for such an answer gets it.
 */
export class SamplingDesk {
  readonly #runs = new Set<OpenRun>();

  constructor(private readonly approval: SamplingApproval) {}

  /** For the time that a task runs. */
  open(run: SamplingRun): Disposable {
    const opened: OpenRun = { ...run, ending: new AbortController(), allowed: new Set(), counts: new Map() };
    this.#runs.add(opened);
    return toDisposable(() => {
      this.#runs.delete(opened);
      opened.ending.abort(new BridgeError('cancelled', 'The task has ended.'));
    });
  }

  /** As `ClientHost.sample`. */
  readonly answer = async (request: SamplingRequest, signal: AbortSignal): Promise<SamplingAnswer> => {
    const { server } = request;
    const run = [...this.#runs].findLast(({ servers }) => servers.includes(server));
    if (!run) return declined('No task runs that uses this server.');
    const count = (run.counts.get(server) ?? 0) + 1;
    run.counts.set(server, count);
    if (count > MAX_REQUESTS) return declined(`A server gets at most ${String(MAX_REQUESTS)} answers in a task.`);
    const both = new AbortController();
    const listening = [signal, run.ending.signal].map((parent) =>
      onAbort(parent, () => both.abort(abortReason(parent))),
    );
    try {
      return await this.#answerIn(run, request, both.signal);
    } finally {
      for (const item of listening) item.dispose();
    }
  };

  async #answerIn(run: OpenRun, request: SamplingRequest, signal: AbortSignal): Promise<SamplingAnswer> {
    const { server } = request;
    const isAllowed = run.allowed.has(server);
    const allowed = isAllowed ? 'task' : await this.approval.mayAsk(request, run, signal);
    if (typeof allowed !== 'string') return declined(allowed.reason);
    if (allowed === 'task') run.allowed.add(server);
    const { text, isCutOff } = await generate(run, request, signal);
    const sent = allowed === 'task' ? true : await this.approval.maySend(request, text, signal);
    if (sent !== true) return declined(sent.reason);
    return { kind: 'answered', model: run.model.id, text, isCutOff };
  }
}

function declined(reason: string): SamplingAnswer {
  return { kind: 'declined', reason };
}

async function generate({ model, seesImages }: SamplingRun, request: SamplingRequest, signal: AbortSignal) {
  const { temperature, stopSequences: stop } = request;
  const maxTokens = Math.min(request.maxTokens, MAX_TOKENS);
  let text = '';
  let isCutOff = false;
  const asked = { messages: toMessages(request, seesImages), tools: [], sampling: { maxTokens, temperature, stop } };
  for await (const event of model.stream(asked, signal)) {
    if (event.type === 'text') text += event.text;
    if (event.type === 'finish') isCutOff = event.reason === 'length';
  }
  throwIfAborted(signal);
  return { text, isCutOff };
}

/** Many chat templates know only sides that take turns, so what follows from the same side becomes one message. */
function toMessages({ systemPrompt, messages }: SamplingRequest, seesImages: boolean): Message[] {
  const system: Message[] = systemPrompt === undefined ? [] : [{ role: 'system', content: systemPrompt }];
  const turns: { role: 'user' | 'assistant'; texts: string[]; images: string[] }[] = [];
  for (const { role, text, images } of messages) {
    const last = turns.at(-1);
    const turn = last?.role === role ? last : { role, texts: [], images: [] };
    if (turn !== last) turns.push(turn);
    turn.texts.push(text);
    if (seesImages) turn.images.push(...images);
  }
  return [
    ...system,
    ...turns.map(({ role, texts, images }): Message => {
      const content = texts.join('\n\n');
      if (role === 'assistant') return { role, content, toolCalls: [] };
      return images.length > 0 ? { role, content, images } : { role, content };
    }),
  ];
}
