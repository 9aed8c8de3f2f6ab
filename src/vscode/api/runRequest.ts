/** What other extensions hand in: checked, because nothing else has. Loaded at first use: zod is heavy. */
import * as z from 'zod/v4';
import { ConfigurationError } from '../../base/errors';
import { lowerLimits } from '../../tasks/lowerLimits';
import type { TaskRequest } from '../../tasks/types';
import type { RunDefaults } from '../tasks/runArguments';

const text = z
  .string({ error: 'must be a text' })
  .refine((value) => value.trim() !== '', { error: 'must not be empty' });

const count = z
  .int({ error: 'must be a whole number of at least 1' })
  .min(1, { error: 'must be a whole number of at least 1' });

const requestSchema = z.strictObject(
  {
    task: text,
    servers: z
      .union([z.literal('all'), z.array(text)], { error: 'must be "all" or a list of names of MCP servers' })
      .optional(),
    model: text.optional(),
    maxRounds: count.optional(),
    maxTokens: count.optional(),
    timeoutSeconds: z
      .number({ error: 'must be a number above 0' })
      .positive({ error: 'must be a number above 0' })
      .optional(),
  },
  {
    error: ({ code, keys }) =>
      code === 'unrecognized_keys' ? `has the unknown field ${String(keys)}` : 'must be an object with the field task',
  },
);

const functionSchema = z.custom<() => void>((value) => typeof value === 'function', { error: 'must be a function' });

const optionsSchema = z
  .looseObject(
    {
      onEvent: functionSchema.optional(),
      signal: z.instanceof(AbortSignal, { error: 'must be an AbortSignal' }).optional(),
      token: z
        .looseObject(
          { isCancellationRequested: z.boolean(), onCancellationRequested: functionSchema },
          { error: 'must be a CancellationToken' },
        )
        .optional(),
    },
    { error: 'must be an object' },
  )
  .optional();

/**
 * The request with what it leaves open taken from the person's settings. A limit of the caller counts where it is lower.
 *
 * @throws ConfigurationError `usage` that names the field and what it must be
 */
export function parseRunRequest(raw: unknown, defaults: () => RunDefaults): TaskRequest {
  const { task, servers = [], model, maxRounds, maxTokens, timeoutSeconds } = checked(requestSchema, raw, 'request');
  const person = defaults();
  return {
    task,
    servers: toSelection(servers),
    model: model ?? person.model,
    toolCalls: person.toolCalls,
    ...lowerLimits(
      { maxRounds, maxTokens, timeoutMs: timeoutSeconds === undefined ? undefined : timeoutSeconds * 1000 },
      person,
    ),
  };
}

/** @throws ConfigurationError `usage` */
export function checkRunOptions(raw: unknown): void {
  checked(optionsSchema, raw, 'options');
}

function toSelection(servers: 'all' | readonly string[]): TaskRequest['servers'] {
  if (servers === 'all') return { kind: 'all' };
  return servers.length === 0 ? { kind: 'none' } : { kind: 'named', names: servers };
}

function checked<T>(schema: z.ZodType<T>, raw: unknown, what: string): T {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = [what, ...(issue?.path ?? [])].map(String).join('.');
  throw new ConfigurationError('usage', `${field} ${issue?.message ?? 'is wrong'}.`, {
    hint: 'The interface is described in docs/api.md of LM Studio Bridge.',
  });
}
