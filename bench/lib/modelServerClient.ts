/** Starts the model server of the benchmarks (modelServer.ts) and tells it what to do. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Framing } from './frames';

/**
 * `answer`: one long answer to every request, all at once or evenly over so many milliseconds, and where it is held not
 * before `release`. `rounds`: so many rounds with a tool call each, then an answer.
 */
export type Script =
  | {
      readonly kind: 'answer';
      readonly tokens: number;
      readonly framing: Framing;
      readonly overMs?: number;
      readonly isHeld?: boolean;
    }
  | { readonly kind: 'rounds'; readonly rounds: number };

export type Order =
  | { readonly kind: 'play'; readonly script: Script }
  | { readonly kind: 'models'; readonly count: number; readonly isRestless: boolean }
  | { readonly kind: 'release' }
  | { readonly kind: 'marks' };

/**
 * Since the last `play`, in milliseconds of `now()`: when chat requests came, and when the last byte of answers left; how often
 * models were listed; and how many requests there were of any kind.
 */
export interface Marks {
  readonly arrivals: number[];
  readonly ends: number[];
  lists: number;
  requests: number;
}

/** Milliseconds on the machine's monotonic clock, which all processes share. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export class ModelServerClient {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** `built`: the folder of the built benchmarks. */
  static async start(built = __dirname): Promise<ModelServerClient> {
    // In a desktop's extension host, where node is a mode of the editor's program.
    const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
    const child = fork(join(built, 'modelServer.js'), { execArgv: [], env });
    return new ModelServerClient(child, String(await reply(child)));
  }

  /** From now on the server answers like this, and its marks start anew. */
  async play(script: Script): Promise<void> {
    await this.#order({ kind: 'play', script });
  }

  /** From now on the server lists so many models. Of restless ones, every second is in memory in turns with the others. */
  async serveModels(count: number, isRestless = false): Promise<void> {
    await this.#order({ kind: 'models', count, isRestless });
  }

  /** What is held, and all that comes until the next `play`, is answered. */
  async release(): Promise<void> {
    await this.#order({ kind: 'release' });
  }

  async marks(): Promise<Marks> {
    return (await this.#order({ kind: 'marks' })) as Marks;
  }

  stop(): void {
    this.child.disconnect();
  }

  #order(order: Order): Promise<unknown> {
    const answered = reply(this.child);
    this.child.send(order);
    return answered;
  }
}

async function reply(child: ChildProcess): Promise<unknown> {
  const [message] = (await once(child, 'message')) as [unknown];
  return message;
}
