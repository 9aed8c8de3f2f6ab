import * as l10n from '@vscode/l10n';
import { decimalText } from '../../base/numberText';
import type * as vscode from 'vscode';
import type { ServerTools } from '../../agent/toolFit';
import { isJsonObject } from '../../base/json';

const KEY = 'toolSizes';

/** What the tools of each MCP server came to when it last ran: to be seen before it is chosen again. For one workspace. */
export class ToolSizes {
  constructor(private readonly state: vscode.Memento) {}

  /** `12 tools, 1.9k tokens`; undefined where the server has not run yet. */
  wordsFor(server: string): string | undefined {
    const size = this.#read()[server];
    if (!isJsonObject(size)) return undefined;
    const { tools, tokens } = size;
    return typeof tools === 'number' && typeof tokens === 'number' ? sizeWords(tools, tokens) : undefined;
  }

  async record(servers: readonly ServerTools[]): Promise<void> {
    const sizes = Object.fromEntries(servers.map(({ server, tools, tokens }) => [server, { tools, tokens }]));
    await this.state.update(KEY, { ...this.#read(), ...sizes });
  }

  #read(): Readonly<Record<string, unknown>> {
    const kept: unknown = this.state.get(KEY);
    return isJsonObject(kept) ? kept : {};
  }
}

function sizeWords(tools: number, tokens: number): string {
  const count = tokens < 1_000 ? String(tokens) : `${decimalText(tokens / 1_000, 1)}k`;
  return tools === 1 ? l10n.t('1 tool, {0} tokens', count) : l10n.t('{0} tools, {1} tokens', tools, count);
}
