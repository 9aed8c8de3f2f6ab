/** What a load can be asked for, in the endpoint's words and in a person's (reference 2.3). */
import * as l10n from '@vscode/l10n';
import { countText } from '../../base/numberText';
import { isJsonObject, type JsonObject } from '../../base/json';

/** The server's own defaults hold for whatever is left out. */
export interface LoadOptions {
  /** Tokens. */
  readonly contextLength?: number | undefined;
  readonly flashAttention?: boolean | undefined;
  /** Tokens of a prompt that are read at once. */
  readonly evalBatchSize?: number | undefined;
  readonly offloadKvCacheToGpu?: boolean | undefined;
  /** Of a mixture-of-experts model: how many work on each token. */
  readonly numExperts?: number | undefined;
}

interface Field {
  readonly key: keyof LoadOptions;
  readonly wire: string;
  readonly words: string;
}

const FIELDS: readonly Field[] = [
  { key: 'contextLength', wire: 'context_length', words: l10n.t('context length') },
  { key: 'flashAttention', wire: 'flash_attention', words: l10n.t('flash attention') },
  { key: 'evalBatchSize', wire: 'eval_batch_size', words: l10n.t('evaluation batch size') },
  { key: 'offloadKvCacheToGpu', wire: 'offload_kv_cache_to_gpu', words: l10n.t('KV cache on the GPU') },
  { key: 'numExperts', wire: 'num_experts', words: l10n.t('number of experts') },
];

/** The body of a load; with `echo_load_config`, or the server would not say what it applied. */
export function loadRequest(key: string, options: LoadOptions): JsonObject {
  const wanted = FIELDS.flatMap(({ key: name, wire }) => {
    const value = options[name];
    return value === undefined ? [] : [[wire, value] as const];
  });
  return { model: key, echo_load_config: true, ...Object.fromEntries(wanted) };
}

/** What a `load_config` says; empty where it says nothing. MLX models have their context length only (reference 2.2). */
export function readLoadConfig(config: unknown): LoadOptions {
  if (!isJsonObject(config)) return {};
  const read = FIELDS.flatMap(({ key, wire }) => {
    const value = config[wire];
    const isKnown = key === 'flashAttention' || key === 'offloadKvCacheToGpu' ? 'boolean' : 'number';
    return typeof value === isKnown ? [[key, value] as const] : [];
  });
  return Object.fromEntries(read);
}

/**
 * Where a load turned out other than asked, as a part of a sentence: "asked for a context length of 32,768, loaded with
 * 4,096". Undefined where everything is as asked. What the server does not tell is said to be unknown.
 */
export function describeDifference(asked: LoadOptions, applied: LoadOptions): string | undefined {
  const wanted = FIELDS.filter(({ key }) => asked[key] !== undefined);
  const other = wanted.filter(({ key }) => applied[key] !== undefined && applied[key] !== asked[key]);
  const untold = wanted.filter(({ key }) => applied[key] === undefined);
  const parts = [
    ...other.map((field) => describeField(field, asked, applied)),
    ...(untold.length > 0
      ? [l10n.t('LM Studio does not say what became of: {0}', untold.map(wordsOf).join(', '))]
      : []),
  ];
  return parts.length > 0 ? parts.join('; ') : undefined;
}

function describeField({ key, words }: Field, asked: LoadOptions, applied: LoadOptions): string {
  const [wanted, got] = [asked[key], applied[key]];
  if (typeof wanted === 'number' && typeof got === 'number') {
    return l10n.t('asked for a {0} of {1}, loaded with {2}', words, countText(wanted), countText(got));
  }
  return l10n.t('asked for {0} {1}, loaded with it {2}', words, onOff(wanted), onOff(got));
}

const wordsOf = ({ words }: Field): string => words;
const onOff = (value: unknown): string => (value === true ? l10n.t('on') : l10n.t('off'));
