/** The version profiles: in what the builds of LM Studio differ (§0, §9 simulator list, 2). */
import { contextOverflow03, contextOverflow04, contextOverflow042x, type HttpFailure } from './failures';

/**
 * `0.3`: before the REST API v1. `0.4`: the default. `0.4.2x`: the current line, with the engine protocol. `bionic`: the
 * agent app with the same server. `openai-only`: another server, which knows /v1 alone and says 404.
 */
export type Profile = '0.3' | '0.4' | '0.4.2x' | 'bionic' | 'openai-only';

export interface ProfileTraits {
  /** §3.3 E6–E8: how a prompt beyond the context is refused. */
  readonly overflow: (promptTokens: number, contextLength: number) => HttpFailure;
  /** §3.4 BT#649: `name: ""` in the later deltas of a tool call (old builds, fixed in 0.3.16). */
  readonly repeatsEmptyName: boolean;
  /** §2.2: the newest builds add `reasoning_budget_message: ""` to an instance's config. */
  readonly reasoningBudgetMessage: boolean;
  /** §2.7: v0 shows `loaded_context_length`; the builder of Bionic 1.1.6 does not. */
  readonly v0LoadedContext: boolean;
  /** §2.9 DOC: JIT models have a time to live; BT#2423: those of Bionic have none. */
  readonly jitTtl: boolean;
  /** §2.9: context where neither the request nor the model's own settings name one. */
  readonly defaultContext: number;
}

const V04: ProfileTraits = {
  overflow: contextOverflow04,
  repeatsEmptyName: false,
  reasoningBudgetMessage: false,
  v0LoadedContext: true,
  jitTtl: true,
  defaultContext: 4096,
};
const V042X: ProfileTraits = {
  ...V04,
  overflow: contextOverflow042x,
  reasoningBudgetMessage: true,
  defaultContext: 8192,
};

export const EVERY: readonly Profile[] = ['0.3', '0.4', '0.4.2x', 'bionic', 'openai-only'];
export const LM_STUDIO: readonly Profile[] = EVERY.filter((profile) => profile !== 'openai-only');
/** §0: REST v1 exists since 0.4.0. */
export const SINCE_04: readonly Profile[] = LM_STUDIO.filter((profile) => profile !== '0.3');

export const PROFILES: Readonly<Record<Profile, ProfileTraits>> = {
  '0.3': { ...V04, overflow: contextOverflow03, repeatsEmptyName: true },
  '0.4': V04,
  '0.4.2x': V042X,
  // INF: Bionic 1.1.6 is as new as 0.4.2x; only the listing, the engine and the missing TTL are known to differ.
  bionic: { ...V042X, v0LoadedContext: false, jitTtl: false },
  'openai-only': V04,
};
