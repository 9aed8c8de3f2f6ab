/** How near tools are to a task in meaning, by a model for embeddings that is in memory anyway. */
import { createHash } from 'node:crypto';
import { toolText } from '../agent/toolIndex';
import type { Tool } from '../agent/types';
import { abortReason, deadline } from '../base/abort';
import { BridgeError } from '../base/errors';
import { canonicalJson } from '../base/json';
import type { Model } from '../llm/lmstudio/model';
import { embed } from '../llm/wire/requests';
import type { Wire } from '../llm/wire/transport';
import type { ModelLanes } from './modelLanes';
import type { VectorCache } from './vectorCache';

/** What a door lends to its tasks for this. */
export interface ToolMeaning {
  /** What the server listed last. */
  readonly models: () => readonly Model[];
  /** One for all tasks of a door. */
  readonly vectors: VectorCache;
}

/** So long a task waits for meaning, in milliseconds; words are good enough after that. */
const MAX_WAIT_MS = 3_000;
/** Of a tool or a task; models for embeddings read 512 to 8,192 tokens, and the beginning says what it is about. */
const MAX_CHARS = 1_000;

/** The copy in memory of a model for embeddings; nothing is ever loaded for this. */
export function embeddingInMemory(models: readonly Model[]): string | undefined {
  return models.find(({ kind, instances }) => kind === 'embedding' && (instances ?? []).length > 0)?.instances?.[0]?.id;
}

/**
 * How near each tool is to the task, −1 to 1; undefined where no model for it is in memory, or it fails or takes longer
 * than three seconds. One request at most, with the tools that are not known from before; it waits for its turn at the
 * server like every other.
 *
 * @throws only the signal's reason
 */
export async function nearnessToTask(
  task: string,
  tools: readonly Tool[],
  { models, vectors }: ToolMeaning,
  wire: Wire,
  lanes: ModelLanes,
  signal: AbortSignal,
): Promise<readonly number[] | undefined> {
  const model = embeddingInMemory(models());
  if (model === undefined) return undefined;
  const keys = tools.map((tool) => keyOf(model, tool));
  const unknown = tools.filter((_, index) => !vectors.get(keys[index] ?? ''));
  const limit = deadline(signal, MAX_WAIT_MS, wire.clock, () => new BridgeError('server-timeout', 'Too slow.'));
  try {
    const lane = await lanes.enter(wire.address.root, limit.signal);
    const texts = [task, ...unknown.map(toolText)].map((text) => text.slice(0, MAX_CHARS));
    const answer = await embed(wire, model, texts, limit.signal).finally(() => {
      lane.dispose();
    });
    const [wanted, ...made] = answer.vectors.map(toUnitVector);
    const known = new Map(keys.map((key) => [key, vectors.get(key)]));
    unknown.forEach((tool, index) => {
      const vector = made[index];
      if (vector) known.set(keyOf(model, tool), vector);
    });
    for (const [key, vector] of known) if (vector) vectors.set(key, vector);
    return wanted && keys.map((key) => product(wanted, known.get(key)));
  } catch {
    if (signal.aborted) throw abortReason(signal);
    return undefined;
  } finally {
    limit.dispose();
  }
}

function keyOf(model: string, { definition, name }: Tool): string {
  const { description, inputSchema } = definition;
  return createHash('sha256').update(canonicalJson({ model, name, description, inputSchema })).digest('hex');
}

function toUnitVector(values: readonly number[]): Float32Array {
  const length = Math.hypot(...values) || 1;
  return Float32Array.from(values, (value) => value / length);
}

/** 0 where the model has given vectors of another size since. */
function product(a: Float32Array, b: Float32Array | undefined): number {
  if (a.length !== b?.length) return 0;
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}
