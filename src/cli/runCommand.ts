import { readFile } from 'node:fs/promises';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { abortReason, onAbort } from '../base/abort';
import type { Disposable } from '../base/disposable';
import { BridgeError, ConfigurationError, errorMessage, toBridgeError } from '../base/errors';
import { createLogger, type Logger } from '../base/logger';
import { ModelCatalog } from '../llm/lmstudio/catalog';
import { ModelLifecycle } from '../llm/lmstudio/lifecycle';
import { ModelValidator } from '../llm/lmstudio/validator';
import type { ClientHost, LogLevel } from '../mcp/clientHost';
import { McpHub } from '../mcp/hub';
import type { InputSource } from '../mcp/variables';
import { discoverServers, type FoundServers } from '../mcp/discovery';
import { type ApprovalMode, createUnattendedGate } from '../policy/gates';
import type { SubstitutionMode } from '../policy/substitution';
import type { JournalStore, ResumedRun } from '../tasks/journalStore';
import { EXIT_CODES } from '../tasks/exitCodes';
import { ModelLanes } from '../tasks/modelLanes';
import { TaskControl } from '../tasks/runControl';
import { SamplingDesk, UNATTENDED } from '../tasks/sampling';
import { runTask } from '../tasks/taskRunner';
import type { TaskEvent, TaskRequest } from '../tasks/types';
import { VectorCache } from '../tasks/vectorCache';
import { type CliContext, connectServer } from './environment';
import { openJournals } from './journals';
import type { ResumeCommand, RunCommand, ServerOptions } from './options';
import { type PromptChoice, usage } from './optionValues';
import type { OutputStream } from './output';
import { plainText } from './plainText';
import { HeldConnections, promptTask } from './promptTask';
import { inputsFromEnvironment } from './serverInputs';

/** Runs a task. Throws ConfigurationError before anything was started or sent; all else is the exit code. */
export async function run(options: RunCommand, context: CliContext): Promise<number> {
  const workspaces = await Promise.all(
    (options.workspaces.length === 0 ? [context.cwd] : options.workspaces).map((folder) =>
      existingFolder(resolve(context.cwd, folder)),
    ),
  );
  const { task: source } = options;
  const prompt = 'prompt' in source ? source.prompt : undefined;
  const task = 'prompt' in source ? '' : await readTask(source, context.cwd);
  const files = options.mcpConfig.map((file) => resolve(context.cwd, file));
  const mcpConfig = files.length === 0 ? undefined : files;
  const journals = options.journal === undefined ? undefined : await openJournals(options.journal, context, mcpConfig);
  return execute({ ...options, task }, { ...options, workspaces, mcpConfig, journals, prompt }, context);
}

/** Takes a task up again. Throws ConfigurationError, or BridgeError where its journal cannot be used; all else is the exit code. */
export async function resume(options: ResumeCommand, context: CliContext): Promise<number> {
  const journals = await openJournals(options.journal, context);
  const resumed = await journals.resume(await journals.find(options.run));
  try {
    const { workspaces, mcpConfig } = resumed.header;
    for (const folder of workspaces) await existingFolder(folder);
    const { model, maxRounds, maxTokens, timeoutMs } = options;
    const before = resumed.request;
    const request = {
      ...before,
      model: model ?? before.model,
      maxRounds: maxRounds ?? before.maxRounds,
      maxTokens: maxTokens ?? before.maxTokens,
      timeoutMs: timeoutMs ?? before.timeoutMs,
    };
    return await execute(
      request,
      { ...options, workspaces, mcpConfig: mcpConfig ?? undefined, journals, resumed },
      context,
    );
  } finally {
    await resumed.journal.close();
  }
}

interface Execution extends ServerOptions {
  readonly approve: ApprovalMode;
  readonly onSubstitution: SubstitutionMode;
  readonly control: boolean;
  readonly inputEnv: ReadonlyMap<string, string>;
  readonly workspaces: readonly string[];
  readonly mcpConfig: readonly string[] | undefined;
  readonly journals: JournalStore | undefined;
  readonly resumed?: ResumedRun;
  /** What becomes the task. */
  readonly prompt?: PromptChoice | undefined;
}

