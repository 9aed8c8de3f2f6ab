/** From facts to findings: what is wrong, the most important first, a sentence each. Pure. */
import * as l10n from '@vscode/l10n';
import { countText, decimalText } from '../base/numberText';
import { chooseModel, type ChosenModel } from '../llm/lmstudio/selection';
import { modelState } from '../llm/lmstudio/model';
import { formatOrigin } from '../mcp/serverSpec';
import { bySeverity, type Finding } from './doctorCatalogue';
import type { DoctorFacts, McpServerFacts, OtherServerFacts, ServerAnswer } from './doctorFacts';
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
    ...facts.otherServers.flatMap(otherServerFindings),
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
    const text = l10n.t(
      'A server that is not LM Studio answers at {0}: chat works, but models cannot be loaded and contexts are not known.',
      root,
    );
    findings.push({ id: 'server-not-lm-studio', text });
  } else if (path !== NEWEST_LIST) {
    const text = l10n.t(
      'This LM Studio has no {0}, so it is older than 0.4.0: models cannot be loaded from {1}, and less is known of them.',
      NEWEST_LIST,
      editor.name,
    );
    findings.push({ id: 'server-old', text });
  }
  if (latencyMs > SLOW_ANSWER_MS) {
    const text = l10n.t(
      'The server took {0} ms for its list of models: it is busy, or the way to it is slow.',
      latencyMs,
    );
    findings.push({ id: 'server-slow', text });
  }
  if (skipped > 0) {
    const text =
      skipped === 1
        ? l10n.t("1 entry of the server's list of models could not be read and is not shown.")
        : l10n.t("{0} entries of the server's list of models could not be read and are not shown.", skipped);
    findings.push({ id: 'list-incomplete', text });
  }
  return findings;
}

function failureOf(
  { code, message }: Extract<ServerAnswer, { kind: 'failed' }>,
  { root, hasToken, canStart }: Pick<DoctorFacts['server'], 'root' | 'hasToken' | 'canStart'>,
): Finding {
  if (root === '') return { id: 'server-address-wrong', text: message };
  switch (code) {
    case 'server-unreachable':
      return canStart
        ? {
            id: 'server-not-running',
            text: l10n.t('LM Studio is on this computer, but its server does not run at {0}.', root),
          }
        : { id: 'server-unreachable', text: l10n.t('No model server answers at {0}.', root) };
    case 'server-timeout':
      return { id: 'server-silent', text: l10n.t('The server at {0} takes requests but does not answer them.', root) };
    case 'wrong-server':
      return { id: 'server-other-program', text: l10n.t('What answers at {0} is not a model server.', root) };
    case 'auth-required':
      return hasToken
        ? {
            id: 'token-refused',
            text: l10n.t('The server at {0} does not accept the API token that is stored for it.', root),
          }
        : {
            id: 'token-missing',
            text: l10n.t('The server at {0} wants an API token, and none is stored for it.', root),
          };
    default:
      return {
        id: 'server-failed',
        text: l10n.t('The server at {0} could not be asked for its models: {1}', root, message),
      };
  }
}

function otherServerFindings({ name, root, hasToken, answer }: OtherServerFacts): readonly Finding[] {
  if (answer.kind === 'failed') {
    const { text } = failureOf(answer, { root, hasToken, canStart: false });
    const id = answer.code === 'auth-required' ? 'other-server-token' : 'other-server-failed';
    return [{ id, text: l10n.t('Model server "{0}": {1}', name, text) }];
  }
  if (answer.latencyMs <= SLOW_ANSWER_MS) return [];
  const text = l10n.t('Model server "{0}" took {1} ms for its list of models.', name, answer.latencyMs);
  return [{ id: 'other-server-slow', text }];
}

function addressFindings({ server, editor }: DoctorFacts): readonly Finding[] {
  const { answer, otherAddress, root } = server;
  const findings: Finding[] = [];
  if (answer.kind === 'failed' && otherAddress !== undefined) {
    const text = l10n.t('LM Studio of this computer is set to listen at {0}, and {1} was asked.', otherAddress, root);
    findings.push({ id: 'server-at-other-address', text });
  }
  if (answer.kind === 'failed' && editor.remote !== undefined && isLoopback(root)) {
    const text = l10n.t(
      'This window works on another computer ({0}), and {1} means that one: if LM Studio runs beside your screen, let it serve on the network and set its address there.',
      editor.remote,
      root,
    );
    findings.push({ id: 'remote-loopback', text });
  }
  return findings;
}

function modelFindings({ server, models }: DoctorFacts): readonly Finding[] {
  const { answer } = server;
  if (answer.kind === 'failed') return [];
  if (!models.list.some(({ kind }) => kind === 'chat')) {
    return [{ id: 'models-none', text: l10n.t('The server has no chat model: download one in LM Studio.') }];
  }
  const chosen = choose(models);
  if (!chosen) {
    const text = l10n.t('The server has no model "{0}", which the settings choose.', models.chosen ?? '');
    return [{ id: 'model-missing', text }];
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
            text: l10n.t(
              '{0}, which tasks would use, is not in memory, and just-in-time loading is off in LM Studio.',
              model.key,
            ),
          }
        : {
            id: 'model-not-loaded',
            text: l10n.t(
              '{0}, which tasks would use, is not in memory: the first request will load it and has to wait for that.',
              model.key,
            ),
          },
    ];
  }
  const isSmall = contextSource === 'loaded-instance' && contextLength !== null && contextLength < COMFORTABLE_CONTEXT;
  if (!isSmall) return [];
  const text = l10n.t(
    '{0} is loaded with {1} tokens of context: tasks with tools need {2} or more.',
    model.key,
    countText(contextLength),
    countText(COMFORTABLE_CONTEXT),
  );
  return [{ id: 'model-context-small', text }];
}

