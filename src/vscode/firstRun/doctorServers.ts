/** The model servers of this window beside the one that tasks use: asked side by side, each for a limited time. */
import * as l10n from '@vscode/l10n';
import type { Clock } from '../../base/clock';
import { type BridgeError, toBridgeError } from '../../base/errors';
import type { Failure, OtherServerFacts } from '../../tasks/doctorFacts';
import { probeServer } from '../../tasks/doctorProbe';
import type { DoctorQuestions } from '../../tasks/doctorQuestions';
import type { ServedConnection, ServerConnections } from '../serverConnections';
import type { TaskServerSource } from '../taskServer';

export interface OtherServersNeeds {
  readonly connections: ServerConnections;
  readonly taskServer: TaskServerSource;
  readonly clock: Clock;
}

export function gatherOtherServers(
  { connections, taskServer, clock }: OtherServersNeeds,
  questions: DoctorQuestions,
): Promise<readonly OtherServerFacts[]> {
  const own = taskServer.current().server.name;
  const others = connections.all.filter(({ name }) => name !== own);
  return Promise.all(others.map((server) => gatherOne(server, clock, questions)));
}

async function gatherOne(
  { label, connection }: ServedConnection,
  clock: Clock,
  questions: DoctorQuestions,
): Promise<OtherServerFacts> {
  const what = l10n.t('Model server "{0}"', label);
  const asked = await questions.ask(what, async (signal) => {
    const connected = await connection.get().catch(toBridgeError);
    if (!('catalog' in connected)) return { probe: { ok: false as const, error: connected } };
    const { server } = connected.catalog;
    // A person asks, who may know that the server is back.
    server.policy.breaker.tryNow();
    return { address: server.address, probe: await probeServer(server, clock, signal) };
  });
  const root = asked?.address?.root ?? connection.snapshot.root;
  const about = { name: label, root, hasToken: (asked?.address ?? connection).token !== undefined };
  const { probe } = asked ?? {};
  if (!probe?.ok) return { ...about, answer: { kind: 'failed', ...failureOf(probe?.error) } };
  return { ...about, answer: { kind: 'online', latencyMs: probe.latencyMs, models: probe.listing.models.length } };
}

/** Undefined: there was no answer in time. */
export function failureOf(error: BridgeError | undefined): Failure {
  if (!error) return { code: 'server-timeout', message: l10n.t('There was no answer in time.') };
  const { code, message, hint } = error;
  return { code, message, hint };
}
