import { Emitter } from '../../base/emitter';
import type { ServerTool } from '../../mcp/toolList';

type Count = (tool: ServerTool) => number;

/** What tools cost a request, in tokens. The counting is loaded when the first tool is there to be counted. */
export class ToolCosts {
  readonly #loaded = new Emitter<void>();
  readonly #counts = new WeakMap<ServerTool, number>();
  #count: Count | undefined;
  #loading: Promise<void> | undefined;

  /** What was unknown can be asked for again. */
  readonly onDidLoad = this.#loaded.event;

  /** Undefined until the counting is loaded. */
  of(tool: ServerTool): number | undefined {
    const known = this.#counts.get(tool);
    if (known !== undefined) return known;
    this.#loading ??= this.#load();
    const tokens = this.#count?.(tool);
    if (tokens !== undefined) this.#counts.set(tool, tokens);
    return tokens;
  }

  async #load(): Promise<void> {
    const [{ toolTokens }, { DEFAULT_BYTES_PER_TOKEN }] = await Promise.all([
      import('../../agent/toolFit'),
      import('../../agent/tokenCounter'),
    ]);
    this.#count = ({ name, description, inputSchema }) =>
      toolTokens({ name, description, inputSchema }, DEFAULT_BYTES_PER_TOKEN);
    this.#loaded.fire();
  }
}
