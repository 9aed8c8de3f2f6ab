/**
 * What `lms ps --json` adds to the server's lists: who is busy, and when an idle copy goes (reference 4). The command can
 * wake LM Studio, so it is asked only when a person wants that; here is only the reading of its answer.
 */
import * as z from 'zod/v4';
import { parseJson } from '../../base/json';
import type { InstanceWork, Model, ModelInstance } from './model';

export interface PsRecord {
  /** Id of the copy in memory. */
  readonly identifier: string;
  /** Key of its model. */
  readonly modelKey: string;
  readonly contextLength: number | null;
  /** Milliseconds; null: stays until it is unloaded. Undefined: not stated. */
  readonly ttlMs: number | null | undefined;
  /** Milliseconds since 1970; absent: not stated, or not used yet. */
  readonly lastUsedAt?: number;
  /** Undefined: not stated, or a word that we do not know. Stated since 0.3.27. */
  readonly work: InstanceWork | undefined;
}

const WORK = new Map<string, InstanceWork>([
  ['idle', 'idle'],
  ['processingPrompt', 'processing-prompt'],
  ['generating', 'generating'],
  // Reference 2.8: an embedding model at work.
  ['computingEmbedding', 'generating'],
]);

const psRecord = z.looseObject({
  identifier: z.string().min(1),
  modelKey: z.string().min(1),
  contextLength: z.number().positive().nullish().catch(null),
  ttlMs: z.number().nonnegative().nullish().catch(undefined),
  lastUsedTime: z.number().positive().nullish().catch(null),
  status: z.string().nullish().catch(null),
});

/** The records in the command's output, odd ones left out; undefined where it is no list. */
export function parsePs(output: string): readonly PsRecord[] | undefined {
  const json = parseJson(output);
  if (!json.ok || !Array.isArray(json.value)) return undefined;
  return json.value.flatMap((entry) => {
    const { data } = psRecord.safeParse(entry);
    if (!data) return [];
    const { identifier, modelKey, contextLength = null, ttlMs, status } = data;
    const used = typeof data.lastUsedTime === 'number' ? { lastUsedAt: data.lastUsedTime } : {};
    return [{ identifier, modelKey, contextLength, ttlMs, ...used, work: WORK.get(status ?? '') }];
  });
}

/**
 * The models with what the records add. Which copies exist is for the server's list to say, where it says it: a copy
 * that only one of the two knows has come or gone between them. Pure; a model that no record concerns stays the same object.
 */
export function applyPs(models: readonly Model[], records: readonly PsRecord[]): readonly Model[] {
  const byId = new Map(records.map((record) => [record.identifier, record]));
  return models.map((model) => {
    if (!model.instances) {
      const copies = records.filter(({ modelKey }) => modelKey === model.key);
      return copies.length > 0 ? { ...model, instances: copies.map(toInstance) } : model;
    }
    if (!model.instances.some(({ id }) => byId.has(id))) return model;
    return {
      ...model,
      instances: model.instances.map((instance) => {
        const record = byId.get(instance.id);
        return record
          ? { ...toInstance(record), contextLength: instance.contextLength ?? record.contextLength }
          : instance;
      }),
    };
  });
}

function toInstance({ identifier, contextLength, ttlMs, lastUsedAt, work }: PsRecord): ModelInstance {
  return {
    id: identifier,
    contextLength,
    ...(ttlMs === undefined ? {} : { ttlMs }),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
    ...(work === undefined ? {} : { work }),
  };
}
