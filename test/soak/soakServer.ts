import { type Simulator, startSimulator } from '../simulator/server';
import type { Random } from './random';
import { playPrompt } from './script';

/** A simulator that can die and come back on its port, each time as another build with other manners. */
export class SoakServer {
  #earlierRequests = 0;
  #restarting: Promise<void> = Promise.resolve();

  private constructor(
    private simulator: Simulator,
    private readonly random: Random,
  ) {}

  static async start(random: Random): Promise<SoakServer> {
    return new SoakServer(await launch(0, random), random);
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
      await loopTurns(this.random.below(20));
      this.simulator = await launch(this.simulator.port, this.random);
    });
    return this.#restarting;
  }

  close(): Promise<void> {
    return this.simulator.close();
  }
}

function launch(port: number, random: Random): Promise<Simulator> {
  return startSimulator({
    port,
    profile: random.pick(['0.3', '0.4', '0.4', '0.4.2x', 'bionic']),
    evictBusy: random.pick(['wait', 'error-frame', 'silence']),
    jitRace: random.chance(0.3),
    jit: random.chance(0.8),
    script: playPrompt,
    beforeLoad: () => loopTurns(random.below(10)),
  });
}

/** Turns of the event loop: time in which others can do something, without a clock. */
export async function loopTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
