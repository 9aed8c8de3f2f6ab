/** What a test may set on a simulator, and what holds where it sets nothing. */
import type { AnswerFault } from './answerFaults';
import { realClock, type SimulatorClock } from './clock';
import type { MoreOptions } from './moreEndpoints';
import type { ModelHostOptions } from './modelHost';
import { bionicModels, sampleModels, type ModelSpec } from './models';
import type { Profile } from './profiles';
import type { Ragged } from './ragged';
import type { LoggedRequest } from './requestLog';
import type { Script } from './turn';

export interface SimulatorOptions extends MoreOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default `sampleModels()`, on Bionic `bionicModels()`. */
  readonly models?: readonly ModelSpec[];
  /** Just-in-time loading (§2.9). Default true. */
  readonly jit?: boolean;
  /** With a token set, every request needs it (§1.7). */
  readonly token?: string;
  /** §1.7: paths for which the token carries no permission: 403. Default: none. */
  readonly forbiddenPaths?: readonly string[];
  /** Default `0.4`. */
  readonly profile?: Profile;
  /** Who answers. Default: the demo model. */
  readonly script?: Script;
  /** Which of these faults a request that generates nothing meets; asked for each of them. Default: none. */
  readonly answerFault?: (request: LoggedRequest) => AnswerFault | undefined;
  /** What all delays, paces and times to live run on. Default: the real one. */
  readonly clock?: SimulatorClock;
  /** Pace of every stream. Default 0: no pause. */
  readonly tokensPerSecond?: number;
  /** §3.4: a prompt is read in silence, so many tokens a second; this goes on when the client has gone. Default 0: no time. */
  readonly promptTokensPerSecond?: number;
  /** How the bytes of every stream arrive. Default: a frame in a packet. */
  readonly ragged?: Ragged;
  /** How long every load takes. Default 0. */
  readonly loadDelayMs?: number;
  /** Awaited in every load; a test holds a load with it, or fails it by throwing an HttpFailure. */
  readonly beforeLoad?: (key: string) => Promise<void>;
  /** Awaited in every unload by REST. */
  readonly beforeUnload?: (id: string) => Promise<void>;
  /** §2.3 BT#2318: MLX loads with its default context, whatever was asked. Default true. */
  readonly mlxIgnoresContextLength?: boolean;
  /** §2.3: a load beyond this is refused by the guardrail. Default: no limit. */
  readonly memoryBytes?: number;
  /** §2.9 DOC: a JIT load unloads the JIT model before it. Default true. */
  readonly autoEvict?: boolean;
  /**
   * What auto-evict does to a model that is at work. Default `wait` (INF). `error-frame`: its stream ends with E15
   * (§2.9 BT#1796); `silence`: it is cut off without a word (BT#671).
   */
  readonly evictBusy?: ModelHostOptions['evictBusy'];
  /** §2.9 BT#168, #634, #1751: requests that come together each load an instance. Default false. */
  readonly jitRace?: boolean;
  /** §2.9 BT#1463: a JIT load takes the default context instead of the model's own. Default false. */
  readonly jitIgnoresModelSettings?: boolean;
  /** Requests that may wait at an instance beyond its slots; one more is E16. Default: no limit. */
  readonly queueLimit?: number;
  /** §3.3 E16 BUG: how long a request waits for a slot. Default about two minutes, as reported. */
  readonly queueTimeoutMs?: number;
}

/** All that has a default here. The others (`token`, `forbiddenPaths`, `script`) are the server's own. */
export type Settings = ModelHostOptions &
  Required<Pick<SimulatorOptions, 'port' | 'host' | 'tokensPerSecond' | 'promptTokensPerSecond' | 'ragged'>>;

export function settingsOf(options: SimulatorOptions): Settings {
  const { profile = '0.4' } = options;
  return {
    port: 0,
    host: '127.0.0.1',
    models: profile === 'bionic' ? bionicModels() : sampleModels(),
    jit: true,
    clock: realClock,
    tokensPerSecond: 0,
    promptTokensPerSecond: 0,
    ragged: {},
    loadDelayMs: 0,
    beforeLoad: () => Promise.resolve(),
    beforeUnload: () => Promise.resolve(),
    mlxIgnoresContextLength: true,
    memoryBytes: Infinity,
    autoEvict: true,
    evictBusy: 'wait',
    jitRace: false,
    jitIgnoresModelSettings: false,
    queueLimit: Infinity,
    queueTimeoutMs: 120_000,
    ...options,
    profile,
  };
}
