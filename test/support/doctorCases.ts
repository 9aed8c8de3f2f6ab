/** For each finding of the doctor, facts that differ from a healthy house in one thing. */
import type { ConfigDiagnostic } from '../../src/mcp/serverSpec';
import type { FindingId } from '../../src/tasks/doctorCatalogue';
import type {
  DoctorFacts,
  McpServerFacts,
  OtherServerFacts,
  ServerAnswer,
  ServerFacts,
} from '../../src/tasks/doctorFacts';
import { healthy, healthyServer, mcpServer, otherServer } from './doctorFacts';
import { loaded, model } from './models';

const server = (change: Partial<ServerFacts>): DoctorFacts => healthy({ server: { ...healthyServer(), ...change } });
const answer = (change: object): DoctorFacts => server({ answer: { ...healthyServer().answer, ...change } });
export const failed = (code: string, change: Partial<ServerFacts> = {}): DoctorFacts =>
  server({ answer: { kind: 'failed', code, message: 'It failed.' } as ServerAnswer, ...change });
const editor = (change: Partial<DoctorFacts['editor']>): DoctorFacts =>
  healthy({ editor: { ...healthy().editor, ...change } });
export const models = (change: Partial<DoctorFacts['models']>): DoctorFacts =>
  healthy({ models: { ...healthy().models, ...change } });
export const mcp = (...servers: readonly Partial<McpServerFacts>[]): DoctorFacts =>
  healthy({ mcp: { servers: servers.map((change) => mcpServer(change)), diagnostics: [] } });
export const others = (...servers: readonly Partial<OtherServerFacts>[]): DoctorFacts =>
  healthy({ otherServers: servers.map((change) => otherServer(change)) });
export const diagnostic = (severity: ConfigDiagnostic['severity']): DoctorFacts =>
  healthy({
    mcp: {
      servers: [mcpServer()],
      diagnostics: [{ severity, message: 'Odd.', server: 'files', file: '/x/.mcp.json', line: 3, column: 5 }],
    },
  });

/** Facts, and what is found in them and in nothing else. */
export const CASES: Readonly<Record<FindingId, DoctorFacts>> = {
  'setting-wrong': healthy({ settings: { changed: [], problems: ['The setting x must be a number.'] } }),
  'server-address-wrong': failed('usage', { root: '' }),
  'server-unreachable': failed('server-unreachable'),
  'server-not-running': failed('server-unreachable', { canStart: true }),
  'server-silent': failed('server-timeout'),
  'server-other-program': failed('wrong-server'),
  'server-failed': failed('bad-response'),
  'token-missing': failed('auth-required'),
  'token-refused': failed('auth-required', { hasToken: true }),
  'server-at-other-address': failed('server-unreachable', { otherAddress: 'http://127.0.0.1:4321' }),
  'remote-loopback': healthy({
    server: { ...failed('server-unreachable').server },
    editor: { ...healthy().editor, remote: 'ssh-remote' },
  }),
  'server-slow': answer({ latencyMs: 2_001 }),
  'server-old': answer({ path: '/api/v0/models' }),
  'server-not-lm-studio': answer({ isLmStudio: false, path: '/v1/models' }),
  'list-incomplete': answer({ skipped: 1 }),
  'other-server-failed': others({ answer: { kind: 'failed', code: 'server-unreachable', message: 'Oh.' } }),
  'other-server-token': others({ answer: { kind: 'failed', code: 'auth-required', message: 'Oh.' } }),
  'other-server-slow': others({ answer: { kind: 'online', latencyMs: 2_001, models: 1 } }),
  'models-none': models({ list: [model('e/mbed', { kind: 'embedding' })] }),
  'model-missing': models({ chosen: 'gone/away' }),
  'model-not-loaded': models({ list: [model('a/b', { toolUse: true })] }),
  'model-not-loaded-by-request': healthy({
    models: { ...healthy().models, list: [model('a/b', { toolUse: true })] },
    server: answer({ loadsJustInTime: false }).server,
  }),
  'model-context-small': models({ list: [loaded('a/b', 4_096, { toolUse: true })] }),
  'model-no-tools': models({ list: [loaded('a/b', 32_768, { toolUse: false })], selfTest: undefined }),
  'model-failed-self-test': models({ selfTest: 'shaky' }),
  'model-not-tested': models({ selfTest: undefined }),
  'folder-untrusted': editor({ isTrusted: false }),
  'folder-none': editor({ hasFolder: false }),
  'mcp-file-wrong': diagnostic('error'),
  'mcp-file-doubtful': diagnostic('warning'),
  'mcp-none': mcp(),
  'mcp-all-off': mcp({ state: 'disabled' }, { state: 'switched off' }),
  'mcp-failed': mcp({ state: 'failed', failure: { code: 'mcp-start-failed', message: 'MCP server "x" ended.' } }),
  'mcp-blocked': mcp({ block: 'MCP server "x" is denied by the settings.' }),
  'mcp-needs-consent': mcp({ needsConsent: true, state: 'stopped' }),
  'mcp-slow-start': mcp({ startMs: 12_000 }),
  'task-interrupted': healthy({ journals: { folder: '/j', bytes: 1, count: 2, interrupted: 1 } }),
  'journals-large': healthy({ journals: { folder: '/j', bytes: 201 * 1024 * 1024, count: 2, interrupted: 0 } }),
  'errors-noted': healthy({ errors: [{ at: '2026-01-01T00:00:00.000Z', message: 'Oh.' }] }),
  'chat-needs-sign-in': editor({ chatNeedsSignIn: true, version: '1.106.0' }),
  'answer-late': healthy({ timings: [{ what: 'Journals', ms: 15_000, end: 'late' }] }),
};
