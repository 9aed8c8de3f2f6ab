/** What the endpoints beside the models and chat completions keep while the server runs, and their options. */
import type { InputPart } from './apiV1ChatRequest';
import { Conversations } from './conversations';
import { Downloads, type DownloadOffer } from './downloads';
import type { ModelHost } from './modelHost';

export interface MoreOptions {
  /** `/v1/responses` is there (§0: since 0.3.29). Default true; never in the profile `0.3`. */
  readonly responses?: boolean;
  /** §2.6 REC: what `/api/v1/chat` calls an input item of text, which differs between builds. Default `text`. */
  readonly nativeInputPart?: InputPart;
  /** What can be downloaded. Default nothing. */
  readonly downloads?: readonly DownloadOffer[];
  /** Milliseconds since 1970, for downloads. Default the real time. */
  readonly now?: () => number;
}

export interface MoreEndpoints {
  readonly responses: boolean;
  readonly inputPart: InputPart;
  readonly conversations: Conversations;
  readonly downloads: Downloads;
}

export function moreEndpoints(options: MoreOptions, host: ModelHost): MoreEndpoints {
  return {
    responses: options.responses ?? true,
    inputPart: options.nativeInputPart ?? 'text',
    conversations: new Conversations(),
    downloads: new Downloads(host, { offers: options.downloads ?? [], now: options.now ?? Date.now }),
  };
}
