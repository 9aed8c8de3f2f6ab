import * as l10n from '@vscode/l10n';
import type * as vscode from 'vscode';
import { type ApprovalRule, type ApprovalRuleStore, type RuleScope, withRule } from '../../policy/approvalRules';
import type { Grant } from './grants';
import { markupFree } from '../markup';
import { readRecords } from '../storedRecords';

const STORE_KEY = 'approvalRules';
/** The oldest go where there are more. */
const MAX_ALWAYS = 500;

type Place = Exclude<RuleScope, 'task'>;

const HEADINGS = { workspace: l10n.t('Allowed in this workspace'), always: l10n.t('Always allowed') } as const;

/** What need not be asked any more: kept by VS Code on this machine, out of the reach of any repository's files. */
export class ApprovalStore implements ApprovalRuleStore {
  readonly #states: Readonly<Record<Place, vscode.Memento>>;

  constructor(workspaceState: vscode.Memento, globalState: vscode.Memento) {
    this.#states = { workspace: workspaceState, always: globalState };
  }

  get rules(): readonly ApprovalRule[] {
    return [...this.#rulesOf('workspace'), ...this.#rulesOf('always')];
  }

  async add(rule: ApprovalRule, place: Place): Promise<void> {
    const known = this.#rulesOf(place);
    // Everywhere, a server of one name is a different one in each workspace, and none takes the place of another.
    const rules = place === 'workspace' ? withRule(known, rule) : [...known, rule].slice(-MAX_ALWAYS);
    await this.#states[place].update(STORE_KEY, rules);
  }

  /** Tools that are not what they were when they were allowed are asked for again. Rules for a whole server stay. */
  async forgetTools(definition: string, tools: readonly string[]): Promise<void> {
    const isGone = (rule: ApprovalRule): boolean =>
      rule.kind === 'tool' && rule.definition === definition && tools.includes(rule.tool);
    for (const place of ['workspace', 'always'] as const) await this.#remove(place, isGone);
  }

  get grants(): readonly Grant[] {
    return (['workspace', 'always'] as const).flatMap((place) =>
      this.#rulesOf(place).map((rule) => ({
        heading: HEADINGS[place],
        ...inWords(rule),
        revoke: () => this.#remove(place, (known) => JSON.stringify(known) === JSON.stringify(rule)),
      })),
    );
  }

  #rulesOf(place: Place): readonly ApprovalRule[] {
    return readRecords(this.#states[place], STORE_KEY, isRule);
  }

  async #remove(place: Place, isGone: (rule: ApprovalRule) => boolean): Promise<void> {
    const rules = this.#rulesOf(place);
    const kept = rules.filter((rule) => !isGone(rule));
    if (kept.length < rules.length) await this.#states[place].update(STORE_KEY, kept);
  }
}

function inWords(rule: ApprovalRule): { readonly label: string; readonly description: string } {
  const server = markupFree(rule.server);
  switch (rule.kind) {
    case 'tool':
      return {
        label: markupFree(rule.tool),
        description: rule.definition === null ? server : l10n.t('MCP server {0}', server),
      };
    case 'server':
      return { label: l10n.t('All tools of {0}', server), description: l10n.t('Whatever they do') };
    case 'read-only':
      return { label: l10n.t('Read-only tools of {0}', server), description: l10n.t('All that it marks as read-only') };
  }
}

function isRule(value: unknown): value is ApprovalRule {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, server, definition, tool } = value as Readonly<Record<string, unknown>>;
  const isKnown = (kind === 'tool' && typeof tool === 'string') || kind === 'server' || kind === 'read-only';
  return isKnown && typeof server === 'string' && (definition === null || typeof definition === 'string');
}