async function execute(request: TaskRequest, options: Execution, context: CliContext): Promise<number> {
  const { workspaces, mcpConfig, journals, resumed } = options;
  const inputs = inputsFromEnvironment(options.inputEnv, context.env);
  const found = await findServers(request, workspaces, mcpConfig, context);
  const logger = createLogger((level, message) => {
    if (level === 'warn' || level === 'error') context.err.write(`${level}: ${message}\n`);
  });
  const connection = connectServer(options, context);
  const catalog = new ModelCatalog(connection.server, context.clock);
  const lifecycle = new ModelLifecycle(catalog, context.clock);
  const isInMemory = (): boolean => catalog.snapshot.models.every(({ activity }) => activity !== 'loading');
  const render = options.json ? jsonLines(context.out) : plainText(context, isInMemory);
  const ending = new AbortController();
  const following = onAbort(context.signal, () => ending.abort(abortReason(context.signal)));
  const control = options.control ? new TaskControl() : undefined;
  const steering = control && (await follow(control, ending, context));
  const sampling = options.approve === 'all' ? new SamplingDesk(UNATTENDED) : undefined;
  const common = { clock: context.clock, logger };
  const hub = openHub(hostOf(workspaces, sampling, logger), logger, inputs, context);
  const written = options.prompt && { prompt: options.prompt, held: new HeldConnections(hub) };
  try {
    const task = written && (await promptTask(written.prompt, found.servers, written.held, ending.signal));
    const end = await runTask(
      task === undefined ? request : { ...request, task },
      {
        ...connection,
        ...common,
        version: context.version,
        validator: new ModelValidator(catalog, context.clock),
        lanes: new ModelLanes(),
        workspaces,
        found,
        connections: written?.held ?? hub,
        sampling,
        gate: createUnattendedGate(options.approve),
        onPhase: (key, phase) => catalog.markActivity(key, phase),
        loading: { lifecycle },
        toolMeaning: { models: () => catalog.snapshot.models, vectors: new VectorCache() },
        journals,
        resumed,
        onSubstitution: options.onSubstitution,
        control,
      },
      render,
      ending.signal,
    );
    await journals?.prune().catch((error: unknown) => {
      logger.log('warn', `Old journals were not deleted: ${toBridgeError(error).message}`);
    });
    return EXIT_CODES[end.status];
  } finally {
    await written?.held.end();
    steering?.dispose();
    following.dispose();
    lifecycle.dispose();
    catalog.dispose();
  }
}

/** Nothing is kept warm for anybody else; but a server that goes away is started again. */
function openHub(host: ClientHost, logger: Logger, inputs: InputSource, { clock, version }: CliContext): McpHub {
  return new McpHub({ host, logger, inputs, clock, clientVersion: version, warmMs: 0 });
}

/** Nobody is there to be asked; the model answers servers only where everything is allowed. */
function hostOf(folders: readonly string[], sampling: SamplingDesk | undefined, logger: Logger): ClientHost {
  return {
    roots: { folders },
    sample: sampling?.answer,
    onLog: (server, level, text) => {
      if (SERIOUS.has(level)) logger.log('warn', `MCP server "${server}" says (${level}): ${text}`);
    },
  };
}

const SERIOUS: ReadonlySet<LogLevel> = new Set(['warning', 'error', 'critical', 'alert', 'emergency']);

/** The person's own files are read only for a name that no other file has: a broken one of another product holds up nobody. */
async function findServers(
  { servers: wanted }: TaskRequest,
  workspaces: readonly string[],
  files: readonly string[] | undefined,
  { env }: CliContext,
): Promise<FoundServers> {
  const found = await discoverServers({ workspaces, files });
  if (files || wanted.kind !== 'named') return found;
  const has = (name: string): boolean =>
    [...found.servers.map((spec) => spec.name), ...found.diagnostics.map(({ server }) => server)].includes(name);
  if (wanted.names.every(has)) return found;
  const { userPlaces } = await import('../tasks/userPlaces');
  return discoverServers({ workspaces, user: await userPlaces({ env }) });
}

async function follow(control: TaskControl, ending: AbortController, context: CliContext): Promise<Disposable> {
  const { followControl } = await import('./controlInput');
  const cancel = (): void => {
    ending.abort(new BridgeError('cancelled', 'Cancelled by a line on stdin.'));
  };
  return followControl(context.input(), { control, cancel, clock: context.clock });
}

async function readTask(source: Exclude<RunCommand['task'], { prompt: unknown }>, cwd: string): Promise<string> {
  if ('text' in source) return source.text;
  const file = resolve(cwd, source.file);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ConfigurationError('usage', `The task file ${file} cannot be read: ${errorMessage(error)}.`, {
      cause: error,
    });
  });
  if (text.trim() === '') throw usage(`The task file ${file} is empty.`);
  return text.replace(/^\uFEFF/, '').trim();
}

async function existingFolder(path: string): Promise<string> {
  const isFolder = await stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  if (!isFolder) throw usage(`The workspace folder ${path} does not exist.`);
  return path;
}

function jsonLines(out: OutputStream): (event: TaskEvent) => void {
  return ({ type, at, ...fields }) => {
    out.write(`${JSON.stringify({ type, at, ...fields })}\n`);
  };
}
