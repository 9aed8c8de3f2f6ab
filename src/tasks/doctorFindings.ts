/** From facts to findings: what is wrong, the most important first, a sentence each. Pure. */
import { chooseModel, type ChosenModel } from '../llm/lmstudio/selection';
import { modelState } from '../llm/lmstudio/model';
import { formatOrigin } from '../mcp/serverSpec';
import { bySeverity, type Finding } from './doctorCatalogue';
import type { DoctorFacts, McpServerFacts, ServerAnswer } from './doctorFacts';
import { COMFORTABLE_CONTEXT, isLoopback, NEWEST_LIST } from './doctorProbe';

/** A list comes at once from a server that is well. */
const SLOW_ANSWER_MS = 2_000;
const SLOW_START_MS = 10_000;
/** What the folder of journals is kept below by itself. */
const LARGE_JOURNALS = 200 * 1024 * 1024;

export function findingsOf(facts: DoctorFacts): readonly Finding[] {
  return bySeverity([
    ...settingFindings(facts),
    ...serverFindings(facts),
    ...addressFindings(facts),
    ...modelFindings(facts),
    ...folderFindings(facts),
    ...mcpFindings(facts),
    ...taskFindings(facts),
    ...editorFindings(facts),
    ...timeFindings(facts),
  ]);
}

function settingFindings({ settings }: DoctorFacts): readonly Finding[] {
  return settings.problems.map((text) => ({ id: 'setting-wrong', text }));
}

function serverFindings({ server, editor }: DoctorFacts): readonly Finding[] {
  const { answer, root } = server;
  if (answer.kind === 'failed') return [failureOf(answer, server)];
  const { path, latencyMs, isLmStudio, skipped } = answer;
  const findings: Finding[] = [];
  if (!isLmStudio) {
    const text = `A server that is not LM Studio answers at ${root}: chat works, but models cannot be loaded and contexts are not known.`;
    findings.push({ id: 'server-not-lm-studio', text });
  } else if (path !== NEWEST_LIST) {
    const text = `This LM Studio has no ${NEWEST_LIST}, so it is older than 0.4.0: models cannot be loaded from ${editor.name}, and contexts are not known.`;
    findings.push({ id: 'server-old', text });
  }
  if (latencyMs > SLOW_ANSWER_MS) {
    const text = `The server took ${String(latencyMs)} ms for its list of models: it is busy, or the way to it is slow.`;
    findings.push({ id: 'server-slow', text });
  }
  if (skipped > 0) {
    const text = `${count(skipped, 'entry', 'entries')} of the server's list of models could not be read and ${skipped === 1 ? 'is' : 'are'} not shown.`;
    findings.push({ id: 'list-incomplete', text });
  }
  return findings;
}

function failureOf(
  { code, message }: Extract<ServerAnswer, { kind: 'failed' }>,
  { root, hasToken, canStart }: DoctorFacts['server'],
): Finding {
  if (root === '') return { id: 'server-address-wrong', text: message };
  switch (code) {
    case 'server-unreachable':
      return canStart
        ? { id: 'server-not-running', text: `LM Studio is on this computer, but its server does not run at ${root}.` }
        : { id: 'server-unreachable', text: `No model server answers at ${root}.` };
    case 'server-timeout':
      return { id: 'server-silent', text: `The server at ${root} takes requests but does not answer them.` };
    case 'wrong-server':
      return { id: 'server-other-program', text: `What answers at ${root} is not a model server.` };
    case 'auth-required':
      return hasToken
        ? { id: 'token-refused', text: `The server at ${root} does not accept the API token that is stored for it.` }
        : { id: 'token-missing', text: `The server at ${root} wants an API token, and none is stored for it.` };
    default:
      return { id: 'server-failed', text: `The server at ${root} could not be asked for its models: ${message}` };
  }
}

function addressFindings({ server, editor }: DoctorFacts): readonly Finding[] {
  const { answer, otherAddress, root } = server;
  const findings: Finding[] = [];
  if (answer.kind === 'failed' && otherAddress !== undefined) {
    const text = `LM Studio of this computer is set to listen at ${otherAddress}, and ${root} was asked.`;
    findings.push({ id: 'server-at-other-address', text });
  }
  if (answer.kind === 'failed' && editor.remote !== undefined && isLoopback(root)) {
    const text = `This window works on another computer (${editor.remote}), and ${root} means that one: if LM Studio runs beside your screen, let it serve on the network and set its address there.`;
    findings.push({ id: 'remote-loopback', text });
  }
  return findings;
}

function modelFindings({ server, models }: DoctorFacts): readonly Finding[] {
  const { answer } = server;
  if (answer.kind === 'failed') return [];
  if (!models.list.some(({ kind }) => kind === 'chat')) {
    return [{ id: 'models-none', text: 'The server has no chat model: download one in LM Studio.' }];
  }
  const chosen = choose(models);
  if (!chosen) {
    return [
      { id: 'model-missing', text: `The server has no model "${models.chosen ?? ''}", which the settings choose.` },
    ];
  }
  return [...loadFindings(chosen, answer.loadsJustInTime), ...toolFindings(chosen, models.selfTest)];
}

/** The model that tasks use; undefined where it does not exist. */
export function choose({ list, chosen }: Pick<DoctorFacts['models'], 'list' | 'chosen'>): ChosenModel | undefined {
  try {
    return chooseModel(list, chosen);
  } catch {
    return undefined;
  }
}

