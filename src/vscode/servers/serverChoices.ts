import type * as vscode from 'vscode';
import { Emitter } from '../../base/emitter';
import { isJsonObject } from '../../base/json';
import type { FoundServers } from '../../mcp/discovery';

const KEY = 'serverChoices';

/** Which servers and tools a person has switched off. Kept for the workspace, where no repository can write. */
export class ServerChoices {
  readonly #changed = new Emitter<void>();

  readonly onDidChange = this.#changed.event;

  constructor(private readonly state: vscode.Memento) {}

  isServerOn(server: string): boolean {
    return !this.#offServers.includes(server);
  }

  isToolOn(server: string, tool: string): boolean {
    return !this.#offTools(server).includes(tool);
  }

  async switchServer(server: string, isOn: boolean): Promise<void> {
    await this.#save({ servers: changed(this.#offServers, server, isOn) });
  }

  async switchTool(server: string, tool: string, isOn: boolean): Promise<void> {
    const tools = changed(this.#offTools(server), tool, isOn);
    await this.#save({ tools: { ...this.#section('tools'), [server]: tools } });
  }

  /** The servers, those that are switched off marked so. */
  applyTo(found: FoundServers): FoundServers {
    const servers = found.servers.map((spec) =>
      spec.disabled || this.isServerOn(spec.name) ? spec : { ...spec, disabled: true, isSwitchedOff: true as const },
    );
    return { ...found, servers };
  }

  get #offServers(): readonly string[] {
    return texts(this.#read()['servers']);
  }

  #offTools(server: string): readonly string[] {
    const tools = this.#section('tools');
    return Object.hasOwn(tools, server) ? texts(tools[server]) : [];
  }

  #section(key: string): Readonly<Record<string, unknown>> {
    const section = this.#read()[key];
    return isJsonObject(section) ? section : {};
  }

  #read(): Readonly<Record<string, unknown>> {
    const kept: unknown = this.state.get(KEY);
    return isJsonObject(kept) ? kept : {};
  }

  async #save(change: Readonly<Record<string, unknown>>): Promise<void> {
    await this.state.update(KEY, { ...this.#read(), ...change });
    this.#changed.fire();
  }
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function changed(off: readonly string[], name: string, isOn: boolean): readonly string[] {
  const others = off.filter((item) => item !== name);
  return isOn ? others : [...others, name];
}
