/** The gate of a task with what only the task knows: which tools have changed, and what the run has read so far. */
import * as l10n from '@vscode/l10n';
import type { ApprovalGate, Tool } from '../agent/types';
import type { JsonObject } from '../base/json';
import { looksSecret } from '../mcp/environment';
import type { ServerSpec } from '../mcp/serverSpec';
import {
  afterCall,
  cautionFor,
  type FlowEffects,
  effectsOf,
  type FlowServer,
  NOTHING_READ,
  READ_BEFORE,
} from '../policy/dataFlow';
import { OWN_SERVER } from './ownTools';
import type { ReviewedToolbox } from './reviewedTools';
import type { RunReport } from './runReport';
import type { TaskEnvironment } from './taskEnvironment';

export interface GuardedGateNeeds {
  readonly environment: Pick<TaskEnvironment, 'gate' | 'resumed' | 'trusts'>;
  readonly toolbox: Pick<ReviewedToolbox, 'refusal'>;
  readonly specs: readonly ServerSpec[];
  readonly run: Pick<RunReport, 'warn'>;
}

/** Of our own tools: what they give was counted when a server gave it. */
const NO_EFFECTS: FlowEffects = { readsPrivate: false, readsForeign: false, sends: false };

/** Make one for each run: it remembers what the run has read. */
export function createGuardedGate({ environment, toolbox, specs, run }: GuardedGateNeeds): ApprovalGate {
  const { gate, resumed, trusts } = environment;
  // What the run read before an interruption is not known any more.
  let state = resumed === undefined ? NOTHING_READ : READ_BEFORE;
  let isTold = false;
  const effects = (tool: Tool, args: JsonObject): FlowEffects => {
    if (tool.server === OWN_SERVER && !specs.some(({ name }) => name === OWN_SERVER)) return NO_EFFECTS;
    const spec = specs.find(({ name }) => name === tool.server);
    return effectsOf(tool, spec && toFlowServer(spec, trusts?.(tool.server) === true), args);
  };
  return {
    async decide(request, signal) {
      const { tool } = request;
      const why = toolbox.refusal(tool);
      if (why !== undefined) return { kind: 'denied', reason: why };
      const does = effects(tool, request.arguments);
      const caution = cautionFor(state, does);
      const decision = await gate.decide(caution === undefined ? request : { ...request, caution }, signal);
      if (decision.kind !== 'denied') state = afterCall(state, tool, does);
      if (decision.kind === 'allowed' && caution !== undefined && !isTold) {
        isTold = true;
        run.warn(
          'data-flow',
          l10n.t('"{0}" of "{1}" was called, and nobody was asked. {2}', tool.name, tool.server, caution),
        );
      }
      return decision;
    },
  };
}

function toFlowServer({ transport }: ServerSpec, isTrusted: boolean): FlowServer {
  if (transport.kind === 'http') {
    const hasCredentials = Object.keys(transport.headers).length > 0 || transport.oauth !== undefined;
    return { isRemote: !isLoopback(transport.url), hasCredentials, isTrusted };
  }
  const hasCredentials = transport.envFile !== undefined || Object.keys(transport.env).some(looksSecret);
  return { isRemote: false, hasCredentials, isTrusted };
}

/** An address that cannot be read yet may be anywhere. */
function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname);
}
