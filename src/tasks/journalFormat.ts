/**
 * The lines of a journal, one JSON object each. The first is the header; what a later version writes under another
 * `format` is not read. Unknown fields are kept and ignored.
 */
import * as z from 'zod/v4';
import type { JournalEntry, Message, Usage } from '../agent/types';
import { ERROR_CODES } from '../base/errors';
import type { JsonObject } from '../base/json';
import { TOOL_CALL_MODES } from '../llm/toolCallMode';
import { APPROVAL_POLICIES } from '../policy/approvalPolicy';
import type { TaskRequest } from './types';

export const JOURNAL_FORMAT = 1;

const tokens = z.number().nullable();
const usageFields = { promptTokens: tokens, completionTokens: tokens, reasoningTokens: tokens };
const usage: z.ZodType<Usage> = z.object(usageFields);
/** `code` is any text: a later version may have more of them. What is optional, journals of older versions do not have. */
const outcome = z.object({
  code: z.string().nullable(),
  durationMs: z.number(),
  truncated: z.boolean().optional(),
});
const json = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>;
/** Of a call: see `MeantCall`. */
const meant = z.object({ server: z.string().nullable(), tool: z.string(), arguments: json.optional() });
const images = z.array(z.string()).optional();

const message = z.discriminatedUnion('role', [
  z.looseObject({ role: z.literal('system'), content: z.string() }),
  z.looseObject({ role: z.literal('user'), content: z.string(), images }),
  z.looseObject({
    role: z.literal('assistant'),
    content: z.string(),
    toolCalls: z.array(z.object({ id: z.string(), name: z.string(), arguments: z.string() })),
  }),
  z.looseObject({ role: z.literal('tool'), toolCallId: z.string(), content: z.string(), images }),
]) as unknown as z.ZodType<Message>;

const servers = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('named'), names: z.array(z.string()) }),
  z.object({ kind: z.literal('all') }),
]);

const request = z
  .object({
    task: z.string(),
    model: z.string().optional(),
    servers,
    maxRounds: z.number(),
    maxTokens: z.number().optional(),
    timeoutMs: z.number().optional(),
    tools: z.array(z.string()).optional(),
    toolCalls: z.enum(TOOL_CALL_MODES).optional(),
    resources: z.array(z.object({ server: z.string(), uri: z.string() })).optional(),
    texts: z.array(z.object({ label: z.string(), text: z.string() })).optional(),
    approval: z.enum(APPROVAL_POLICIES).optional(),
  })
  .transform((read): TaskRequest => ({
    ...read,
    model: read.model,
    maxTokens: read.maxTokens,
    timeoutMs: read.timeoutMs,
    toolCalls: read.toolCalls,
    tools: read.tools,
  }));

const contextSource = z.enum(['loaded-instance', 'model-maximum', 'server-error', 'assumed']);

/** Milliseconds since 1970. */
const at = z.number();

const header = z.object({
  type: z.literal('run'),
  format: z.literal(JOURNAL_FORMAT),
  at,
  runId: z.string(),
  /** Of this product. */
  version: z.string(),
  request,
  workspaces: z.array(z.string()),
  /** Absolute paths of the MCP configuration files that were named; null: those of the workspaces. */
  mcpConfig: z.array(z.string()).nullable(),
});

const line = z.discriminatedUnion('type', [
  /** The model and the servers were ready. `model` is what requests name, `modelKey` what it is called on the disk. */
  z.object({
    type: z.literal('started'),
    at,
    model: z.string(),
    modelKey: z.string(),
    servers: z.array(z.string()),
    toolCount: z.number(),
    toolTokens: z.number(),
    contextLength: z.number().nullable(),
    contextSource: contextSource.nullable(),
  }),
  /** The run was taken up again, with these limits. */
  z.object({ type: z.literal('resumed'), at, version: z.string(), request }),
  /** `redactedCalls`: ids of calls whose arguments are not here as they were, because they held a secret. */
  z.object({
    type: z.literal('message'),
    at,
    message,
    redactedCalls: z.array(z.string()).optional(),
    /** Which tools the calls in the message mean, in their order. */
    meant: z.array(meant).optional(),
    /** Of the call whose result the message is. */
    outcome: outcome.optional(),
  }),
  z.object({
    type: z.literal('conversation'),
    at,
    messages: z.array(message),
    redactedCalls: z.array(z.string()).optional(),
  }),
  z.object({
    type: z.literal('call'),
    at,
    id: z.string(),
    server: z.string(),
    tool: z.string(),
    arguments: json,
    readOnly: z.boolean(),
  }),
  z.object({ type: z.literal('usage'), at, round: z.number(), ...usageFields }),
  // Journals of older versions have none of the next six.
  z.object({ type: z.literal('round'), at, round: z.number() }),
  /** `at` is when it ended. */
  z.object({ type: z.literal('reasoning'), at, text: z.string(), durationMs: z.number() }),
  z.object({
    type: z.literal('approval'),
    at,
    id: z.string(),
    decision: z.enum(['approved', 'denied']),
    reason: z.string(),
  }),
  z.object({
    type: z.literal('retry'),
    at,
    code: z.enum(ERROR_CODES),
    attempt: z.number(),
    delayMs: z.number(),
  }),
  z.object({ type: z.literal('warning'), at, code: z.string(), message: z.string() }),
  z.object({
    type: z.literal('error'),
    at,
    code: z.enum(ERROR_CODES),
    message: z.string(),
    hint: z.string().nullable(),
  }),
  z.object({
    type: z.literal('end'),
    at,
    status: z.enum(['completed', 'failed', 'limit', 'cancelled']),
    code: z.enum(ERROR_CODES).nullable(),
    rounds: z.number(),
    usage,
    recoveredCalls: z.number(),
    durationMs: z.number(),
    compactions: z.number(),
    prefixShare: z.number().nullable(),
    /** Of the answers; null where too little was written to tell. Older journals have neither this nor `fullest`. */
    tokensPerSecond: z.number().nullable().optional(),
    /** The context when it was fullest; null where nobody said. */
    fullest: z.object({ usedTokens: z.number(), limit: z.number(), source: contextSource }).nullable().optional(),
  }),
]);

export const headerSchema = header;
export const lineSchema = line;
/** Enough of any version's header to say which it is. */
export const anyHeaderSchema = z.object({ type: z.literal('run'), format: z.number(), version: z.string() });

export type JournalHeader = z.infer<typeof header>;
export type JournalLine = z.infer<typeof line>;
export type JournalEnd = Extract<JournalLine, { type: 'end' }>;

/** How a call went, as far as the journal says it. */
export type JournalOutcome = z.infer<typeof outcome>;

type NewsOf<T extends JournalLine['type']> = T extends unknown ? Omit<Extract<JournalLine, { type: T }>, 'at'> : never;

/** What a run tells beside its conversation. Nothing of it is needed to take the run up again. */
export type ToldNews = NewsOf<'round' | 'reasoning' | 'approval' | 'retry' | 'warning' | 'error'>;

/** A line before it has its time. */
export type JournalNews = JournalEntry | NewsOf<'started' | 'resumed' | 'end'> | ToldNews;

/** A run that came to its own end: there is nothing to take up again. A run that failed or was stopped can go on. */
export function isOver(end: Pick<JournalEnd, 'status' | 'code'>): boolean {
  return end.status === 'completed' || (end.status === 'limit' && end.code !== 'limit-time');
}
