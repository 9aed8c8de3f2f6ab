/** What the texts behind the options mean. Each throws ConfigurationError `usage` that names its option. */
import { ConfigurationError } from '../base/errors';
import type { AttachedResource, ServerSelection } from '../tasks/types';

/** A prompt of an MCP server that becomes the task. */
export interface PromptChoice {
  readonly server: string;
  readonly name: string;
  readonly args: Readonly<Record<string, string>>;
}

/** Where the task comes from. */
export type TaskSource = { readonly text: string } | { readonly file: string } | { readonly prompt: PromptChoice };

export function journalFolder(text: string | undefined): string {
  if (!text) throw usage('Say where the journals are: --journal DIR.');
  return text;
}

export function taskSource(
  text: string | undefined,
  file: string | undefined,
  prompt: PromptChoice | undefined,
): TaskSource {
  if (text !== undefined && file !== undefined) throw usage('Give either --task or --task-file, not both.');
  if (prompt && (text !== undefined || file !== undefined)) throw usage('Give either --prompt or a task, not both.');
  if (prompt) return { prompt };
  if (file !== undefined) return { file };
  if (text === undefined) throw usage('Say what to do: --task TEXT or --task-file FILE.');
  if (text.trim() === '') throw usage('The task is empty.');
  return { text };
}

/** A server's name may hold anything but a slash at the place of the first one. */
export function promptChoice(text: string | undefined, pairs: readonly string[]): PromptChoice | undefined {
  if (text === undefined) {
    if (pairs.length > 0) throw usage('--prompt-arg needs --prompt.');
    return undefined;
  }
  const [server, name] = halves('--prompt', 'SERVER/NAME', '/', text);
  return {
    server,
    name,
    args: Object.fromEntries(pairs.map((pair) => halves('--prompt-arg', 'NAME=VALUE', '=', pair))),
  };
}

export function attachedResource(text: string): AttachedResource {
  const [server, uri] = halves('--resource', 'SERVER=URI', '=', text);
  return { server, uri };
}

function halves(option: string, form: string, separator: string, text: string): [string, string] {
  const at = text.indexOf(separator);
  if (at < 1 || at === text.length - 1) throw usage(`${option} takes ${form}, not "${text}".`);
  return [text.slice(0, at), text.slice(at + 1)];
}

export function serverSelection(names: readonly string[], all: boolean): ServerSelection {
  if (names.length > 0 && all) throw usage('Give either --mcp or --all-mcps, not both.');
  if (all) return { kind: 'all' };
  return names.length === 0 ? { kind: 'none' } : { kind: 'named', names: [...new Set(names)] };
}

/** The values stay out of the command line, where every process of the machine could read them. */
export function inputEnv(pairs: readonly string[] = []): ReadonlyMap<string, string> {
  return new Map(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      const [id, variable] = [pair.slice(0, at), pair.slice(at + 1)];
      if (at < 1 || !/^\w+$/.test(variable)) {
        throw usage(
          '--input-env takes ID=NAME: the id of an input, and the environment variable that holds its value.',
        );
      }
      return [id, variable];
    }),
  );
}

export function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || !Number.isSafeInteger(value))
    throw usage(`${option} takes a whole number from 1, not "${text}".`);
  return value;
}

export function milliseconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || !(value > 0)) throw usage(`--timeout takes a number of seconds, not "${text}".`);
  return value * 1000;
}

export function oneOf<T extends string>(option: string, choices: readonly T[], text: string): T {
  const choice = choices.find((known) => known === text);
  if (!choice) throw usage(`${option} takes ${choices.join(', ')}, not "${text}".`);
  return choice;
}

export function usage(message: string): ConfigurationError {
  return new ConfigurationError('usage', message, { hint: 'See lmstudio-bridge --help.' });
}
