import { resolve } from 'node:path';
import { toolTokens } from '../agent/toolFit';
import { type BridgeError, toBridgeError } from '../base/errors';
import { nullLogger } from '../base/logger';
import { visibleText } from '../base/visibleText';
import { type Model, modelState } from '../llm/lmstudio/model';
import { chooseModel } from '../llm/lmstudio/selection';
import type { ModelServer } from '../llm/lmstudio/server';
import { discoverServers, type FoundServers } from '../mcp/discovery';
import { formatOrigin } from '../mcp/serverSpec';
import { ownConnections } from '../mcp/connections';
import { openToolbox } from '../mcp/toolbox';
import type { InputSource } from '../mcp/variables';
import { DEFAULT_BYTES_PER_TOKEN } from '../agent/tokenCounter';
import { type CliContext, connectServer, DEFAULT_TOKEN_VARIABLE } from './environment';
import { describeModel } from './modelsCommand';
import type { DoctorCommand } from './options';
import { inputsFromEnvironment } from './serverInputs';
import { COMFORTABLE_CONTEXT, NEWEST_LIST, otherAddress, probeServer } from '../tasks/doctorProbe';

type Status = 'ok' | 'warning' | 'error';

interface Check {
  readonly id: string;
  readonly status: Status;
  readonly message: string;
  readonly hint: string | null;
}

/**
 * Checks what a task needs and says what to do about what is missing. Servers of discovered files are only read, not
 * started: looking at a folder must not run what stands in it. Files named by hand are started.
 */
