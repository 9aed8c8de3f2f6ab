/**
 * LM Studio's own command line, `lms` (reference 4). Any command that needs the app can start it (reference 1.4), so
 * a door asks the person first. Meaningless for a server on another machine.
 */
import * as l10n from '@vscode/l10n';
import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import * as z from 'zod/v4';
import { deadline } from '../../base/abort';
import type { Clock } from '../../base/clock';
import { type BridgeError, errorMessage, isBridgeError, LLMConnectionError, toBridgeError } from '../../base/errors';
import { parseJson } from '../../base/json';
import { LineReader } from '../../base/lineReader';
import { redact } from '../../base/redact';
import { visibleText } from '../../base/visibleText';
import { lmStudioHome } from './discovery';
import { parsePs, type PsRecord } from './ps';

/** `unknown` is neither "nothing is loaded" nor "not installed for ever": ask again later. */
export type LmsAnswer<T> =
  { readonly kind: 'known'; readonly value: T } | { readonly kind: 'unknown'; readonly reason: BridgeError };

export interface LmsOptions {
  readonly clock: Clock;
  /** Where the person's home is; default that of this process. */
  readonly home?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
}

/** It may have to wake the app, which takes a while; the start of the server is verified five times (reference 1.4). */
const PS_TIMEOUT_MS = 15_000;
const START_TIMEOUT_MS = 90_000;
const STATUS_TIMEOUT_MS = 5_000;
const PIPES_GRACE_MS = 1_000;
const MAX_OUTPUT_CHARS = 4_000_000;
/** With token logging on, a line of the log can hold a whole prompt (reference 4); nothing that is read is this long. */
const MAX_LOG_LINE_BYTES = 16_384;
const serverStatus = z.object({ running: z.boolean(), port: z.number().nullish().catch(null) });
/** What the program needs to find its files and to open its app; above all no tokens. */
const INHERITED =
  /^(HOME|PATH|USER|LOGNAME|LANG|TMPDIR|DISPLAY|WAYLAND_DISPLAY|XDG_RUNTIME_DIR|LMS_API_SERVER_INFO_PATH|APPDATA|LOCALAPPDATA|HOMEDRIVE|HOMEPATH|USERPROFILE|SYSTEMROOT|SYSTEMDRIVE|TEMP|PROGRAMFILES)$/i;

