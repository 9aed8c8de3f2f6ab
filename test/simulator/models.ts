/** The models that a simulated LM Studio has on its disk. */
import type { LoadFault } from './failures';
import type { ReasoningField } from './turn';

export interface ModelSpec {
  readonly type: 'llm' | 'embedding';
  readonly key: string;
  readonly displayName: string;
  readonly architecture: string;
  /** `splash`: the extra engine of Bionic (§0). */
  readonly format: 'gguf' | 'mlx' | 'splash';
  readonly quantization: { readonly name: string; readonly bits: number } | null;
  readonly sizeBytes: number;
  readonly params: string | null;
  readonly maxContextLength: number;
  /** The model's own setting: context when a load names none. Default: LM Studio's, by version (§2.9). */
  readonly defaultContextLength?: number;
  readonly vision?: boolean;
  readonly toolUse?: boolean;
  readonly reasoning?: { readonly options: readonly string[]; readonly default: string };
  readonly reasoningField?: ReasoningField;
  readonly variants?: readonly string[];
  readonly numExperts?: number;
  /** In memory (manual lane) when the server starts, with this context. */
  readonly loadedContext?: number;
  /** Every load of it fails like this. */
  readonly loadFault?: LoadFault;
}

const GB = 1_000_000_000;
const Q4 = { name: 'Q4_K_M', bits: 4 } as const;

const EMBEDDING: ModelSpec = {
  type: 'embedding',
  key: 'text-embedding-nomic-embed-text-v1.5',
  displayName: 'Nomic Embed Text v1.5',
  architecture: 'nomic-bert',
  format: 'gguf',
  quantization: Q4,
  sizeBytes: 84_106_624,
  params: null,
  maxContextLength: 2048,
};

/** The default catalogue, for tests: one loaded model that can use tools, and one of each other kind. */
export function sampleModels(): ModelSpec[] {
  return [
    {
      type: 'llm',
      key: 'qwen/qwen3-8b',
      displayName: 'Qwen3 8B',
      architecture: 'qwen3',
      format: 'gguf',
      quantization: Q4,
      sizeBytes: 5_027_783_488,
      params: '8B',
      maxContextLength: 40_960,
      toolUse: true,
      reasoning: { options: ['off', 'on'], default: 'on' },
      variants: ['qwen/qwen3-8b@q4_k_m'],
      loadedContext: 32_768,
    },
    {
      type: 'llm',
      key: 'qwen/qwen3-coder-30b',
      displayName: 'Qwen3 Coder 30B',
      architecture: 'qwen3moe',
      format: 'gguf',
      quantization: Q4,
      sizeBytes: 18_556_686_912,
      params: '30B-A3B',
      maxContextLength: 262_144,
      toolUse: true,
      numExperts: 8,
    },
    {
      type: 'llm',
      key: 'google/gemma-3-12b',
      displayName: 'Gemma 3 12B',
      architecture: 'gemma3',
      format: 'gguf',
      quantization: { name: 'Q4_0', bits: 4 },
      sizeBytes: 8.07 * GB,
      params: '12B',
      maxContextLength: 131_072,
      vision: true,
    },
    {
      type: 'llm',
      key: 'openai/gpt-oss-20b',
      displayName: 'GPT-OSS 20B',
      architecture: 'gpt-oss',
      format: 'gguf',
      quantization: { name: 'MXFP4', bits: 4 },
      sizeBytes: 12.11 * GB,
      params: '20B',
      maxContextLength: 131_072,
      toolUse: true,
      numExperts: 4,
      reasoning: { options: ['low', 'medium', 'high'], default: 'medium' },
      reasoningField: 'reasoning',
    },
    {
      type: 'llm',
      key: 'mistralai/devstral-small-2507',
      displayName: 'Devstral Small 2507',
      architecture: 'mistral',
      format: 'mlx',
      quantization: { name: '4bit', bits: 4 },
      sizeBytes: 13.28 * GB,
      params: '24B',
      maxContextLength: 131_072,
      toolUse: true,
    },
    EMBEDDING,
  ];
}

/** The same on Bionic, which has one more engine (§0, §2.7). */
export function bionicModels(): ModelSpec[] {
  const splash: ModelSpec = {
    type: 'llm',
    key: 'lmstudio-community/qwen3-4b-splash',
    displayName: 'Qwen3 4B (Splash)',
    architecture: 'qwen3',
    format: 'splash',
    quantization: { name: '4bit', bits: 4 },
    sizeBytes: 2.3 * GB,
    params: '4B',
    maxContextLength: 32_768,
    toolUse: true,
  };
  return [...sampleModels(), splash];
}

/** The catalogue of the demo: nobody may take its planner for a language model. */
export function demoModels(): ModelSpec[] {
  return [
    {
      type: 'llm',
      key: 'lmstudio-bridge/demo-planner',
      displayName: 'Demo planner (no LLM)',
      architecture: 'rules',
      format: 'gguf',
      quantization: null,
      sizeBytes: 0,
      params: null,
      maxContextLength: 32_768,
      toolUse: true,
      loadedContext: 32_768,
    },
    demoSample('sample/small-chat-4b', 'Sample: small chat 4B', '4B', 2.5 * GB, 32_768),
    demoSample('sample/coder-14b', 'Sample: coder 14B', '14B', 9 * GB, 131_072),
    {
      ...demoSample('sample/vision-12b', 'Sample: vision 12B', '12B', 8.1 * GB, 131_072),
      vision: true,
      toolUse: false,
    },
    { ...EMBEDDING, key: 'text-embedding-sample', displayName: 'Sample: text embedding' },
  ];
}

function demoSample(key: string, displayName: string, params: string, sizeBytes: number, context: number): ModelSpec {
  return {
    type: 'llm',
    key,
    displayName,
    architecture: 'rules',
    format: 'gguf',
    quantization: Q4,
    sizeBytes,
    params,
    maxContextLength: context,
    defaultContextLength: 8192,
    toolUse: true,
  };
}
