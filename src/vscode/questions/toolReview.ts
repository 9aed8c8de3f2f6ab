/** Tools that are not what the person knows: withheld until they have seen the difference. */
import * as l10n from '@vscode/l10n';
import type * as vscode from 'vscode';
import { visibleText } from '../../base/visibleText';
import type { ServerSpec } from '../../mcp/serverSpec';
import { flagsOf } from '../../policy/toolFlags';
import {
  changesSince,
  type SeenTool,
  type ToolChanges,
  type ToolWording,
  withSeen,
  wordingText,
} from '../../policy/toolReview';
import type { OfferedTools, WithheldTool } from '../../tasks/reviewedTools';
import type { Dialogs } from '../dialogs';
import { LATER, type QuestionDesk } from './questionDesk';
import { beside } from './questionWords';
import { shortText } from '../shortText';
import { readRecords } from '../storedRecords';

const STORE_KEY = 'seenTools';
/** Definitions whose tools are remembered; the one that was used longest ago goes first. */
const MAX_SERVERS = 100;
const MAX_NAMES_TOLD = 10;

export const REVIEW_BUTTONS = {
  difference: l10n.t('Show difference…'),
  accept: l10n.t('Use them'),
  block: l10n.t('Keep them blocked'),
} as const;

export interface ToolReviewNeeds {
  /** Of the whole computer: a definition is the same in every window. */
  readonly state: vscode.Memento;
  readonly dialogs: Dialogs;
  readonly desk: QuestionDesk;
  readonly showDifference: (title: string, before: string, after: string) => Promise<void>;
  /** What was allowed of changed tools is asked for again. */
  readonly forgetTools: (definition: string, tools: readonly string[]) => Promise<void>;
}

interface SeenServer {
  /** Fingerprint of how the server is started. */
  readonly definition: string;
  readonly tools: readonly SeenTool[];
}

/**
 * Remembers the tools of each server as they were when the person allowed it, or looked at them last. A changed tool is
 * withheld until they have accepted the change, and so is a new one: what could be slipped into an old tool could as well come as a new one.
 */
export class ToolReview {
  constructor(private readonly needs: ToolReviewNeeds) {}

  /** As `TaskEnvironment.reviewTools`; `task`: the number of the task, where it is one of this window. */
  async review(
    offers: readonly OfferedTools[],
    definitionOf: (spec: ServerSpec) => string,
    signal: AbortSignal,
    task?: number,
  ): Promise<readonly WithheldTool[]> {
    const withheld: WithheldTool[] = [];
    for (const offer of offers) {
      withheld.push(...(await this.#reviewServer(offer, definitionOf(offer.spec), signal, task)));
    }
    return withheld;
  }

  /** The tools of a server as the person knows them; undefined: no task has started it yet. */
  known(definition: string): readonly SeenTool[] | undefined {
    return this.#seenOf(definition);
  }

  async #reviewServer(
    { spec, tools }: OfferedTools,
    definition: string,
    signal: AbortSignal,
    task: number | undefined,
  ): Promise<readonly WithheldTool[]> {
    const seen = this.#seenOf(definition);
    // The first time: the person has just agreed to this server as it is.
    if (!seen) await this.#save(definition, withSeen([], tools));
    if (!seen || isNone(changesSince(seen, tools))) return [];
    const isSettled = (): boolean => isNone(changesSince(this.#seenOf(definition) ?? [], tools));
    const changes = changesSince(seen, tools);
    const isAccepted = await this.needs.desk.put<boolean>(
      {
        notice: l10n.t('A task waits for you. {0}', titleOf(spec)),
        tasks: () => (task === undefined ? [] : [task]),
        settled: () => (isSettled() ? true : undefined),
        unanswered: () => false,
        show: (_more, ending) => this.#show(spec, changes, ending),
      },
      signal,
    );
    if (!isAccepted) return blocked(spec, changes);
    if (!isSettled()) {
      const changed = changes.changed.map(({ tool }) => tool.name);
      await this.needs.forgetTools(definition, changed);
      await this.#save(definition, withSeen(seen, tools));
    }
    return [];
  }

  async #show(spec: ServerSpec, changes: ToolChanges, signal: AbortSignal): Promise<boolean | typeof LATER> {
    const { dialogs, showDifference } = this.needs;
    const { accept, block, difference } = REVIEW_BUTTONS;
    const message = titleOf(spec);
    const question = {
      message,
      detail: detailOf(spec, changes),
      // The first one is what Enter chooses, and it only looks.
      buttons: [difference, accept, block],
      closing: block,
    };
    const button = await dialogs.ask(question, signal);
    if (button !== difference) return button === accept;
    const { before, after } = differenceOf(changes);
    await showDifference(l10n.t('Tools of {0}: known ↔ now', spec.name), before, after);
    const options = { title: message, placeholder: beside() };
    const chosen = await dialogs.pickOne([{ label: block }, { label: accept }], options, signal);
    return chosen ? chosen.label === accept : LATER;
  }

  #seenOf(definition: string): readonly SeenTool[] | undefined {
    return this.#servers.find((server) => server.definition === definition)?.tools;
  }

  get #servers(): readonly SeenServer[] {
    return readRecords(this.needs.state, STORE_KEY, isSeenServer);
  }