function loadFindings({ model, contextLength, contextSource }: ChosenModel, isJit: boolean | null): readonly Finding[] {
  if (modelState(model) === 'not-loaded') {
    return [
      isJit === false
        ? {
            id: 'model-not-loaded-by-request',
            text: `${model.key}, which tasks would use, is not in memory, and just-in-time loading is off in LM Studio.`,
          }
        : {
            id: 'model-not-loaded',
            text: `${model.key}, which tasks would use, is not in memory: the first request will load it and has to wait for that.`,
          },
    ];
  }
  const isSmall = contextSource === 'loaded-instance' && contextLength !== null && contextLength < COMFORTABLE_CONTEXT;
  if (!isSmall) return [];
  const text = `${model.key} is loaded with ${String(contextLength)} tokens of context: tasks with tools need ${String(COMFORTABLE_CONTEXT)} or more.`;
  return [{ id: 'model-context-small', text }];
}

function toolFindings({ model }: ChosenModel, selfTest: DoctorFacts['models']['selfTest']): readonly Finding[] {
  if (selfTest === 'no' || selfTest === 'shaky') {
    const how = selfTest === 'no' ? 'cannot use tools' : 'does not use tools reliably';
    return [{ id: 'model-failed-self-test', text: `By its self-test ${model.key} ${how}.` }];
  }
  if (selfTest === 'reliable') return [];
  return model.toolUse === false
    ? [{ id: 'model-no-tools', text: `${model.key} is not trained for tool use.` }]
    : [{ id: 'model-not-tested', text: `Nobody has tested yet how well ${model.key} uses tools.` }];
}

function folderFindings({ editor }: DoctorFacts): readonly Finding[] {
  if (!editor.isTrusted) {
    return [{ id: 'folder-untrusted', text: 'This folder is not trusted, so tasks and MCP servers are off.' }];
  }
  if (editor.hasFolder) return [];
  return [{ id: 'folder-none', text: 'No folder is open, so only your own MCP servers are found.' }];
}

function mcpFindings({ mcp, editor }: DoctorFacts): readonly Finding[] {
  if (!editor.isTrusted) return [];
  const { servers, diagnostics } = mcp;
  const problems = diagnostics.flatMap((diagnostic): readonly Finding[] => {
    if (diagnostic.severity === 'info') return [];
    const id = diagnostic.severity === 'error' ? 'mcp-file-wrong' : 'mcp-file-doubtful';
    return [{ id, text: `${formatOrigin(diagnostic)}: ${diagnostic.message}` }];
  });
  const isOff = ({ state }: McpServerFacts): boolean => state === 'disabled' || state === 'switched off';
  if (servers.length === 0) {
    const text = 'No MCP server is configured, so tasks have no tools to work with.';
    return [...problems, { id: 'mcp-none', text }];
  }
  if (servers.every(isOff)) {
    return [...problems, { id: 'mcp-all-off', text: 'All MCP servers are disabled or switched off.' }];
  }
  const inUse = servers.filter((server) => !isOff(server));
  return [...problems, ...inUse.flatMap(mcpServerFindings), ...consentFindings(inUse)];
}

function consentFindings(servers: readonly McpServerFacts[]): readonly Finding[] {
  const asking = servers.filter(({ state, block, needsConsent }) => state === 'stopped' && !block && needsConsent);
  if (asking.length === 0) return [];
  const names = asking.map(({ name }) => `"${name}"`).join(', ');
  const text = `You will be asked before ${asking.length === 1 ? 'this MCP server is' : 'these MCP servers are'} started: ${names}.`;
  return [{ id: 'mcp-needs-consent', text }];
}

function mcpServerFindings({ name, state, block, startMs, failure }: McpServerFacts): readonly Finding[] {
  if (block !== undefined) return [{ id: 'mcp-blocked', text: block }];
  if (state === 'failed') {
    return [{ id: 'mcp-failed', text: failure?.message ?? `MCP server "${name}" could not be started.` }];
  }
  if (startMs === undefined || startMs < SLOW_START_MS) return [];
  const text = `MCP server "${name}" took ${(startMs / 1000).toFixed(1)} s to start.`;
  return [{ id: 'mcp-slow-start', text }];
}

function taskFindings({ journals, errors }: DoctorFacts): readonly Finding[] {
  const findings: Finding[] = [];
  const { interrupted = 0, bytes = 0 } = journals ?? {};
  if (interrupted > 0) {
    findings.push({
      id: 'task-interrupted',
      text: `${count(interrupted, 'task was', 'tasks were')} interrupted and can be resumed.`,
    });
  }
  if (bytes > LARGE_JOURNALS) {
    findings.push({ id: 'journals-large', text: `The journals of tasks take ${megabytes(bytes)} on the disk.` });
  }
  if (errors.length > 0) {
    findings.push({
      id: 'errors-noted',
      text: `${count(errors.length, 'error was', 'errors were')} noted in this window, see below.`,
    });
  }
  return findings;
}

function editorFindings({ editor }: DoctorFacts): readonly Finding[] {
  if (!editor.chatNeedsSignIn) return [];
  const text = `In VS Code ${editor.version} the models of other providers are in the chat only for who is signed in to GitHub Copilot; from 1.122 on nobody has to be. Tasks of this extension never need it.`;
  return [{ id: 'chat-needs-sign-in', text }];
}

function timeFindings({ timings }: DoctorFacts): readonly Finding[] {
  return timings
    .filter(({ end }) => end !== 'done')
    .map(({ what, end }) => ({
      id: 'answer-late',
      text:
        end === 'late'
          ? `${what}: there was no answer in time, so this report says nothing of it.`
          : `${what}: this could not be found out.`,
    }));
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

function count(number: number, one: string, many: string): string {
  return `${String(number)} ${number === 1 ? one : many}`;
}
