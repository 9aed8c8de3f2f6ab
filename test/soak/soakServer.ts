import { ANSWER_FAULTS, type AnswerFault } from '../simulator/answerFaults';
import { loopTurns } from '../simulator/loopTurns';
import type { LoggedRequest } from '../simulator/requestLog';
import { type Simulator, startSimulator } from '../simulator/server';
import { Counts } from './counts';
import { Random } from './random';
import { scriptOf } from './script';

/** How many of the requests that generate nothing meet a fault. Most work begins with a list, so lists fail less often. */
const FAULTY = 0.6;
const FAULTY_LISTS = 0.2;

/** What the counts call the requests that generate nothing, by the end of their path. */
const PLAIN_REQUESTS: readonly (readonly [RegExp, string])[] = [
  [/\/api\/v1\/models$/, 'list v1'],
  [/\/api\/v0\/models$/, 'list v0'],
  [/\/v1\/models$/, 'list OpenAI'],
  [/\/load$/, 'load'],
  [/\/unload$/, 'unload'],
  [/\/embeddings$/, 'embeddings'],
  [/greeting$/, 'greeting'],
];

/** The group of the faults that chats, completions and responses met. */
export const GENERATION = 'generation';
export const PLAIN_GROUPS = PLAIN_REQUESTS.map(([, group]) => group);

/**
 * Random choices, of one source for each purpose: how often lists are asked for, which is up to the machine, does not
 * change what loads meet.
 */
class Draws {
  readonly launches: Random;
  readonly loads: Random;
  readonly #faults = new Map<string, Random>();
  readonly #others: Random;

  constructor(random: Random) {
    const next = (): Random => new Random(random.below(2 ** 32));
    this.launches = next();
    this.loads = next();
    this.#others = next();
    for (const group of PLAIN_GROUPS) this.#faults.set(group, next());
  }

  faultsOf(group: string): Random {
    return this.#faults.get(group) ?? this.#others;
  }
}

/** A simulator that can die and come back on its port, each time as another build with other manners. */
export class SoakServer {
  #earlierRequests = 0;
  #restarting: Promise<void> = Promise.resolve();

  private constructor(
    private simulator: Simulator,
    private readonly draws: Draws,
    /** The faults that were played, by the request that met them. */
    readonly faults: Counts,
  ) {}

  static async start(random: Random): Promise<SoakServer> {
    const faults = new Counts();
    const draws = new Draws(random);
    return new SoakServer(await launch(0, draws, faults), draws, faults);
  }

  get url(): string {
    return this.simulator.url;
  }

  /** HTTP requests that arrived, over all its lives. */
  get requests(): number {
    return this.#earlierRequests + this.simulator.requests.length;
  }

  /** When the last restart is over. */
  get isBack(): Promise<void> {
    return this.#restarting;
  }

  /** One at a time; requests under way are cut off. */
  restart(): Promise<void> {
    this.#restarting = this.#restarting.then(async () => {
      await this.simulator.close();
      this.#earlierRequests += this.simulator.requests.length;
      await loopTurns(this.draws.launches.below(20));
      this.simulator = await launch(this.simulator.port, this.draws, this.faults);
    });
    return this.#restarting;
  }

  close(): Promise<void> {
    return this.simulator.close();
  }
}

function launch(port: number, draws: Draws, faults: Counts): Promise<Simulator> {
  const random = draws.launches;
  return startSimulator({
    port,
    profile: random.pick(['0.3', '0.4', '0.4', '0.4.2x', 'bionic']),
    evictBusy: random.pick(['wait', 'error-frame', 'silence']),
    jitRace: random.chance(0.3),
    jit: random.chance(0.8),
    script: scriptOf((name) => faults.add(GENERATION, name)),
    answerFault: (request) => drawAnswerFault(request, draws, faults),
    beforeLoad: () => loopTurns(draws.loads.below(10)),
  });
}

function drawAnswerFault({ path }: LoggedRequest, draws: Draws, faults: Counts): AnswerFault | undefined {
  const [, group = path] = PLAIN_REQUESTS.find(([pattern]) => pattern.test(path)) ?? [];
  const random = draws.faultsOf(group);
  const fault = ANSWER_FAULTS[random.below(ANSWER_FAULTS.length)];
  if (!random.chance(/list|greeting/.test(group) ? FAULTY_LISTS : FAULTY)) return undefined;
  if (fault) faults.add(group, fault);
  return fault;
}
