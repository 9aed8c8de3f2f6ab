/** What the editor gives the MCP servers of its window. */
import * as vscode from 'vscode';
import type { ClientHost, LogLevel } from '../../mcp/clientHost';
import type { SamplingDesk } from '../../tasks/sampling';
import { createElicitation, type ElicitationNeeds } from '../questions/elicitation';

export interface ClientHostNeeds extends ElicitationNeeds {
  /** Absolute paths of the workspace's folders on this machine's disk, as they are now. */
  readonly folders: () => readonly string[];
  readonly sampling: SamplingDesk;
  readonly onLog: NonNullable<ClientHost['onLog']>;
  readonly signIn?: ClientHost['signIn'];
}

export function createClientHost(needs: ClientHostNeeds): ClientHost {
  const { folders, sampling, onLog, signIn } = needs;
  return {
    roots: {
      get folders() {
        return folders();
      },
      onDidChange: (listener) => vscode.workspace.onDidChangeWorkspaceFolders(() => listener()),
    },
    sample: sampling.answer,
    elicit: createElicitation(needs),
    onLog,
    signIn,
  };
}

/** The eight levels of syslog as the four of ours. */
export function logLevelOf(level: LogLevel): 'debug' | 'info' | 'warn' | 'error' {
  if (level === 'debug' || level === 'info') return level;
  return level === 'notice' ? 'info' : level === 'warning' ? 'warn' : 'error';
}

/** Outside the editor, in the person's browser. */
export async function openPage(url: string): Promise<boolean> {
  // A text and not a Uri, which would be written out again in another way than the server means it.
  return vscode.env.openExternal(url as unknown as vscode.Uri);
}
