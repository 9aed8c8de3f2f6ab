/** The MCP servers of a task: those that may start, and what is said of the others. */
import * as l10n from '@vscode/l10n';
import { ToolExecutionError } from '../base/errors';
import type { FoundServers } from '../mcp/discovery';
import { formatOrigin, type ServerSpec } from '../mcp/serverSpec';
import { openToolbox, type Toolbox } from '../mcp/toolbox';
import { type ReviewedToolbox, reviewToolbox } from './reviewedTools';
import type { RunReport } from './runReport';
import type { TaskEnvironment } from './taskEnvironment';
import type { TaskRequest } from './types';

/** Starts what may start. @throws ToolExecutionError where a server that was named cannot start, or the signal's reason */
export async function openServers(
  request: TaskRequest,
  specs: readonly ServerSpec[],
  environment: TaskEnvironment,
  run: RunReport,
  signal: AbortSignal,
): Promise<ReviewedToolbox> {
  const forbidden = specs.flatMap((spec) => isForbidden(spec, environment.forbids?.(spec.name)));
  const allowed = specs.filter(({ name }) => !forbidden.some((one) => one.name === name));
  const { agreed, refused } = environment.consent
    ? await environment.consent(allowed, signal)
    : { agreed: allowed, refused: [] };
  const { toolbox, failures } = await openToolbox(agreed, environment.connections, signal);
  const missing = [...forbidden, ...refused.map(notAllowed), ...failures];
  const first = missing[0];
  if (first && request.servers.kind === 'named') {
    await toolbox.close();
    throw first.error;
  }
  if (request.servers.kind === 'all') reportProblems(environment.found, run);
  for (const { error } of missing) run.warn('server-skipped', error.message);
  try {
    // First, so that nobody is asked about a tool that is switched off.
    const wanted = environment.isOffered ? offering(toolbox, environment.isOffered) : toolbox;
    return await reviewToolbox(wanted, agreed, environment.reviewTools, run, signal);
  } catch (error) {
    await toolbox.close();
    throw error;
  }
}

/** Without the tools that are switched off. The others keep their names and their order, and with them the prompt its beginning. */
function offering(toolbox: Toolbox, isOffered: (server: string, tool: string) => boolean): Toolbox {
  const tools = toolbox.tools.filter(({ server, name }) => isOffered(server, name));
  return { ...toolbox, tools };
}

function isForbidden({ name }: ServerSpec, reason: string | undefined) {
  return reason === undefined ? [] : [{ name, error: new ToolExecutionError('mcp-start-failed', reason) }];
}

function notAllowed(spec: ServerSpec) {
  const message = l10n.t(
    'MCP server "{0}" ({1}) was not started: the person did not allow it.',
    spec.name,
    formatOrigin(spec.origin),
  );
  return { name: spec.name, error: new ToolExecutionError('mcp-start-failed', message) };
}

function reportProblems(found: FoundServers, run: RunReport): void {
  for (const { severity, message, ...origin } of found.diagnostics) {
    if (severity !== 'info') run.warn('mcp-config', `${formatOrigin(origin)}:${String(origin.column)}: ${message}`);
  }
}