  async #save(definition: string, tools: readonly SeenTool[]): Promise<void> {
    const others = this.#servers.filter((server) => server.definition !== definition);
    await this.needs.state.update(STORE_KEY, [...others, { definition, tools }].slice(-MAX_SERVERS));
  }
}

function isNone({ changed, added }: ToolChanges): boolean {
  return changed.length + added.length === 0;
}

function blocked(spec: ServerSpec, { changed, added }: ToolChanges): readonly WithheldTool[] {
  const changedReason = 'Its server has changed it since the person allowed it, and they have not accepted the change.';
  const newReason = 'It is new since the person allowed its server, and they have not accepted it yet.';
  return [
    ...changed.map(({ tool }) => ({ server: spec.name, tool: tool.name, reason: changedReason })),
    ...added.map(({ name }) => ({ server: spec.name, tool: name, reason: newReason })),
  ];
}

function titleOf({ name }: ServerSpec): string {
  return l10n.t('The tools of the MCP server "{0}" are not those that you know. Use them?', shortText(name, 100));
}

function detailOf(spec: ServerSpec, { changed, added }: ToolChanges): string {
  const tools = [...changed.map(({ tool }) => tool), ...added];
  const flags = flagsOf(tools.map((tool) => ({ ...tool, server: spec.name })));
  const flagged = tools.flatMap(({ name }, index) =>
    (flags[index] ?? []).map(({ message }) => `${shortText(name, 100)}: ${message}`),
  );
  return [
    l10n.t(
      'A server can change the words with which a model is told about its tools, after you have allowed it. Until you accept the change these tools are not used; the task goes on with the others.',
    ),
    ...(changed.length > 0 ? [l10n.t('Changed: {0}', named(changed.map(({ tool }) => tool)))] : []),
    ...(added.length > 0 ? [l10n.t('New: {0}', named(added))] : []),
    ...flagged.slice(0, MAX_NAMES_TOLD),
    ...(changed.length > 0
      ? [l10n.t('If you use them, what you allowed of the changed tools is asked for again.')]
      : []),
  ].join('\n\n');
}

function named(tools: readonly ToolWording[]): string {
  const names = tools.slice(0, MAX_NAMES_TOLD).map(({ name }) => shortText(name, 60));
  const rest = tools.length - names.length;
  return rest > 0 ? l10n.t('{0} and {1} more', names.join(', '), rest) : names.join(', ');
}

/** Both sides of the difference, with everything hidden made visible. */
function differenceOf({ changed, added }: ToolChanges): { readonly before: string; readonly after: string } {
  const join = (texts: readonly string[]): string => visibleText(texts.join('\n\n────────\n\n'));
  return {
    before: join(changed.map(({ before }) => before.text)),
    after: join([...changed.map(({ tool }) => wordingText(tool)), ...added.map(wordingText)]),
  };
}

function isSeenServer(value: unknown): value is SeenServer {
  if (typeof value !== 'object' || value === null) return false;
  const { definition, tools } = value as Readonly<Record<string, unknown>>;
  return typeof definition === 'string' && Array.isArray(tools) && tools.every(isSeenTool);
}

function isSeenTool(value: unknown): value is SeenTool {
  if (typeof value !== 'object' || value === null) return false;
  const { name, fingerprint, text } = value as Readonly<Record<string, unknown>>;
  return [name, fingerprint, text].every((field) => typeof field === 'string');
}
