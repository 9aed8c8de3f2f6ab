import type { DoctorFacts, McpServerFacts, OtherServerFacts, ServerFacts } from '../../src/tasks/doctorFacts';
import { loaded } from './models';

/** A house in which nothing is wrong, but for what a test wants to be different. */
export function healthy(change: Partial<DoctorFacts> = {}): DoctorFacts {
  return {
    at: '2026-01-02T03:04:05.000Z',
    editor: {
      ...{ productVersion: '1.0.0', name: 'Visual Studio Code', version: '1.140.0', platform: 'linux x64' },
      ...{ node: '24.1.0', remote: undefined, isTrusted: true, hasFolder: true, chatNeedsSignIn: false },
    },
    server: healthyServer(),
    otherServers: [otherServer()],
    models: {
      list: [loaded('a/b', 32_768, { toolUse: true })],
      ...{ chosen: undefined, selfTest: 'reliable', speeds: new Map() },
    },
    mcp: { servers: [mcpServer()], diagnostics: [] },
    settings: { changed: [], problems: [] },
    journals: { folder: '/journals', bytes: 0, count: 0, interrupted: 0 },
    errors: [],
    timings: [{ what: 'Model server', ms: 12, end: 'done' }],
    ...change,
  };
}

export function healthyServer(): ServerFacts {
  return {
    root: 'http://127.0.0.1:1234',
    ...{ isConfigured: false, hasToken: false, otherAddress: undefined, canStart: false },
    answer: {
      ...{ kind: 'online', path: '/api/v1/models', latencyMs: 4, skipped: 0, isLmStudio: true },
      loadsJustInTime: true,
    },
  };
}

export function otherServer(change: Partial<OtherServerFacts> = {}): OtherServerFacts {
  return {
    ...{ name: 'gpu', root: 'http://gpu:1234', hasToken: false },
    answer: { kind: 'online', latencyMs: 7, models: 3 },
    ...change,
  };
}

export function mcpServer(change: Partial<McpServerFacts> = {}): McpServerFacts {
  return {
    name: 'files',
    product: 'Workspace',
    origin: { file: '/x/.mcp.json', line: 3, column: 5 },
    transport: 'npx, 2 arguments',
    ...{ state: 'ready', block: undefined, needsConsent: false, isTrusted: true, startMs: 300, tools: 2 },
    ...{ failure: undefined, tail: [] },
    ...change,
  };
}
