/** The options that an extension gives with a request to a model. What comes in was written by others. */
import * as l10n from '@vscode/l10n';
import * as z from 'zod/v4';
import type { Answering } from '../../agent/types';
import { ConfigurationError } from '../../base/errors';

const tokens = z.int().positive().optional();
const share = z.number().min(0).max(1).optional();
/** Other options are for other models, and passed over. */
const shape = z.looseObject({
  temperature: z.number().min(0).max(2).optional(),
  top_p: share,
  topP: share,
  max_tokens: tokens,
  maxTokens: tokens,
  max_completion_tokens: tokens,
  stop: z.union([z.string(), z.array(z.string())]).optional(),
});

/** @throws ConfigurationError `usage` that names the option */
export function readModelOptions(raw: unknown): Answering {
  const parsed = shape.safeParse(raw ?? {});
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const reason = issue?.message ?? l10n.t('it is not valid');
    const message =
      issue?.path[0] === undefined
        ? l10n.t('The model options cannot be used: {0}.', reason)
        : l10n.t('The model option "{0}" cannot be used: {1}.', String(issue.path[0]), reason);
    throw new ConfigurationError('usage', message, { hint: l10n.t('Correct it where the request is made.') });
  }
  const { temperature, stop } = parsed.data;
  const topP = parsed.data.topP ?? parsed.data.top_p;
  const maxTokens = parsed.data.maxTokens ?? parsed.data.max_tokens ?? parsed.data.max_completion_tokens;
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(stop === undefined ? {} : { stop: [stop].flat() }),
  };
}
