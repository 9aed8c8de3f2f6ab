/** The view of MCP servers: its tree, its boxes, its badge, and what it says where it has no rows. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { type Clock, every } from '../../base/clock';
import type { Logger } from '../../base/logger';
import { toBridgeError } from '../../base/errors';
import { SERVERS_VIEW, type ServersWelcome } from '../ids';
import type { McpServers } from './mcpServers';
import type { ServerChoices } from './serverChoices';
import { type ServerNode, ServersTree } from './serversTree';
import type { ServerStanding } from './serverStanding';
import { ToolCosts } from './toolCosts';
import { setContext } from '../typed';
import { isVirtualWorkspace } from './workspaceServers';

export interface ServersViewNeeds {
  readonly mcp: McpServers;
  readonly choices: ServerChoices;
  readonly standing: ServerStanding;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Absolute paths of the workspace folders. */
  readonly folders: () => readonly string[];
}

export class ServersView implements vscode.Disposable {
  readonly tree: ServersTree;
  readonly #view: vscode.TreeView<ServerNode>;
  readonly #costs = new ToolCosts();
  readonly #subscriptions: vscode.Disposable;
  #hasRead = false;
  #ticking: { dispose(): void } | undefined;

  constructor(private readonly needs: ServersViewNeeds) {
    const { mcp, choices, standing } = needs;
    this.tree = new ServersTree(() => this.#source());
    const options = { treeDataProvider: this.tree, showCollapseAll: true, manageCheckboxStateManually: true };
    this.#view = vscode.window.createTreeView(SERVERS_VIEW, options);
    const show = (): void => this.#show();
    this.#subscriptions = vscode.Disposable.from(
      this.#view,
      this.tree,
      mcp.onDidChange(() => {
        this.#hasRead = true;
        show();
      }),
      this.#costs.onDidLoad(show),
      standing.onDidChange(show),
      choices.onDidChange(() => void this.read()),
      this.#view.onDidChangeCheckboxState(({ items }) => void this.switch(items)),
      this.#view.onDidChangeVisibility(({ visible }) => {
        if (visible && !this.#hasRead) void this.read();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => void this.read()),
      vscode.workspace.onDidChangeWorkspaceFolders(() => void this.read()),
    );
    show();
    if (this.#view.visible) void this.read();
  }

  get badge(): vscode.ViewBadge | undefined {
    return this.#view.badge;
  }

  get message(): string | undefined {
    return this.#view.message;
  }

  /** Why it has no rows, which its welcome text says. */
  get welcome(): ServersWelcome {
    const { mcp, folders } = this.needs;
    if (mcp.entries.length > 0) return 'some';
    if (!vscode.workspace.isTrusted) return 'untrusted';
    if (!this.#hasRead) return 'reading';
    if (mcp.diagnostics.some(({ severity }) => severity === 'error')) return 'broken';
    if (isVirtualWorkspace()) return 'virtual';
    return folders().length === 0 ? 'no-folder' : 'none';
  }

  /** Reads the files again. */
  async read(): Promise<void> {
    try {
      await this.needs.mcp.refresh();
    } catch (failure) {
      this.needs.logger.log('error', l10n.t('The MCP servers cannot be read: {0}', toBridgeError(failure).message));
    }
  }

  /** Shows the view, with a server selected where one is named. */
  async reveal(server?: string): Promise<void> {
    await vscode.commands.executeCommand(`${SERVERS_VIEW}.focus`);
    const node = server === undefined ? undefined : this.tree.nodeOf(server);
    if (node) await this.#view.reveal(node, { select: true, focus: true });
  }

  dispose(): void {
    this.#ticking?.dispose();
    this.#subscriptions.dispose();
  }

  #source(): ReturnType<ConstructorParameters<typeof ServersTree>[0]> {
    const { mcp, choices, standing, clock } = this.needs;
    return {
      entries: mcp.entries,
      diagnostics: mcp.diagnostics,
      now: clock.now(),
      placeOf: (file) => vscode.workspace.asRelativePath(file),
      isServerOn: (server) => choices.isServerOn(server),
      isToolOn: (server, tool) => choices.isToolOn(server, tool),
      isTrusted: ({ spec }) => standing.isTrusted(spec),
      needsConsent: ({ spec }) => standing.needsConsent(spec),
      tokensOf: (tool) => this.#costs.of(tool),
    };
  }

  #show(): void {
    this.tree.update();
    const { failing } = this.tree;
    const tooltip =
      failing === 1 ? l10n.t('1 MCP server does not work') : l10n.t('{0} MCP servers do not work', failing);
    if (this.#view.badge?.value !== (failing || undefined)) {
      this.#view.badge = failing > 0 ? { value: failing, tooltip } : undefined;
    }
    const { welcome } = this;
    setContext('lmstudioBridge.mcpWelcome', welcome);
    const isPartly = welcome === 'some' && !vscode.workspace.isTrusted;
    this.#view.message = isPartly ? l10n.t('Servers of this folder are not read, because it is not trusted.') : '';
    this.#keepTime();
  }

  /** Seconds are counted only where a row shows them. */
  #keepTime(): void {
    const isCounting = this.needs.mcp.entries.some(
      ({ state }) => state.kind === 'starting' || (state.kind === 'failed' && state.retryAt !== undefined),
    );
    if (!isCounting) {
      this.#ticking?.dispose();
      this.#ticking = undefined;
    } else {
      this.#ticking ??= every(1_000, this.needs.clock, () => this.tree.update());
    }
  }

  /** What a person's click on boxes does. */
  async switch(items: readonly (readonly [ServerNode, vscode.TreeItemCheckboxState])[]): Promise<void> {
    const { choices, mcp } = this.needs;
    for (const [{ target }, state] of items) {
      const isOn = state === vscode.TreeItemCheckboxState.Checked;
      if (target.kind === 'tool') await choices.switchTool(target.server, target.tool, isOn);
      if (target.kind !== 'server') continue;
      await choices.switchServer(target.server, isOn);
      const now = mcp.entries.find(({ spec }) => spec.name === target.server)?.state;
      // What a task still uses ends with the task.
      if (!isOn && now && (now.kind !== 'ready' || now.holders === 0)) await mcp.stop(target.server);
    }
  }
}
