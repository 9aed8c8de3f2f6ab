/** Bare HTTP against the simulator, without any code of ours in between. */
import type { Simulator } from '../simulator/server';

export const QWEN = 'qwen/qwen3-8b';
export const GPT = 'openai/gpt-oss-20b';
export const CODER = 'qwen/qwen3-coder-30b';

export const READ_TOOL = {
  type: 'function',
  function: { name: 'read_file', description: 'Reads', parameters: { type: 'object', properties: {} } },
};

/** Any JSON object. Read with `at`. */
export interface Json {
  readonly [key: string]: Json;
}

/**
 * All answers of a simulator. Node cancels a body that nobody holds any more whenever it collects garbage: a test that
 * only wants a request to be under way would lose its client by chance.
 */
const held = new WeakMap<Simulator, Response[]>();

export async function post(simulator: Simulator, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const response = await fetch(simulator.url + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
  held.set(simulator, [...(held.get(simulator) ?? []), response]);
  return response;
}

/** A streaming chat request that offers one tool. */
export const CHAT = {
  model: QWEN,
  messages: [{ role: 'user', content: 'Hi' }],
  tools: [READ_TOOL],
  stream: true,
  stream_options: { include_usage: true },
};

export function chat(simulator: Simulator, extra: object = {}, signal?: AbortSignal): Promise<Response> {
  return post(simulator, '/v1/chat/completions', { ...CHAT, ...extra }, signal);
}

export async function getJson(simulator: Simulator, path: string): Promise<Json> {
  return (await (await fetch(simulator.url + path)).json()) as Json;
}

/** The value at a path of keys and indices; undefined where there is none. */
export function at(json: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string | number, unknown> | undefined)?.[key], json);
}

/** The same where it is a text; else the empty one. */
export function textAt(json: unknown, ...path: (string | number)[]): string {
  const value = at(json, ...path);
  return typeof value === 'string' ? value : '';
}
