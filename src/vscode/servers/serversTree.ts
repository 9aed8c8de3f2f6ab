import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { ServerTool } from '../../mcp/toolList';
import { flagsOf, type ToolFlag } from '../../policy/toolFlags';
import { rowItem } from '../rowItem';
import type { ServerEntry } from './mcpServers';
import { type Row, type RowTarget, type ShownServer, staleRows } from './serverRow';
import { rowsOf, type ServersInput } from './serverRows';

/** What VS Code knows a row by: it stays while the row in it changes. */
export interface ServerNode {
  readonly id: string;
  readonly target: RowTarget;
}

/** What the tree shows now. */
export interface ServersSource extends Omit<ServersInput, 'servers'> {
  readonly entries: readonly ServerEntry[];
  readonly isServerOn: (server: string) => boolean;
  readonly isToolOn: (server: string, tool: string) => boolean;
  readonly isTrusted: (entry: ServerEntry) => boolean;
  readonly needsConsent: (entry: ServerEntry) => boolean;
  /** What a tool costs a request; undefined where that is not known yet. */
  readonly tokensOf: (tool: ServerTool) => number | undefined;
}

interface Known {
  readonly node: ServerNode;
  row: Row;
  readonly parent: string | undefined;
}

/** The MCP servers of the window as rows. Only the rows that say something else are drawn again. */
export class ServersTree implements vscode.TreeDataProvider<ServerNode>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<ServerNode[] | undefined>();
  readonly #flags = new FlagBook();
  #known = new Map<string, Known>();
  #rows: readonly Row[] = [];

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(private readonly source: () => ServersSource) {}

  update(): void {
    const before = this.#rows;
    const { entries, isServerOn, isToolOn, isTrusted, needsConsent, tokensOf, ...rest } = this.source();
    const flags = this.#flags.of(entries);
    const servers = entries.map((entry): ShownServer => {
      const { name, disabled, isSwitchedOff } = entry.spec;
      // What the person switched off is not what its file says.
      const spec = isSwitchedOff ? { ...entry.spec, disabled: false } : { ...entry.spec, disabled };
      return {
        ...entry,
        spec,
        isOn: isServerOn(name),
        isTrusted: isTrusted(entry),
        needsConsent: needsConsent(entry),
        isToolOn: (tool) => isToolOn(name, tool),
        flagsOf: (tool) => flags.get(tool) ?? [],
        tokensOf,
      };
    });
    this.#rows = rowsOf({ ...rest, servers });
    const known = new Map<string, Known>();
    this.#learn(this.#rows, undefined, known);
    this.#known = known;
    const stale = staleRows(before, this.#rows);
    if (stale === 'all') this.#changed.fire(undefined);
    else if (stale.length > 0) this.#changed.fire(stale.flatMap((id) => known.get(id)?.node ?? []));
  }

  /** How many servers do not work, for the badge. */
  get failing(): number {
    const contexts = this.#rows.map(({ context }) => context);
    return contexts.filter((context) => /^server\.(failed|restarting|blocked|signIn)\./.test(context)).length;
  }

  /** The row of a server; undefined where there is none. */
  nodeOf(server: string): ServerNode | undefined {
    const row = this.#rows.find(({ target }) => target.kind === 'server' && target.server === server);
    return row && this.#known.get(row.id)?.node;
  }

  getChildren(node?: ServerNode): ServerNode[] {
    const rows = node ? (this.#known.get(node.id)?.row.children ?? []) : this.#rows;
    return rows.flatMap(({ id }) => this.#known.get(id)?.node ?? []);
  }

  getParent(node: ServerNode): ServerNode | undefined {
    const parent = this.#known.get(node.id)?.parent;
    return parent === undefined ? undefined : this.#known.get(parent)?.node;
  }

  getTreeItem(node: ServerNode): vscode.TreeItem {
    const row = this.#known.get(node.id)?.row;
    return row ? toItem(row, node) : new vscode.TreeItem('');
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #learn(rows: readonly Row[], parent: string | undefined, known: Map<string, Known>): void {
    for (const row of rows) {
      const node = this.#known.get(row.id)?.node ?? { id: row.id, target: row.target };
      known.set(row.id, { node, row, parent });
      this.#learn(row.children, row.id, known);
    }
  }
}

/** The flags of the tools of all ready servers, which say whether one has another's name. */
class FlagBook {
  #tools: readonly ServerTool[] = [];
  #flags: ReadonlyMap<ServerTool, readonly ToolFlag[]> = new Map();

  of(entries: readonly ServerEntry[]): ReadonlyMap<ServerTool, readonly ToolFlag[]> {
    const offers = entries.flatMap(({ spec, state }) =>
      state.kind === 'ready' ? state.offer.tools.map((tool) => ({ server: spec.name, tool })) : [],
    );
    const tools = offers.map(({ tool }) => tool);
    const isSame = tools.length === this.#tools.length && tools.every((tool, index) => tool === this.#tools[index]);
    if (!isSame) {
      const flags = flagsOf(offers.map(({ server, tool }) => ({ ...tool, server })));
      this.#flags = new Map(tools.map((tool, index) => [tool, flags[index] ?? []]));
      this.#tools = tools;
    }
    return this.#flags;
  }
}

function toItem(row: Row, node: ServerNode): vscode.TreeItem {
  const item = rowItem(row, row.children.length === 0 ? 'none' : row.isOpen ? 'open' : 'closed');
  if (row.command) item.command = { ...row.command, arguments: [node] };
  if (row.checkbox) {
    const { isOn, tooltip } = row.checkbox;
    const { Checked, Unchecked } = vscode.TreeItemCheckboxState;
    const label = isOn ? l10n.t('{0}: on', row.label) : l10n.t('{0}: off', row.label);
    item.checkboxState = { state: isOn ? Checked : Unchecked, tooltip, accessibilityInformation: { label } };
  }
  return item;
}
