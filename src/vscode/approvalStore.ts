import type * as vscode from 'vscode';
import { type ApprovalRule, type ApprovalRuleStore, withRule } from '../policy/approvalRules';
import type { Dialogs } from './dialogs';
import { withoutIcons } from './markup';
import { shortText } from './shortText';

const STORE_KEY = 'approvalRules';

/** What is always allowed in this workspace: kept by VS Code for this workspace on this machine, out of its files' reach. */
export class ApprovalStore implements ApprovalRuleStore {
  constructor(
    private readonly state: vscode.Memento,
    private readonly dialogs: Dialogs,
  ) {}

  get rules(): readonly ApprovalRule[] {
    const stored = this.state.get<unknown>(STORE_KEY);
    return Array.isArray(stored) ? stored.filter(isRule) : [];
  }

  async add(rule: ApprovalRule): Promise<void> {
    await this.state.update(STORE_KEY, withRule(this.rules, rule));
  }

  /** Shows the rules and takes away the chosen ones; running tasks ask again at once. */
  async manage(): Promise<void> {
    const choices = this.rules.map((rule) => ({ ...inWords(rule), rule }));
    if (choices.length === 0) {
      void this.dialogs.notify('info', 'No tool is always allowed in this workspace.');
      return;
    }
    const options = { title: 'Manage Tool Approvals', placeholder: 'Always allowed here. Choose what to revoke' };
    const chosen = (await this.dialogs.pickMany(choices, options)) ?? [];
    if (chosen.length === 0) return;
    const revoked = chosen.map(({ rule }) => JSON.stringify(rule));
    const kept = this.rules.filter((rule) => !revoked.includes(JSON.stringify(rule)));
    await this.state.update(STORE_KEY, kept);
    void this.dialogs.notify(
      'info',
      `Revoked: ${chosen.map(({ label }) => label).join(', ')}. You will be asked again.`,
    );
  }
}

function inWords(rule: ApprovalRule): { readonly label: string; readonly description: string } {
  const server = withoutIcons(shortText(rule.server, 100));
  return rule.kind === 'tool'
    ? {
        label: withoutIcons(shortText(rule.tool, 100)),
        description: rule.definition === null ? server : `MCP server ${server}`,
      }
    : { label: `Read-only tools of ${server}`, description: 'All that it marks as read-only' };
}

function isRule(value: unknown): value is ApprovalRule {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, server, definition, tool } = value as Readonly<Record<string, unknown>>;
  const isKnown = (kind === 'tool' && typeof tool === 'string') || kind === 'read-only';
  return isKnown && typeof server === 'string' && (definition === null || typeof definition === 'string');
}
