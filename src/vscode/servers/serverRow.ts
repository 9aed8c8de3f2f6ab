/** A row of the tree of MCP servers as data, and which rows are out of date. Pure. */
import type { Origin } from '../../mcp/serverSpec';
import type { ServerTool } from '../../mcp/toolList';
import type { ToolFlag } from '../../policy/toolFlags';
import type { CommandId } from '../ids';
import type { RowFace } from '../rowFace';
import type { ServerFacts } from './serverText';

/** What a row stands for: commands act on it. */
export type RowTarget =
  | { readonly kind: 'server'; readonly server: string }
  | { readonly kind: 'group'; readonly server: string }
  | { readonly kind: 'tool'; readonly server: string; readonly tool: string }
  | { readonly kind: 'resource'; readonly server: string; readonly uri: string }
  | { readonly kind: 'prompt'; readonly server: string; readonly prompt: string }
  | { readonly kind: 'error'; readonly server: string }
  | { readonly kind: 'problem'; readonly origin: Origin }
  | { readonly kind: 'file'; readonly origin: Origin };

export interface Row extends RowFace {
  readonly target: RowTarget;
  /** Absent: there is nothing to switch. */
  readonly checkbox?: { readonly isOn: boolean; readonly tooltip: string };
  /** What choosing the row does; absent: nothing but to open it. */
  readonly command?: { readonly command: CommandId; readonly title: string };
  /** Whether it is open at first, where it has children. */
  readonly isOpen: boolean;
  readonly children: readonly Row[];
}

/** A server with all that its rows say. */
export interface ShownServer extends ServerFacts {
  readonly isToolOn: (tool: string) => boolean;
  readonly flagsOf: (tool: ServerTool) => readonly ToolFlag[];
  /** Undefined where it is not counted yet. */
  readonly tokensOf: (tool: ServerTool) => number | undefined;
}

/** One text for a list of texts, whatever stands in them. */
export function idOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

/**
 * Ids of the rows that must be drawn again, each with all below it, or 'all' where rows at the top came, went or changed
 * places. The fewer, the calmer the tree.
 */
export function staleRows(before: readonly Row[], after: readonly Row[]): 'all' | readonly string[] {
  if (!haveSameIds(before, after)) return 'all';
  return after.flatMap((row, index) => staleBelow(before[index], row));
}

function staleBelow(before: Row | undefined, after: Row): readonly string[] {
  if (before === after) return [];
  if (!before || !haveSameFace(before, after) || !haveSameIds(before.children, after.children)) return [after.id];
  return after.children.flatMap((child, index) => staleBelow(before.children[index], child));
}

function haveSameIds(before: readonly Row[], after: readonly Row[]): boolean {
  return before.length === after.length && before.every(({ id }, index) => id === after[index]?.id);
}

function haveSameFace(before: Row, after: Row): boolean {
  return (
    before.label === after.label &&
    before.description === after.description &&
    before.tooltip === after.tooltip &&
    before.icon.id === after.icon.id &&
    before.icon.color === after.icon.color &&
    before.context === after.context &&
    before.accessibleLabel === after.accessibleLabel &&
    before.checkbox?.isOn === after.checkbox?.isOn
  );
}
