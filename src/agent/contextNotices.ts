/** What people are told of a conversation that is too long for the model. All numbers are tokens. */
import * as l10n from '@vscode/l10n';
import type { CompactionStage } from './compaction';

export function compactionNotice(stage: CompactionStage, before: number, after: number, limit: number): string {
  switch (stage) {
    case 'old-results':
      return l10n.t(
        "The conversation became too long for the model's context: old tool results were left out (about {0} → {1} of {2} tokens).",
        before,
        after,
        limit,
      );
    case 'old-rounds':
      return l10n.t(
        "The conversation became too long for the model's context: old rounds were summarised (about {0} → {1} of {2} tokens).",
        before,
        after,
        limit,
      );
    case 'fresh-start':
      return l10n.t(
        "The conversation became too long for the model's context: everything before the last round was summarised (about {0} → {1} of {2} tokens).",
        before,
        after,
        limit,
      );
  }
}

/** `read`: what the server counted; `sent`: an estimate. */
export function rolledNotice(read: number, sent: number): string {
  return l10n.t(
    'The server read only {0} of about {1} tokens: it left out part of the conversation, because its context is full.',
    read,
    sent,
  );
}

/** `needed` is an estimate, which can be too low. */
export function overflowText(limit: number, needed: number, ofTools: number): string {
  const isKnown = needed > limit;
  if (isKnown && ofTools > 0) {
    return l10n.t(
      "The task does not fit into the model's context of {0} tokens: even its shortest form needs about {1}, of which the tools take about {2}.",
      limit,
      needed,
      ofTools,
    );
  }
  if (isKnown) {
    return l10n.t(
      "The task does not fit into the model's context of {0} tokens: even its shortest form needs about {1}.",
      limit,
      needed,
    );
  }
  return ofTools > 0
    ? l10n.t(
        "The task does not fit into the model's context of {0} tokens: even its shortest form needs more, of which the tools take about {1}.",
        limit,
        ofTools,
      )
    : l10n.t("The task does not fit into the model's context of {0} tokens: even its shortest form needs more.", limit);
}

export function overflowHint(): string {
  return l10n.t('Reload the model with a larger context, or give it fewer tools and less to read.');
}
