import * as l10n from '@vscode/l10n';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type * as z from 'zod/v4';
import { abortReason } from '../base/abort';
import type { Clock } from '../base/clock';
import { ToolExecutionError } from '../base/errors';
import { visibleText } from '../base/visibleText';
import type { ClientHost } from './clientHost';
import { Patience } from './patience';
import type { ServerAsks } from './serverAsks';

/** The SDK counts real time on its own; ours is the injected clock, so its timer is set out of the way. */
export const SDK_TIMEOUT_MS = 2 ** 31 - 1;

const MAX_PROGRESS = 500;

export interface ServerRequest {
  readonly method: string;
  readonly params?: Record<string, unknown>;
  /** The tool that is called; only its progress is listened for. */
  readonly tool?: string;
}

export interface RequestSurroundings {
  readonly client: Client;
  /** Its name. */
  readonly server: string;
  /** What the server asks in the meantime: no time passes while it waits for an answer of ours. */
  readonly asks: ServerAsks;
  readonly clock: Clock;
  readonly host: ClientHost;
  /** From the request, or its last sign of progress, to its answer. */
  readonly timeoutMs: number;
}

/** @throws ToolExecutionError `tool-timeout`, the signal's reason, or what the SDK threw */
export async function sendRequest<T>(
  { tool, ...request }: ServerRequest,
  schema: z.ZodType<T>,
  { client, server, asks, clock, host, timeoutMs }: RequestSurroundings,
  signal: AbortSignal,
): Promise<T> {
  const patience = new Patience(timeoutMs, clock, signal);
  const calling = asks.call(patience);
  const onprogress = ({ message }: { readonly message?: string | undefined }): void => {
    patience.renew();
    if (message !== undefined) host.onLog?.(server, 'info', progressText(tool, message));
  };
  try {
    const options = { signal: patience.signal, timeout: SDK_TIMEOUT_MS, ...(tool !== undefined && { onprogress }) };
    return await client.request(request, schema, options);
  } catch (error) {
    if (signal.aborted) throw abortReason(signal);
    if (!patience.isOver) throw error;
    const seconds = timeoutMs / 1000;
    // A tool's failure is told to the model.
    const text =
      tool === undefined
        ? l10n.t(
            'MCP server "{0}" gave no result and no sign of progress for {1} seconds, and was stopped.',
            server,
            seconds,
          )
        : `The tool "${tool}" gave no result and no sign of progress for ${seconds} seconds, and was stopped.`;
    throw new ToolExecutionError('tool-timeout', text);
  } finally {
    calling.dispose();
    patience.dispose();
  }
}

function progressText(tool: string | undefined, message: string): string {
  const text = visibleText(message).slice(0, MAX_PROGRESS);
  return tool === undefined ? text : `${tool}: ${text}`;
}
