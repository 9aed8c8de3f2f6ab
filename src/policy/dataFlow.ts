/**
 * Whether a run could give private data away: it has read something private, it has read what a stranger wrote (who
 * could have told the model what to do), and now wants to send something out. No two of these are a danger; all three
 * are. Pure. Where a server says nothing about a tool, or nobody trusts what it says, the more careful reading counts.
 */
import * as l10n from '@vscode/l10n';
import type { Tool } from '../agent/types';
import type { JsonObject, JsonValue } from '../base/json';
import { visibleText } from '../base/visibleText';

/** What is known of a server without asking it. */
export interface FlowServer {
  /** It is reached over the network, not on this computer. */
  readonly isRemote: boolean;
  /** It was given credentials, so that it can reach what is not public. */
  readonly hasCredentials: boolean;
  /** The person believes what it says of its tools. */
  readonly isTrusted: boolean;
}

/** What a call may do, as far as data go. */
export interface FlowEffects {
  readonly readsPrivate: boolean;
  readonly readsForeign: boolean;
  readonly sends: boolean;
}

/** What a run has read so far: the tools, as `server/tool`, each once. */
export interface FlowState {
  readonly privateReads: readonly string[];
  readonly foreignReads: readonly string[];
}

export const NOTHING_READ: FlowState = { privateReads: [], foreignReads: [] };

/** A run that goes on after an interruption: what it read before is not known any more. */
export const READ_BEFORE: FlowState = {
  privateReads: ['tools before the interruption'],
  foreignReads: ['tools before the interruption'],
};

/** Words of tools that reach out of this computer. */
const OPEN_WORDS =
  /\b(?:urls?|https?|web|websites?|internet|online|fetch|browsers?|browse|navigate|scrape|crawl|downloads?|uploads?|emails?|mail|inbox|slack|discord|telegram|teams|sms|tweet|webhooks?|notify|publish|posts?|push|pull request|github|gitlab|jira|notion|cloud|remote|api|requests?|search engine)\b/i;
/** Words of tools that run what they are given, which can do anything. */
const SHELL_WORDS =
  /\b(?:shell|bash|zsh|powershell|terminal|exec|execute|run command|run code|command line|python|eval|script)\b/i;
const PRIVATE_HOST =
  /^(?:localhost|.*\.(?:localhost|local|internal|lan|home)|(?:127|10)(?:\.\d+){3}|0\.0\.0\.0|192\.168(?:\.\d+){2}|169\.254(?:\.\d+){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d+){2}|\[(?:::1?|f[cd].*|fe80.*|::ffff:.*)\])$/i;

/** `server`: undefined where no file defines it. */
export function effectsOf(tool: Tool, server: FlowServer | undefined, args: JsonObject): FlowEffects {
  const words = wordsOf(tool);
  const isShell = SHELL_WORDS.test(words);
  const isOpen = isOpenWorld(tool, server, words);
  const asksInside = stringsIn(args).some(isInside);
  return {
    readsPrivate: !isOpen || isShell || asksInside || server?.hasCredentials === true,
    readsForeign: isOpen,
    sends: isOpen || isShell,
  };
}

/** An address of this computer or of the network around it. The parser undoes other spellings of numbers. */
function isInside(text: string): boolean {
  const trimmed = text.trim();
  if (!/^(?:https?|ftp|wss?|file):/i.test(trimmed) || !URL.canParse(trimmed)) return false;
  const { protocol, hostname } = new URL(trimmed);
  return protocol === 'file:' || PRIVATE_HOST.test(hostname);
}

/** A claim to be harmless counts from a trusted server only; a claim to be open counts from anybody. */
function isOpenWorld({ openWorld }: Tool, server: FlowServer | undefined, words: string): boolean {
  if (server?.isRemote === true || openWorld === true) return true;
  if (openWorld === false && server?.isTrusted === true) return false;
  return OPEN_WORDS.test(words);
}

/** The names, in words: `fetch_url` and `fetchUrl` become `fetch url`. Descriptions speak of too much to be of use. */
function wordsOf({ name, server, definition }: Tool): string {
  const { properties } = definition.inputSchema;
  const fields = typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
  return [server, name, ...fields]
    .join(' ; ')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_\-./]+/g, ' ');
}

export function afterCall(state: FlowState, tool: Tool, effects: FlowEffects): FlowState {
  const name = `${tool.server}/${tool.name}`;
  const added = (known: readonly string[], isAdded: boolean): readonly string[] =>
    isAdded && !known.includes(name) ? [...known, name] : known;
  return {
    privateReads: added(state.privateReads, effects.readsPrivate),
    foreignReads: added(state.foreignReads, effects.readsForeign),
  };
}

/** Why the call needs a person's own yes, in plain words; undefined: it does not. */
export function cautionFor({ privateReads, foreignReads }: FlowState, effects: FlowEffects): string | undefined {
  if (!effects.sends || privateReads.length === 0 || foreignReads.length === 0) return undefined;
  return [
    l10n.t('This call can send data out of your computer, and what this task did before makes that a risk:'),
    l10n.t(
      'it has read data that may be private ({0}), and texts that strangers may have written ({1}).',
      named(privateReads),
      named(foreignReads),
    ),
    l10n.t('Such texts can tell a model to give your data away. Look at what would be sent.'),
  ].join(' ');
}

const MAX_NAMED = 4;

function named(reads: readonly string[]): string {
  const names = reads.slice(0, MAX_NAMED).map((name) => visibleText(name.replace(/\s+/g, ' ')).slice(0, 120));
  const rest = reads.length - names.length;
  return rest > 0 ? l10n.t('{0} and {1} more', names.join(', '), rest) : names.join(', ');
}

function stringsIn(value: JsonValue): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}