export async function diagnose(options: DoctorCommand, context: CliContext): Promise<number> {
  const { server } = connectServer(options, context);
  const inputs = inputsFromEnvironment(options.inputEnv, context.env);
  const files = options.mcpConfig.map((file) => resolve(context.cwd, file));
  const found = await discoverServers({ workspaces: [context.cwd], files: files.length === 0 ? undefined : files });
  const [models, mcp] = await Promise.all([
    checkModels(server, context),
    files.length === 0 ? { checks: [], servers: [] } : startServers(found, inputs, context),
  ]);
  const config = await portCheck(
    server.address.root,
    models.checks.some(({ status }) => status === 'error'),
  );
  const checks = [
    ...models.checks,
    ...config,
    tokenCheck(server, options),
    ...configChecks(found, files.length > 0),
    ...mcp.checks,
  ];
  const ok = checks.every(({ status }) => status !== 'error');
  if (options.json) {
    const document = {
      ok,
      version: context.version,
      server: { url: server.address.root, tokenSent: server.address.token !== undefined },
      checks,
      models: models.list.map(describeModel),
      mcpServers: mcp.servers,
    };
    context.out.write(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    for (const check of checks) context.out.write(line(check));
    context.out.write(ok ? '\nReady for tasks.\n' : '\nNot ready: see the errors above.\n');
  }
  return ok ? 0 : 1;
}

async function checkModels(
  server: ModelServer,
  { signal, clock }: CliContext,
): Promise<{ readonly checks: readonly Check[]; readonly list: readonly Model[] }> {
  const probe = await probeServer(server, clock, signal);
  if (!probe.ok) return { checks: [failed('server', probe.error)], list: [] };
  const { isLmStudio, latencyMs } = probe;
  const { models, path } = probe.listing;
  const checks: Check[] = [
    {
      id: 'server',
      status: isLmStudio ? 'ok' : 'warning',
      message: `${isLmStudio ? 'LM Studio' : 'A server that is not LM Studio'} answers at ${server.address.root} in ${String(latencyMs)} ms (models from ${path}).`,
      hint: isLmStudio
        ? null
        : 'Chat works with any OpenAI-compatible server; loading and context lengths need LM Studio.',
    },
    ...(isLmStudio && path !== NEWEST_LIST ? [listCheck(path)] : []),
    modelCheck(models),
  ];
  return { checks, list: models };
}

function listCheck(path: string): Check {
  return {
    id: 'models-endpoint',
    status: 'warning',
    message: `This LM Studio has no ${NEWEST_LIST}, so the models come from ${path}, which says less of them.`,
    hint: 'Update LM Studio to 0.4.0 or newer, to load models from here and to know more of them.',
  };
}

function tokenCheck({ address }: ModelServer, { tokenEnv }: DoctorCommand): Check {
  const variable = tokenEnv ?? DEFAULT_TOKEN_VARIABLE;
  const message =
    address.token === undefined
      ? `No API token is sent: ${variable} is not set.`
      : `The API token in ${variable} is sent to ${address.root}, and nowhere else.`;
  return { id: 'token', status: 'ok', message, hint: null };
}

/** A hint where LM Studio of this machine wrote down another address than the local one that was asked. */
async function portCheck(root: string, hasFailed: boolean): Promise<readonly Check[]> {
  const configured = await otherAddress(root);
  if (configured === undefined) return [];
  return [
    {
      id: 'server-address',
      status: hasFailed ? 'warning' : 'ok',
      message: `LM Studio of this machine is configured to listen at ${configured}.`,
      hint: `To use that one: --url ${configured}`,
    },
  ];
}

function modelCheck(models: readonly Model[]): Check {
  try {
    const { id, model, contextLength, contextSource } = chooseModel(models, undefined);
    const isLoaded = modelState(model) === 'loaded';
    const isSmall =
      contextSource === 'loaded-instance' && contextLength !== null && contextLength < COMFORTABLE_CONTEXT;
    const length =
      contextLength === null
        ? 'context unknown'
        : `context ${String(contextLength)}${contextSource === 'model-maximum' ? ' at most' : ''}`;
    const advice = isSmall
      ? `Load it with a larger context, ${String(COMFORTABLE_CONTEXT)} or more, for tasks with tools.`
      : model.toolUse === false
        ? 'It is not trained for tool use: choose another model for tasks with tools.'
        : null;
    const state = isLoaded ? 'loaded' : 'not loaded: the first request will load it';
    return {
      id: 'model',
      status: advice === null ? 'ok' : 'warning',
      message: `Tasks would use ${id} (${state}, ${length}).`,
      hint: advice,
    };
  } catch (error) {
    return failed('model', toBridgeError(error));
  }
}

function configChecks(found: FoundServers, areStarted: boolean): readonly Check[] {
  const problems = found.diagnostics.map((diagnostic): Check => ({
    id: 'mcp-config',
    status: diagnostic.severity === 'info' ? 'ok' : diagnostic.severity,
    message: `${formatOrigin(diagnostic)}:${String(diagnostic.column)}: ${diagnostic.message}`,
    hint: null,
  }));
  if (areStarted) return problems;
  const listed = found.servers.map((server): Check => ({
    id: `mcp:${server.name}`,
    status: 'ok',
    message: `MCP server "${server.name}" is ${server.disabled ? 'disabled' : 'configured'} in ${formatOrigin(server.origin)} (not started).`,
    hint: null,
  }));
  return [...problems, ...listed];
}

async function startServers(found: FoundServers, inputs: InputSource, context: CliContext) {
  const { toolbox, failures } = await openToolbox(
    found.servers.filter((server) => !server.disabled),
    ownConnections({
      host: { roots: { folders: [context.cwd] } },
      ...{ clock: context.clock, logger: nullLogger, clientVersion: context.version, inputs },
    }),
    context.signal,
  );
  await toolbox.close();
  const servers = toolbox.servers.map((name) => {
    const tools = toolbox.tools.filter((tool) => tool.server === name);
    const costs = tools.map((tool) => [tool.name, toolTokens(tool.definition, DEFAULT_BYTES_PER_TOKEN)] as const);
    const tokens = costs.reduce((sum, [, cost]) => sum + cost, 0);
    return { name, tools: tools.map((tool) => tool.name), tokens, toolTokens: Object.fromEntries(costs) };
  });
  const checks = [
    ...servers.map(({ name, tools, tokens }): Check => ({
      id: `mcp:${name}`,
      status: 'ok',
      message: `MCP server "${name}" starts and offers ${String(tools.length)} tools, about ${String(tokens)} tokens in every request.`,
      hint: null,
    })),
    ...failures.map(({ name, error }) => failed(`mcp:${name}`, error)),
  ];
  return { checks, servers };
}

function failed(id: string, error: BridgeError): Check {
  return { id, status: 'error', message: error.message, hint: error.hint ?? null };
}

function line({ status, message, hint }: Check): string {
  const mark = { ok: 'ok      ', warning: 'warning ', error: 'error   ' }[status];
  return visibleText(`${mark}${message}${hint === null ? '' : `\n        ${hint}`}\n`);
}