function toolFindings({ model }: ChosenModel, selfTest: DoctorFacts['models']['selfTest']): readonly Finding[] {
  if (selfTest === 'no' || selfTest === 'shaky') {
    const text =
      selfTest === 'no'
        ? l10n.t('By its self-test {0} cannot use tools.', model.key)
        : l10n.t('By its self-test {0} does not use tools reliably.', model.key);
    return [{ id: 'model-failed-self-test', text }];
  }
  if (selfTest === 'reliable') return [];
  return model.toolUse === false
    ? [{ id: 'model-no-tools', text: l10n.t('{0} is not trained for tool use.', model.key) }]
    : [{ id: 'model-not-tested', text: l10n.t('Nobody has tested yet how well {0} uses tools.', model.key) }];
}

function folderFindings({ editor }: DoctorFacts): readonly Finding[] {
  if (!editor.isTrusted) {
    return [{ id: 'folder-untrusted', text: l10n.t('This folder is not trusted, so tasks and MCP servers are off.') }];
  }
  if (editor.hasFolder) return [];
  return [{ id: 'folder-none', text: l10n.t('No folder is open, so only your own MCP servers are found.') }];
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
    const text = l10n.t('No MCP server is configured, so tasks have no tools to work with.');
    return [...problems, { id: 'mcp-none', text }];
  }
  if (servers.every(isOff)) {
    return [...problems, { id: 'mcp-all-off', text: l10n.t('All MCP servers are disabled or switched off.') }];
  }
  const inUse = servers.filter((server) => !isOff(server));
  return [...problems, ...inUse.flatMap(mcpServerFindings), ...consentFindings(inUse)];
}

function consentFindings(servers: readonly McpServerFacts[]): readonly Finding[] {
  const asking = servers.filter(({ state, block, needsConsent }) => state === 'stopped' && !block && needsConsent);
  if (asking.length === 0) return [];
  const names = asking.map(({ name }) => `"${name}"`).join(', ');
  const text =
    asking.length === 1
      ? l10n.t('You will be asked before this MCP server is started: {0}.', names)
      : l10n.t('You will be asked before these MCP servers are started: {0}.', names);
  return [{ id: 'mcp-needs-consent', text }];
}

function mcpServerFindings({ name, state, block, startMs, failure }: McpServerFacts): readonly Finding[] {
  if (block !== undefined) return [{ id: 'mcp-blocked', text: block }];
  if (state === 'failed') {
    return [{ id: 'mcp-failed', text: failure?.message ?? l10n.t('MCP server "{0}" could not be started.', name) }];
  }
  if (startMs === undefined || startMs < SLOW_START_MS) return [];
  const text = l10n.t('MCP server "{0}" took {1} s to start.', name, decimalText(startMs / 1000, 1));
  return [{ id: 'mcp-slow-start', text }];
}

function taskFindings({ journals, errors }: DoctorFacts): readonly Finding[] {
  const findings: Finding[] = [];
  const { interrupted = 0, bytes = 0 } = journals ?? {};
  if (interrupted > 0) {
    findings.push({
      id: 'task-interrupted',
      text:
        interrupted === 1
          ? l10n.t('1 task was interrupted and can be resumed.')
          : l10n.t('{0} tasks were interrupted and can be resumed.', interrupted),
    });
  }
  if (bytes > LARGE_JOURNALS) {
    findings.push({
      id: 'journals-large',
      text: l10n.t('The journals of tasks take {0} on the disk.', megabytes(bytes)),
    });
  }
  if (errors.length > 0) {
    findings.push({
      id: 'errors-noted',
      text:
        errors.length === 1
          ? l10n.t('1 error was noted in this window, see below.')
          : l10n.t('{0} errors were noted in this window, see below.', errors.length),
    });
  }
  return findings;
}

function editorFindings({ editor }: DoctorFacts): readonly Finding[] {
  if (!editor.chatNeedsSignIn) return [];
  const text = l10n.t(
    'In VS Code {0} the models of other providers are in the chat only for who is signed in to GitHub Copilot; from 1.122 on nobody has to be. Tasks of this extension never need it.',
    editor.version,
  );
  return [{ id: 'chat-needs-sign-in', text }];
}

function timeFindings({ timings }: DoctorFacts): readonly Finding[] {
  return timings
    .filter(({ end }) => end !== 'done')
    .map(({ what, end }) => ({
      id: 'answer-late',
      text:
        end === 'late'
          ? l10n.t('{0}: there was no answer in time, so this report says nothing of it.', what)
          : l10n.t('{0}: this could not be found out.', what),
    }));
}

export function megabytes(bytes: number): string {
  return l10n.t('{0} MB', decimalText(bytes / 1024 / 1024, 1));
}
