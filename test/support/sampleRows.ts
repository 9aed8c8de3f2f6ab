/** Rows of every kind, for tests that compare them in two languages. Texts are made while files are loaded, so load this last. */
import { BridgeError } from '../../src/base/errors';
import type { Phase } from '../../src/agent/types';
import type { ServerSpec } from '../../src/mcp/serverSpec';
import type { ServerState } from '../../src/mcp/serverState';
import { NOTHING_RECORDED } from '../../src/tasks/taskRecord';
import { helpPlan } from '../../src/vscode/failureHelp';
import type { RowFace } from '../../src/vscode/rowFace';
import { rowsOf } from '../../src/vscode/servers/serverRows';
import { serverFacts } from '../../src/vscode/servers/serverText';
import { settingProblem } from '../../src/vscode/settings/settingRules';
import { noteRow, roundRow } from '../../src/vscode/tasks/callRows';
import type { LiveTask } from '../../src/vscode/tasks/shownTask';
import { taskRow } from '../../src/vscode/tasks/taskRows';
import type { TaskStatus } from '../../src/vscode/tasks/taskStatus';
import { waitOf } from '../../src/vscode/tasks/taskText';

const SPEC: ServerSpec = {
  ...{ name: 'files', disabled: false, inputs: [], origin: { file: '/p/.mcp.json', line: 3, column: 5 } },
  source: { kind: 'mcp-json', file: '/p/.mcp.json', scope: 'workspace', folder: '/p' },
  transport: { kind: 'stdio', command: 'npx', args: [], env: {}, cwd: undefined },
};

const OFFER: ServerState = {
  ...{ kind: 'ready', since: 0, holders: 0 },
  offer: {
    tools: [{ name: 'read', description: '', inputSchema: { type: 'object' }, readOnly: true }],
    resources: [{ uri: 'demo://text', name: 'text', description: '' }],
    templates: [{ uriTemplate: 'demo://{id}', name: 'any', description: '' }],
    prompts: [{ name: 'greet', description: '', arguments: [] }],
    ...{ title: 'Files', version: '1.0', instructions: undefined },
  },
};

const PHASES: readonly Phase[] = [
  { phase: 'queued', place: 1 },
  { phase: 'connecting' },
  { phase: 'loading-model', progress: 0.5 },
  { phase: 'processing-prompt', estimatedMs: null, progress: null },
];

/** `lastOutput`: the heading above what a server wrote last, in the language of the texts. */
export function sampleRows(lastOutput: string) {
  const failed: ServerState = {
    ...{ kind: 'failed', retryAt: undefined },
    error: new BridgeError('mcp-start-failed', `It ended.\n${lastOutput}\nboom`),
  };
  const server = (state: ServerState) => ({
    ...{ spec: SPEC, state, isOn: true, isTrusted: false, needsConsent: false },
    ...{ isToolOn: () => true, flagsOf: () => [], tokensOf: () => 700 },
  });
  const rows = rowsOf({
    servers: [OFFER, failed, { kind: 'stopped' } as const].map(server),
    diagnostics: [{ severity: 'error', message: 'x', server: undefined, file: '/p/x.json', line: 1, column: 1 }],
    ...{ now: 0, placeOf: (file: string) => file },
  });
  const tasks = [undefined, ...PHASES].map((phase) => taskRow(live(phase), surroundings(), 0));
  const round = { round: 1, usage: null, calls: [] };
  return {
    servers: rows.map(faceOf),
    tasks: [...tasks, roundRow('1', round, 'Tidy up.', true), noteRow('2', 'x', 'Tidy up.', true)].map(faceOf),
    waits: PHASES.map((phase) => waitOf(live(phase).status, surroundings()) ?? ''),
    withOutput: serverFacts(server(failed), 0),
    withoutOutput: serverFacts(server(failed), 0, { withOutput: false }),
    help: helpPlan('usage', settingProblem('task.maxRounds', 'many') ?? ''),
  };
}

export type SampleRows = ReturnType<typeof sampleRows>;

function live(phase: Phase | undefined): LiveTask {
  const status: TaskStatus = {
    ...{ id: 1, runId: 'r', label: 'Tidy up.', startedAt: 0, round: 2, activity: 'x', phase, since: 0 },
    ...{ server: undefined, model: 'a/b', pause: undefined, isWaiting: false },
  };
  const node = { kind: 'task', id: 1 } as const;
  return { kind: 'live', key: 'task:1', node, status, request: undefined, record: NOTHING_RECORDED };
}

function surroundings() {
  return { now: 5_000, newsOf: () => ({ models: [], loading: [] }) };
}

interface Face {
  readonly id: string;
  readonly context: string;
  readonly icon: string;
  readonly spoken: string;
  readonly children: readonly Face[];
}

function faceOf(row: RowFace & { readonly children: unknown }): Face {
  const children = Array.isArray(row.children) ? (row.children as readonly (RowFace & { children: unknown })[]) : [];
  const { id, context, icon, accessibleLabel } = row;
  return { id, context, icon: icon.id, spoken: accessibleLabel, children: children.map(faceOf) };
}
