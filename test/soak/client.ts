/** The whole client of one server, as the product puts it together, and each kind of request through it. */
import { runAgent } from '../../src/agent/loop';
import type { ChatModel, OnPhase } from '../../src/agent/types';
import type { Clock } from '../../src/base/clock';
import { createFetch } from '../../src/base/http';
import { ModelCatalog } from '../../src/llm/lmstudio/catalog';
import { ModelLifecycle } from '../../src/llm/lmstudio/lifecycle';
import { ModelServer } from '../../src/llm/lmstudio/server';
import { ModelValidator } from '../../src/llm/lmstudio/validator';
import { ServerPolicy } from '../../src/llm/resilience';
import { completeChat, completeJson, completeText, embed, streamText } from '../../src/llm/wire/requests';
import { Responder } from '../../src/llm/wire/responder';
import type { Wire } from '../../src/llm/wire/transport';
import { inLane, ModelLanes } from '../../src/tasks/modelLanes';
import { allowAll, FakeTools } from '../support/agent';
import { chatModel, eventsOf, READ_TOOL } from '../support/requests';
import type { Plan } from './plan';
import { promptOf } from './script';

/** The product's policy with waits of milliseconds, so that a run is all work. */
const LIMITS = {
  reads: { attempts: 2, baseMs: 1, maxMs: 2, maxRetryAfterMs: 5 },
  turns: { attempts: 3, baseMs: 1, maxMs: 4, maxRetryAfterMs: 5 },
  breaker: { failures: 5, openMs: 20 },
};

export class SoakClient {
  readonly #wire: Wire;
  readonly #policy: ServerPolicy;
  readonly #server: ModelServer;
  readonly #catalog: ModelCatalog;
  readonly #lifecycle: ModelLifecycle;
  readonly #validator: ModelValidator;
  readonly #responder: Responder;
  readonly #lanes = new ModelLanes();
  #lastResponse: string | undefined;

  constructor(root: string, clock: Clock, random: () => number) {
    const address = { root, token: undefined };
    const fetch = createFetch(clock);
    this.#wire = { address, fetch, clock };
    this.#policy = new ServerPolicy({ clock, random }, LIMITS);
    this.#server = new ModelServer(address, { fetch, clock, policy: this.#policy });
    this.#catalog = new ModelCatalog(this.#server, clock);
    this.#lifecycle = new ModelLifecycle(this.#catalog, clock);
    this.#validator = new ModelValidator(this.#catalog, clock);
    this.#responder = new Responder(this.#wire);
  }

  /** Settles as the request does. */
  async perform(plan: Plan, signal: AbortSignal, onPhase: OnPhase): Promise<void> {
    const { kind, model } = plan;
    const messages = [{ role: 'user', content: promptOf(plan) }] as const;
    switch (kind) {
      case 'list':
        await this.#server.greet(signal);
        await this.#server.listModels(signal);
        return;
      case 'validation':
        await this.#validator.validate(model, signal);
        return;
      case 'chat, streamed':
        await eventsOf(this.#model(model).stream({ messages, tools: [READ_TOOL] }, signal, onPhase));
        return;
      case 'chat, whole':
        await completeChat(this.#wire, model, { messages, tools: [READ_TOOL] }, signal);
        return;
      case 'task with tools':
        return this.#runTask(plan, signal, onPhase);
      case 'JSON':
        await completeJson(this.#wire, model, { messages, name: 'answer', schema: { type: 'object' } }, signal);
        return;
      case 'completion':
        await completeText(this.#wire, model, { prompt: promptOf(plan) }, signal);
        await eventsOf(streamText(this.#wire, model, { prompt: promptOf(plan) }, signal));
        return;
      case 'response':
        return this.#respond(plan, signal);
      case 'embeddings':
        await embed(this.#wire, model, ['alpha', 'beta'], signal);
        return;
      case 'load':
        await this.#lifecycle.load(model, { contextLength: 4_096 }, signal);
        return;
      case 'unload':
        return this.#unload(model, signal);
      case 'restart':
        return;
    }
  }

  /** Asks for the list, whatever the breaker says, which closes it where the server is back. Never throws. */
  async refresh(): Promise<void> {
    await this.#catalog.refreshAnew();
  }

  dispose(): void {
    this.#lifecycle.dispose();
    this.#catalog.dispose();
    this.#policy.dispose();
  }

  #model(id: string): ChatModel {
    const { root } = this.#wire.address;
    return inLane(this.#policy.guard(chatModel(this.#wire, id)), this.#lanes, root);
  }

  async #runTask(plan: Plan, signal: AbortSignal, onPhase: OnPhase): Promise<void> {
    await runAgent(
      {
        model: this.#model(plan.model),
        tools: new FakeTools([{ name: 'read_file', run: () => 'content' }]),
        gate: allowAll,
        clock: this.#wire.clock,
        retry: this.#policy.turns,
        limits: { maxRounds: 4, maxTokens: undefined },
        resultCharLimit: 1_000,
        messages: [{ role: 'user', content: promptOf(plan) }],
        emit: (event) => {
          if (event.type === 'phase' && event.phase !== 'queued') onPhase(event);
        },
      },
      signal,
    );
  }

  async #respond(plan: Plan, signal: AbortSignal): Promise<void> {
    const messages = [{ role: 'user', content: promptOf(plan) }] as const;
    const request = { model: plan.model, messages, tools: [], previousResponseId: this.#lastResponse };
    // Whatever comes of this one, the next begins anew or goes on from it.
    this.#lastResponse = undefined;
    for await (const event of this.#responder.respond(request, signal)) {
      if (event.type === 'response') this.#lastResponse = event.id;
    }
  }

  async #unload(key: string, signal: AbortSignal): Promise<void> {
    const { models } = await this.#catalog.refresh();
    const copy = models.find((model) => model.key === key)?.instances?.[0];
    if (copy) await this.#lifecycle.unload(key, copy.id, signal);
  }
}