/** True for a server on this machine: the only one that `lms` can speak of. */
export function isLocalRoot(root: string): boolean {
  return /^https?:\/\/(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i.test(root);
}

export class LmsCli {
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #platform: NodeJS.Platform;

  constructor(private readonly options: LmsOptions) {
    this.#environment = options.environment ?? process.env;
    this.#platform = options.platform ?? process.platform;
  }

  /** The program's absolute path: on PATH, else in LM Studio's folder. Looked for each time: it can be installed any time. */
  async find(): Promise<string | undefined> {
    const name = this.#platform === 'win32' ? 'lms.exe' : 'lms';
    // A relative entry would mean the folder of a workspace.
    const folders = (this.#environment['PATH'] ?? this.#environment['Path'] ?? '').split(delimiter).filter(isAbsolute);
    const home = await lmStudioHome(this.options.home ?? homedir());
    for (const folder of [...folders, join(home, 'bin')]) {
      const file = join(folder, name);
      const isThere = await access(file, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (isThere) return file;
    }
    return undefined;
  }

  /** What is in memory and what it does. Can start the app. Throws only the signal's reason. */
  async ps(signal: AbortSignal): Promise<LmsAnswer<readonly PsRecord[]>> {
    try {
      const output = await this.#run(['ps', '--json'], PS_TIMEOUT_MS, signal);
      const value = parsePs(output);
      if (value) return { kind: 'known', value };
      return { kind: 'unknown', reason: failure(l10n.t('"lms ps" answered with something that is not its list.')) };
    } catch (error) {
      if (signal.aborted || !isBridgeError(error)) throw error;
      return { kind: 'unknown', reason: error };
    }
  }

  /** Starts LM Studio's server, and LM Studio itself where it does not run. @throws LLMConnectionError that says why not */
  async startServer(signal: AbortSignal): Promise<void> {
    await this.#run(['server', 'start'], START_TIMEOUT_MS, signal);
  }

  /** Where LM Studio's server listens; undefined: it does not run. Starts nothing. @throws LLMConnectionError */
  async serverPort(signal: AbortSignal): Promise<number | undefined> {
    const json = parseJson(await this.#run(['server', 'status', '--json'], STATUS_TIMEOUT_MS, signal));
    const status = json.ok ? serverStatus.safeParse(json.value).data : undefined;
    if (!status) throw failure(l10n.t('"lms server status" answered with something that is no status.'));
    return status.running ? (status.port ?? undefined) : undefined;
  }

  /**
   * Calls back with each line of the server's log, as NDJSON, from now on until the signal fires; longer ones are left
   * out. Can start the app. @throws LLMConnectionError where it ends before that
   */
  async followServerLog(onLine: (line: string) => void, signal: AbortSignal): Promise<void> {
    const lines = new LineReader(MAX_LOG_LINE_BYTES);
    await this.#run(['log', 'stream', '-s', 'server', '--json'], undefined, signal, (chunk) => {
      for (const line of lines.push(chunk)) if (line.kind === 'line' && !signal.aborted) onLine(line.text);
    });
    throw failure(l10n.t('"lms log stream" has ended by itself.'));
  }

  async #run(
    args: readonly string[],
    timeoutMs: number | undefined,
    signal: AbortSignal,
    onOutput?: (chunk: Buffer) => void,
  ): Promise<string> {
    const file = await this.find();
    const words = `"lms ${args.join(' ')}"`;
    if (file === undefined)
      throw failure(l10n.t('The program lms was not found on this computer, so {0} cannot run.', words));
    const limit = deadline(signal, timeoutMs, this.options.clock, () =>
      failure(l10n.t('{0} did not end within {1} s.', words, (timeoutMs ?? 0) / 1000)),
    );
    const program = { file, args, env: this.#inherited(), onOutput };
    try {
      const { code, stdout, stderr } = await execute(program, this.options.clock, limit.signal);
      if (code === 0) return stdout;
      const said = redact(visibleText(stderr.trim() || stdout.trim())).slice(-500);
      throw failure(
        said === ''
          ? l10n.t('{0} failed (exit code {1})', words, String(code))
          : l10n.t('{0} failed: {1}', words, said),
      );
    } finally {
      limit.dispose();
    }
  }

  #inherited(): NodeJS.ProcessEnv {
    const kept = Object.entries(this.#environment).filter(
      ([name, value]) => INHERITED.test(name) && value !== undefined,
    );
    return { ...Object.fromEntries(kept), ...(this.options.home === undefined ? {} : { HOME: this.options.home }) };
  }
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Is given what it writes, which is then not kept. */
  readonly onOutput: ((chunk: Buffer) => void) | undefined;
}

/** Runs a program without a shell. On an abort it is killed, but not what it has started: that may be LM Studio. */
function execute({ file, args, env, onOutput }: Program, clock: Clock, signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
    const text = { stdout: '', stderr: '' };
    const stop = (reason: BridgeError): void => {
      signal.removeEventListener('abort', onStop);
      child.kill('SIGKILL');
      // A grandchild that inherited the pipes must not keep us waiting.
      child.stdout.destroy();
      child.stderr.destroy();
      reject(reason);
    };
    const onStop = (): void => stop(toBridgeError(signal.reason));
    if (onOutput) child.stdout.on('data', onOutput);
    for (const name of onOutput ? (['stderr'] as const) : (['stdout', 'stderr'] as const)) {
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        text[name] += chunk;
        if (text[name].length > MAX_OUTPUT_CHARS) stop(failure(l10n.t('The program lms wrote without an end.')));
      });
    }
    child.on('error', (error) =>
      stop(failure(l10n.t('The program {0} cannot run: {1}.', file, errorMessage(error)), error)),
    );
    // 'close' waits for all that inherited the pipes, which may be LM Studio itself once it is woken.
    child.on('exit', (code) => {
      const end = (): void => {
        grace.dispose();
        signal.removeEventListener('abort', onStop);
        child.stdout.destroy();
        child.stderr.destroy();
        resolve({ code, ...text });
      };
      const grace = clock.after(PIPES_GRACE_MS, end);
      child.on('close', end);
    });
    if (signal.aborted) onStop();
    else signal.addEventListener('abort', onStop, { once: true });
  });
}

function failure(message: string, cause?: unknown): LLMConnectionError {
  return new LLMConnectionError('server-unreachable', message, {
    hint: l10n.t('Start LM Studio once: it installs lms. Or start its server in the Developer tab.'),
    cause,
  });
}
