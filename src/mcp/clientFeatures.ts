/** What a server may ask of us, on the wire: announced only where the host has it, and answered through the host. */
import * as l10n from '@vscode/l10n';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { ClientCapabilities } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod/v4';
import type { Disposable } from '../base/disposable';
import { errorMessage } from '../base/errors';
import type { Logger } from '../base/logger';
import { redact } from '../base/redact';
import { visibleText } from '../base/visibleText';
import type { ClientHost, LogLevel } from './clientHost';
import { elicit, elicitRequestSchema } from './elicitation';
import { sample, samplingRequestSchema } from './samplingRequest';
import type { ServerAsks } from './serverAsks';

export interface AnsweringNeeds {
  readonly server: string;
  /** Never to be written down. */
  readonly secrets: readonly string[];
  readonly host: ClientHost;
  readonly asks: ServerAsks;
  readonly logger: Logger;
}

/** Longest line of a server's log that is passed on. */
const MAX_LOG = 4000;
/** What our person sees of a server's log without asking for more. */
const LOG_LEVEL: LogLevel = 'info';

const rootsRequestSchema = z.looseObject({ method: z.literal('roots/list') });
const logSchema = z.looseObject({
  method: z.literal('notifications/message'),
  params: z.looseObject({
    level: z.enum(['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency']).catch('info'),
    logger: z.string().optional().catch(undefined),
    data: z.unknown(),
  }),
});

export function capabilitiesOf({ roots, sample: canSample, elicit: canElicit }: ClientHost): ClientCapabilities {
  return {
    roots: roots.onDidChange ? { listChanged: true } : {},
    ...(canSample && { sampling: {} }),
    // The SDK's servers ask for `applyDefaults` before they leave a default to the client.
    ...(canElicit && { elicitation: { form: { applyDefaults: true }, url: {} } }),
  };
}

/** Before the client connects. */
export function answerServer(client: Client, needs: AnsweringNeeds): void {
  const { server, host, asks, logger } = needs;
  client.setRequestHandler(rootsRequestSchema, () => ({
    roots: host.roots.folders.map((folder) => ({ uri: pathToFileURL(folder).href, name: basename(folder) })),
  }));
  const told = <T>(textOf: (reason: string) => string, work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      logger.log('warn', textOf(errorMessage(error)));
      throw error;
    });
  const refusedModel = (reason: string): string =>
    l10n.t('MCP server "{0}" asked for an answer of the model, and was refused: {1}', server, reason);
  const refusedPerson = (reason: string): string =>
    l10n.t('MCP server "{0}" asked the person, and was refused: {1}', server, reason);
  const { sample: askModel, elicit: askPerson, onLog } = host;
  if (askModel) {
    client.setRequestHandler(samplingRequestSchema, ({ params }, extra) =>
      asks.answer(extra.signal, (signal) => told(refusedModel, sample(server, params, askModel, signal))),
    );
  }
  if (askPerson) {
    client.setRequestHandler(elicitRequestSchema, ({ params }, extra) =>
      asks.answer(extra.signal, (signal) => told(refusedPerson, elicit(server, params, askPerson, signal))),
    );
  }
  client.setNotificationHandler(logSchema, ({ params }) => {
    onLog?.(server, params.level, logText(params, needs.secrets));
  });
}

/** Once the client is connected; dispose the result when it is not any more. */
export function keepServerInformed(client: Client, { server, host, logger }: AnsweringNeeds): Disposable {
  const tellTrouble = (error: unknown): void => {
    logger.log('debug', `MCP server "${server}": ${errorMessage(error)}`);
  };
  // Not waited for: a server that never answers this can still have tools.
  if (host.onLog && client.getServerCapabilities()?.logging) client.setLoggingLevel(LOG_LEVEL).catch(tellTrouble);
  const listening = host.roots.onDidChange?.(() => {
    client.sendRootsListChanged().catch(tellTrouble);
  });
  return listening ?? { dispose: () => undefined };
}

function logText({ logger, data }: z.infer<typeof logSchema>['params'], secrets: readonly string[]): string {
  const said = typeof data === 'string' ? data : data === undefined ? '' : JSON.stringify(data);
  // Before it is cut, so that no half of a secret stays.
  const text = visibleText(redact(logger === undefined ? said : `${logger}: ${said}`, secrets));
  return text.length > MAX_LOG ? `${text.slice(0, MAX_LOG)}…` : text;
}
