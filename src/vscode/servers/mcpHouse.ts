/** Everything of the editor's door that concerns MCP servers, wired by hand. In tests pages are only noted. */
import * as l10n from '@vscode/l10n';
import type * as vscode from 'vscode';
import type { Clock } from '../../base/clock';
import { errorMessage } from '../../base/errors';
import type { SamplingDesk } from '../../tasks/sampling';
import { readBlock } from '../questions/approvalSettings';
import { createClientHost, logLevelOf, openPage } from './clientHost';
import { ConfigWatch } from './configWatch';
import type { Dialogs } from '../dialogs';
import { StoredInputs } from './inputs';
import type { LaunchConsent } from '../questions/launchConsent';
import { McpProblems } from './mcpProblems';
import { McpServers } from './mcpServers';
import type { Output } from '../output';
import type { QuestionDesk } from '../questions/questionDesk';
import type { ServerUsers } from './serverUsers';
import { ServerLogs } from './serverLogs';
import { openSignIns } from './signIn';
import type { ScriptedDialogs } from '../testHooks';
import type { WorkspaceServers } from './workspaceServers';

export interface McpHouseNeeds {
  readonly globalState: vscode.Memento;
  readonly servers: WorkspaceServers;
  readonly desk: QuestionDesk;
  readonly users: ServerUsers;
  readonly dialogs: Dialogs;
  readonly sampling: SamplingDesk;
  readonly consent: LaunchConsent;
  readonly output: Output;
  readonly clock: Clock;
  readonly version: string;
  /** Where the extension host runs tests. */
  readonly scripted: ScriptedDialogs | undefined;
}

export function openMcpHouse(context: vscode.ExtensionContext, needs: McpHouseNeeds) {
  const { globalState, servers, desk, users, dialogs, sampling, consent, output, clock, version, scripted } = needs;
  const asking = { desk, users, dialogs };
  const openedPages: string[] = [];
  const serverLines: string[] = [];
  const logs = new ServerLogs(clock, (server, line) => {
    if (scripted) serverLines.push(`${server}: ${line}`);
  });
  const signIns = openSignIns(context, {
    ...asking,
    clock,
    ...(scripted && { openPage: scripted.openPage, isElsewhere: scripted.isElsewhere }),
  });
  const note = (url: string): Promise<boolean> => Promise.resolve(openedPages.push(url) > 0);
  const host = createClientHost({
    ...{ ...asking, sampling, folders: () => servers.folders, openPage: scripted ? note : openPage },
    onLog: (server, level, text) => logs.write(server, logLevelOf(level), text),
  });
  const inputs = new StoredInputs(
    { secrets: context.secrets, workspaceState: context.workspaceState, globalState },
    asking,
  );
  const mcp = new McpServers({
    ...{ servers, consent, users, output, logs, clock, version, blockOf: readBlock, inputs: inputs.source },
    host: { ...host, signIn: signIns },
  });
  const watch = new ConfigWatch(servers, clock, output.logger);
  context.subscriptions.push(
    logs,
    watch,
    watch.onDidChange(() => {
      mcp.refresh().catch((error: unknown) => {
        output.logger.log('warn', l10n.t('The files of MCP servers could not be read: {0}', errorMessage(error)));
      });
    }),
    new McpProblems(mcp),
  );
  const hooks = {
    ...{ openedPages, serverLines, mcp },
    openUri: (uri: vscode.Uri): void => signIns.handleUri(uri),
    stopServer: (name: string): Promise<void> => mcp.stop(name),
    configReads: () => servers.reads,
  };
  return { mcp, inputs, signIns, logs, hooks };
}
