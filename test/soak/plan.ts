/** What the requests of a soak are, drawn before anything is sent: the same seed gives the same list. */
import { FAULT_NAMES, type FaultName } from '../simulator/faults';
import type { Random } from './random';

/** How often each kind is drawn, relative to the others. */
const WEIGHTS = {
  list: 8,
  validation: 8,
  'chat, streamed': 24,
  'chat, whole': 12,
  'task with tools': 14,
  JSON: 5,
  completion: 8,
  response: 9,
  embeddings: 5,
  load: 9,
  unload: 7,
  restart: 2,
} as const;

export type Kind = keyof typeof WEIGHTS;
export const KINDS = Object.keys(WEIGHTS) as readonly Kind[];

/** When a request is cancelled: after so many turns of the event loop, or in a phase of its stream, whose turn is held. */
export type Cancel = number | 'processing-prompt' | 'generating';

export interface Plan {
  readonly kind: Kind;
  readonly model: string;
  readonly fault: FaultName | undefined;
  readonly cancel: Cancel | undefined;
}

export const EMBEDDING_MODEL = 'text-embedding-nomic-embed-text-v1.5';
/** Those that exist, one of them loaded, and one that does not. */
const MODELS = [
  'qwen/qwen3-8b',
  'qwen/qwen3-8b',
  'qwen/qwen3-8b',
  'openai/gpt-oss-20b',
  'mistralai/devstral-small-2507',
  'qwen/qwen3-9b',
] as const;
/** Kinds that tell their phases. */
const STREAMED: readonly Kind[] = ['chat, streamed', 'task with tools'];

export function drawPlans(count: number, random: Random): Plan[] {
  return Array.from({ length: count }, (_, index) => {
    // The first ones cover every kind, however few there are.
    const kind = KINDS[index] ?? drawKind(random);
    const model = kind === 'embeddings' && random.chance(0.8) ? EMBEDDING_MODEL : random.pick(MODELS);
    const fault = random.chance(0.6) ? FAULT_NAMES[random.below(FAULT_NAMES.length)] : undefined;
    return { kind, model, fault, cancel: random.chance(0.25) ? drawCancel(kind, random) : undefined };
  });
}

function drawKind(random: Random): Kind {
  const all = Object.values(WEIGHTS).reduce((sum, weight) => sum + weight, 0);
  let place = random.below(all);
  return KINDS.find((kind) => (place -= WEIGHTS[kind]) < 0) ?? 'list';
}

function drawCancel(kind: Kind, random: Random): Cancel {
  if (STREAMED.includes(kind) && random.chance(0.5)) return random.pick(['processing-prompt', 'generating']);
  return random.below(40);
}
