/** What every account of a run says in the same words: its tools, its context, its times. Pure. */
import * as l10n from '@vscode/l10n';
import { countText, decimalText } from '../base/numberText';
import type { ContextSource } from '../agent/types';
import type { TaskEvent } from './types';

/** Less says more about the connection than about the model. */
const MIN_PACE_TOKENS = 8;
const MIN_PACE_MS = 100;

export type ContextUse = Pick<Extract<TaskEvent, { type: 'context' }>, 'usedTokens' | 'limit' | 'source'>;

export function shareOf({ usedTokens, limit }: ContextUse): number {
  return usedTokens / limit;
}

/** Rounded down: 100 % is nothing less. */
export function percent(share: number): string {
  return `${String(Math.floor(share * 100))} %`;
}

export function toolLines(event: Extract<TaskEvent, { type: 'tools' }>): readonly string[] {
  const { servers, offered } = event;
  const all = servers.reduce((sum, server) => sum + server.tools, 0);
  const isWhole = offered === all;
  const head = isWhole
    ? l10n.t('Tools: about {0} tokens in every request', countText(event.tokens))
    : l10n.t(
        'Tools: {0} of {1} offered, about {2} tokens in every request instead of {3}',
        offered,
        all,
        countText(event.offeredTokens),
        countText(event.tokens),
      );
  if (isWhole && servers.length === 1) return [head];
  return [
    head,
    ...servers.map((server) => {
      const share = isWhole ? '' : l10n.t(', {0} offered', server.offered);
      return l10n.t(
        '  {0}: {1}, about {2} tokens{3}',
        server.server,
        countOf(server.tools),
        countText(server.tokens),
        share,
      );
    }),
  ];
}

/** What is known of a run's effort, and its last event does not say. */
export interface Measures {
  /** How fast the answers were written, their waits apart. Null where too little was written to tell. */
  readonly tokensPerSecond: number | null;
  /** The context when it was fullest; null where nobody said. */
  readonly fullest: ContextUse | null;
}

/** Measures a run by its events. */
export class RunMeasures implements Measures {
  #since: number | undefined;
  #ms = 0;
  #tokens = 0;
  #fullest: ContextUse | null = null;

  add(event: TaskEvent): void {
    if (event.type === 'context') {
      const { usedTokens, limit, source } = event;
      const isLess = this.#fullest !== null && shareOf(event) < shareOf(this.#fullest);
      if (!isLess) this.#fullest = { usedTokens, limit, source };
    }
    if (event.type === 'phase') this.#since = event.phase === 'generating' ? event.at : undefined;
    if (event.type !== 'usage' || this.#since === undefined) return;
    if (event.completionTokens !== null) {
      this.#ms += event.at - this.#since;
      this.#tokens += event.completionTokens;
    }
    this.#since = undefined;
  }

  get tokensPerSecond(): number | null {
    return this.#tokens < MIN_PACE_TOKENS || this.#ms < MIN_PACE_MS ? null : (this.#tokens / this.#ms) * 1000;
  }

  get fullest(): ContextUse | null {
    return this.#fullest;
  }
}

export function contextWords(source: ContextSource | null): string {
  switch (source) {
    case 'loaded-instance':
      return l10n.t('as loaded');
    case 'model-maximum':
      return l10n.t("the model's maximum; what it is loaded with is not known");
    case 'server-error':
      return l10n.t("from the server's error");
    default:
      return l10n.t('assumed');
  }
}

export function duration(ms: number): string {
  return ms < 1000 ? l10n.t('{0} ms', Math.round(ms)) : l10n.t('{0} s', decimalText(ms / 1000, ms < 10_000 ? 1 : 0));
}

export function countOf(tools: number): string {
  return tools === 1 ? l10n.t('1 tool') : l10n.t('{0} tools', tools);
}

/** The first `end` characters, without half of one that takes two. */
export function wholeHead(text: string, end: number): string {
  const isCut = /^[\udc00-\udfff]/.test(text.slice(end)) && end > 0;
  return text.slice(0, isCut ? end - 1 : end);
}

/** `at`: milliseconds since 1970. */
export function utcTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
