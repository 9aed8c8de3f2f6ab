import type * as vscode from 'vscode';
import { formatOrigin, type ServerSpec } from '../mcp/serverSpec';
import { createVariableContext, describeTransport } from '../mcp/variables';
import { type AskConsent, askForConsent, type ConsentStore, fingerprint, type Launch } from '../policy/consent';
import type { Dialogs, ModalQuestion } from './dialogs';
import { visibleText } from '../base/visibleText';

export const CONSENT_BUTTONS = { start: 'Start', refuse: "Don't start" } as const;

const STORE_KEY = 'consentedLaunches';

interface ServerLaunch extends Launch {
  readonly spec: ServerSpec;
}

/** Asks once before each program that a workspace file wants started; remembered on this machine, by what would run. */
export class LaunchConsent {
  constructor(
    private readonly state: vscode.Memento,
    private readonly dialogs: Dialogs,
  ) {}

  async decide(
    servers: readonly ServerSpec[],
    workspaces: readonly string[],
    signal: AbortSignal,
  ): Promise<{ agreed: readonly ServerSpec[]; refused: readonly ServerSpec[] }> {
    const launches = servers.map((spec) => toLaunch(spec, workspaces));
    const origins = new Map<Launch, string>(launches.map((launch) => [launch, formatOrigin(launch.spec.origin)]));
    const ask: AskConsent = async (launch) =>
      (await this.dialogs.ask(question(launch, origins.get(launch) ?? launch.file), signal)) === CONSENT_BUTTONS.start;
    const { agreed, refused } = await askForConsent(launches, this.#store, ask, signal);
    return { agreed: agreed.map(({ spec }) => spec), refused: refused.map(({ spec }) => spec) };
  }

  /** Every server is asked for again. */
  async forget(): Promise<void> {
    await this.state.update(STORE_KEY, undefined);
  }

  get #store(): ConsentStore {
    const known = (): readonly string[] => this.state.get<readonly string[]>(STORE_KEY, []);
    return {
      has: (print) => known().includes(print),
      add: async (print) => this.state.update(STORE_KEY, [...known(), print]),
    };
  }
}

/** Of what would really run: changes whenever the server that answers under this name may be another one. */
export function definitionOf(spec: ServerSpec, workspaces: readonly string[]): string {
  return fingerprint(toLaunch(spec, workspaces));
}

function toLaunch(spec: ServerSpec, workspaces: readonly string[]): ServerLaunch {
  const transport = describeTransport(spec, createVariableContext(workspaces));
  const { command, args, env, cwd } =
    transport.kind === 'stdio'
      ? transport
      : { command: transport.url, args: [], env: transport.headers, cwd: undefined };
  return { name: spec.name, command, args, env, cwd, file: spec.origin.file, spec };
}

function question({ name, command, args, env, cwd }: Launch, origin: string): ModalQuestion {
  const variables = Object.entries(env).map(([key, value]) => (value === null ? `${key} (removed)` : key));
  const detail = [
    'A file of this workspace wants this program started on your computer. It would run with your rights.',
    `Command: ${command}`,
    args.length > 0
      ? ['Arguments:', ...args.map((arg, index) => `${index + 1}. ${arg}`)].join('\n')
      : 'Arguments: none',
    `Environment variables: ${variables.length > 0 ? variables.join(', ') : 'none'}`,
    `Working directory: ${cwd ?? 'the workspace folder'}`,
    `Named in: ${origin}`,
    'If you start it, you are asked again only when one of these changes.',
  ].join('\n\n');
  return {
    message: `Start the MCP server "${visibleText(name)}"?`,
    detail: visibleText(detail),
    buttons: [CONSENT_BUTTONS.start, CONSENT_BUTTONS.refuse],
    closing: CONSENT_BUTTONS.refuse,
  };
}
