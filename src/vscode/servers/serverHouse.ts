/** Wires the view of MCP servers to the rest of the house. */
import type { Clock } from '../../base/clock';
import type { Dialogs } from '../dialogs';
import { definitionOf, type LaunchConsent } from '../questions/launchConsent';
import type { McpServers } from './mcpServers';
import type { Output } from '../output';
import type { ServerChoices } from './serverChoices';
import { ServerActions } from './serverCommands';
import type { ServerLogs } from './serverLogs';
import type { ServerStanding } from './serverStanding';
import { ServersView } from './serversView';
import type { TrustStore } from '../questions/trustStore';

export interface ServerHouseNeeds {
  readonly mcp: McpServers;
  readonly choices: ServerChoices;
  readonly consent: LaunchConsent;
  readonly trusted: TrustStore;
  readonly dialogs: Dialogs;
  readonly clock: Clock;
  readonly output: Output;
  readonly logs: ServerLogs;
  readonly folders: () => readonly string[];
  readonly showDocument: (name: string, text: string) => Promise<void>;
}

export interface ServerHouse {
  dispose(): void;
  readonly serversView: ServersView;
  readonly serverActions: ServerActions;
}

export function openServerHouse(needs: ServerHouseNeeds): ServerHouse {
  const standing = createStanding(needs);
  const { output, logs } = needs;
  const serversView = new ServersView({ ...needs, standing, logger: output.logger });
  const showLog = (server: string): void => logs.show(server);
  const serverActions = new ServerActions({ ...needs, standing, view: serversView, showLog });
  return { serversView, serverActions, dispose: () => serversView.dispose() };
}

function createStanding({ trusted, consent, folders }: ServerHouseNeeds): ServerStanding {
  return {
    onDidChange: trusted.onDidChange,
    isTrusted: (spec) => trusted.has(definitionOf(spec, folders())),
    needsConsent: (spec) => !consent.knows(spec),
    trust: (spec, signal) => trusted.offer(spec.name, definitionOf(spec, folders()), signal),
    distrust: (spec) => trusted.remove(definitionOf(spec, folders())),
  };
}
