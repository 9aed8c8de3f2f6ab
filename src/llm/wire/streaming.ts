/** A streamed answer of any endpoint: sent, watched through its phases, read to its end. */
import * as l10n from '@vscode/l10n';
import type { ChatEvent, OnPhase, Usage } from '../../agent/types';
import { abortReason, onAbort, throwIfAborted } from '../../base/abort';
import type { JsonObject } from '../../base/json';
import { classifyFailure, serverError } from '../errors';
import type { FrameReader } from './frameReader';
import { readServerSentEvents, STALL_MS } from './sse';
import { askStream, type Wire } from './transport';

export interface StreamOptions {
  readonly onPhase?: OnPhase | undefined;
  /** How long the server may take for its first byte, the load of the model and the prompt included. Default: for ever. */
  readonly firstByteMs?: number | undefined;
  /** See `FetchInit`; for callers that repeat what failed. */
  readonly isRound?: boolean | undefined;
  /** Called before the last event. */
  readonly onFinish?: ((usage: Usage) => void) | undefined;
}

/**
 * Sends one request and yields what `reader` makes of the answer. No total time-out: five seconds to connect, no limit
 * to the first byte unless one is given, and a warning where the stream stops for two minutes (reference 9, client 6).
 */
export async function* streamEvents(
  wire: Wire,
  path: string,
  body: JsonObject,
  reader: FrameReader,
  signal: AbortSignal,
  options: StreamOptions = {},
): AsyncGenerator<ChatEvent> {
  const { root } = wire.address;
  const { onPhase } = options;
  const wait = waitForFirstByte(wire, options.firstByteMs, signal);
  try {
    onPhase?.({ phase: 'connecting' });
    const onConnected =
      onPhase &&
      (() => {
        onPhase({ phase: 'processing-prompt', estimatedMs: null, progress: null });
      });
    const stream = await askStream(wire, path, body, wait.signal, { onConnected, isRound: options.isRound });
    let isFirst = true;
    let isAnswering = reader.tellsPhases !== true;
    for await (const batch of readServerSentEvents(stream, () => reader.isDone, wire.clock)) {
      if (isFirst) {
        isFirst = false;
        wait.end();
        if (isAnswering) onPhase?.({ phase: 'generating' });
      }
      // A long prompt is no stall.
      if (batch.length === 0 && isAnswering) yield stalled();
      for (const frame of batch) {
        // Not `yield*`, which wraps every event of a synchronous generator in promises.
        for (const event of reader.read(frame.data, frame.event)) {
          if (event.type !== 'phase') {
            yield event;
            continue;
          }
          isAnswering = event.phase.phase === 'generating';
          onPhase?.(event.phase);
        }
        throwIfAborted(signal);
      }
      if (reader.isDone) break;
    }
  } catch (error) {
    throw classifyFailure(error, root, wait.signal);
  } finally {
    wait.dispose();
  }
  for (const event of reader.end()) {
    if (event.type === 'finish') options.onFinish?.(event.usage);
    yield event;
  }
}

/** A signal that fires as `parent` does, and with `server-timeout` where `end` is not called within `ms`. */
function waitForFirstByte(wire: Wire, ms: number | undefined, parent: AbortSignal) {
  const own = new AbortController();
  const listening = onAbort(parent, () => {
    own.abort(abortReason(parent));
  });
  const timer =
    ms === undefined
      ? undefined
      : wire.clock.after(ms, () => {
          own.abort(
            serverError(
              'server-timeout',
              l10n.t('{0} has not begun to answer in {1} s.', wire.address.root, ms / 1000),
            ),
          );
        });
  return {
    signal: own.signal,
    end: () => timer?.dispose(),
    dispose: () => {
      listening.dispose();
      timer?.dispose();
    },
  };
}

function stalled(): ChatEvent {
  return {
    type: 'warning',
    code: 'stalled',
    message: l10n.t(
      'The server has sent nothing for {0} s in the middle of its answer. Still waiting.',
      STALL_MS / 1000,
    ),
  };
}
