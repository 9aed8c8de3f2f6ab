/** How far LM Studio has read a prompt, out of its server log (reference 4, 5.3): for requests whose endpoint does not say. */
import * as l10n from '@vscode/l10n';
import * as z from 'zod/v4';
import type { ChatModel, Phase } from '../../agent/types';
import { delay, onAbort } from '../../base/abort';
import type { Clock } from '../../base/clock';
import { BridgeError, LLMConnectionError, toBridgeError } from '../../base/errors';
import { parseJson } from '../../base/json';
import type { Logger } from '../../base/logger';
import type { LmsCli } from './lmsCli';

/** Shorter waits are not worth a process. */
const FOLLOW_AFTER_MS = 1_000;

const logRecord = z.object({ data: z.object({ type: z.literal('server.log'), content: z.string() }) });

/**
 * The whole of a line such as `[2026-11-22 10:00:00][INFO][qwen/qwen3-8b] Prompt processing progress: 37.5%`. Prompts
 * can stand in the log too, so nothing that only contains it counts.
 */
const PROGRESS = /^(?:\[[^\]\n]*\]\[[A-Z]+\])?\[([^[\]\n]+)\] Prompt processing progress: (\d{1,3}(?:\.\d{1,9})?)%\s*$/;

export interface LoggedProgress {
  /** Id of the copy in memory, or of its model. */
  readonly model: string;
  /** 0 to 1. */
  readonly progress: number;
}

/** What a record of `lms log stream --json` says of a prompt; undefined where it speaks of something else. */
export function readProgress(line: string): LoggedProgress | undefined {
  const json = parseJson(line);
  const record = json.ok ? logRecord.safeParse(json.value).data : undefined;
  const [, model, percent] = PROGRESS.exec(record?.data.content ?? '') ?? [];
  const progress = Number(percent) / 100;
  return model !== undefined && progress <= 1 ? { model, progress } : undefined;
}

export interface PromptLogOptions {
  readonly lms: LmsCli;
  /** Of the server that is asked: the log of another one says nothing. */
  readonly port: number;
  /** What the log may call the model. */
  readonly names: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The same model, but while a prompt is read the server's log is followed, and each step is told. Where that fails,
 * nothing changes. The log does not say whose request it speaks of: with others at the same model, a step may be theirs.
 */
export function withLoggedProgress(model: ChatModel, options: PromptLogOptions): ChatModel {
  return {
    id: model.id,
    async *stream(request, signal, onPhase) {
      if (!onPhase) {
        yield* model.stream(request, signal);
        return;
      }
      let following: AbortController | undefined;
      const end = (): void => {
        following?.abort(new BridgeError('cancelled', 'The prompt has been read.'));
        following = undefined;
      };
      const listening = onAbort(signal, end);
      const start = (phase: Reading): void => {
        following = new AbortController();
        void follow(options, phase, onPhase, following.signal);
      };
      try {
        yield* model.stream(request, signal, (phase) => {
          end();
          onPhase(phase);
          // A server that tells it itself needs no log.
          if (phase.phase === 'processing-prompt' && phase.progress === null) start(phase);
        });
      } finally {
        listening.dispose();
        end();
      }
    },
  };
}

type Reading = Extract<Phase, { phase: 'processing-prompt' }>;

/** Until the signal fires. Never rejects. */
async function follow(
  { lms, port, names, clock, logger }: PromptLogOptions,
  phase: Reading,
  tell: (phase: Phase) => void,
  signal: AbortSignal,
): Promise<void> {
  let told = -1;
  const onLine = (line: string): void => {
    const read = readProgress(line);
    if (!read || !names.includes(read.model) || Math.floor(read.progress * 100) === told) return;
    told = Math.floor(read.progress * 100);
    tell({ ...phase, progress: read.progress });
  };
  try {
    await delay(FOLLOW_AFTER_MS, clock, signal);
    // Asks without waking anything: what answers at this port may be no LM Studio, or one on another machine.
    const found = await lms.serverPort(signal);
    if (found !== port) {
      throw new LLMConnectionError(
        'wrong-server',
        found === undefined
          ? l10n.t('lms speaks of a server that does not run.')
          : l10n.t('lms speaks of the server at port {0}.', found),
      );
    }
    await lms.followServerLog(onLine, signal);
  } catch (error) {
    if (signal.aborted) return;
    logger.log('info', l10n.t('How far a prompt is read is only estimated: {0}', toBridgeError(error).message));
  }
}
