import * as l10n from '@vscode/l10n';
import type { ChildProcess } from 'node:child_process';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import spawn from 'cross-spawn';
import { afterHearing, type Clock } from '../base/clock';
import { type Disposable, DisposableStore } from '../base/disposable';
import { isJsonObject, parseJson } from '../base/json';
import { type Line, LineReader } from '../base/lineReader';
import type { Logger } from '../base/logger';
import { redact } from '../base/redact';
import { visibleText } from '../base/visibleText';
import { answeredRequestId } from './answeredRequest';
import { buildEnvironment } from './environment';
import { OutputTail } from './outputTail';
import { killLeftovers, signalProcessTree, trackProcessTree } from './processTree';
import type { ResolvedStdio } from './serverSpec';
import type { ServerTransport } from './transport';

/** A larger message cannot be of use to a model; the request that it answers fails instead. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** How long a server has to end by itself, first when its input ends and then when it is asked by signal. */
const GRACE_MS = 1000;

/** How long output may keep coming after the process ended (something that left its group may hold the pipe for ever). */
const DRAIN_MS = 500;

const MAX_LOGGED_GARBAGE = 5;

/** Nobody reads a longer line of a log. */
const MAX_LOG_LINE_BYTES = 16 * 1024;

export interface StdioNeeds {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Never to be shown. */
  readonly secrets: readonly string[];
  /** A line of stderr. */
  readonly onOutput?: ((server: string, line: string) => void) | undefined;
}

/**
 * MCP over the standard streams of a child process. Unlike the SDK's transport it owns the whole process tree, gives the
 * child a minimal environment, lets unreadable output pass, and remembers what the server said on stderr.
 */
export class StdioTransport implements ServerTransport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: Transport['onmessage'];

  readonly #reader = new LineReader(MAX_MESSAGE_BYTES);
  readonly #stderr = new OutputTail();
  readonly #stderrLines = new LineReader(MAX_LOG_LINE_BYTES);
  readonly #cleanup = new DisposableStore();
  #child: ChildProcess | undefined;
  #launching: Promise<void> | undefined;
  #tree: Disposable | undefined;
  #ending: string | undefined;
  #garbageLines = 0;
  #closing: Promise<void> | undefined;
  #isSignalled = false;
  #hasEnded = false;

  #markExited: () => void = () => undefined;
  readonly #exited = new Promise<void>((resolve) => {
    this.#markExited = resolve;
  });
  #markEnded: () => void = () => undefined;
  readonly #ended = new Promise<void>((resolve) => {
    this.#markEnded = resolve;
  });

  constructor(
    private readonly name: string,
    private readonly spec: ResolvedStdio,
    private readonly needs: StdioNeeds,
  ) {}

  get ending(): string | undefined {
    return this.#ending;
  }

  get lastWords(): string {
    return redact(this.#stderr.read(), this.needs.secrets);
  }

  launch(): void {
    this.#launching = this.#spawn();
    // `start` tells.
    this.#launching.catch(() => undefined);
  }

  /** Settles when the process runs; rejects with Node's error where it cannot be started. */
  async start(): Promise<void> {
    await (this.#launching ?? this.#spawn());
    this.#child?.stdout?.on('data', (chunk: Buffer) => {
      for (const line of this.#reader.push(chunk)) this.#onLine(line);
    });
  }

  #spawn(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closing) throw new Error('The transport is closed already.');
      const child = spawn(this.spec.command, [...this.spec.args], {
        cwd: this.spec.cwd,
        env: buildEnvironment(this.spec.env),
        stdio: ['pipe', 'pipe', 'pipe'],
        shell: false,
        // On POSIX this makes the child the leader of a group of its own; on Windows it would open a console.
        detached: process.platform !== 'win32',
        windowsHide: true,
      });
      this.#child = child;
      if (child.pid !== undefined) this.#tree = trackProcessTree(child.pid, this.needs.clock);
      this.#listen(child);
      child.once('spawn', resolve);
      child.once('error', (error) => {
        reject(error);
        if (child.pid === undefined) this.#end();
      });
    });
  }

  /** Settles when the message is handed over. A server that does not take it any more shows by `onclose`. */
  async send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin;
    if (!stdin?.writable || this.#hasEnded) throw new Error(`MCP server "${this.name}" is not running.`);
    await new Promise<void>((resolve) => {
      stdin.write(`${JSON.stringify(message)}\n`, () => {
        resolve();
      });
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    const child = this.#child;
    const pid = child?.pid;
    if (!child || pid === undefined) {
      this.#end();
      return;
    }
    child.stdin?.end();
    if (!(await this.#happensWithin(this.#exited, GRACE_MS))) {
      this.#isSignalled = true;
      signalProcessTree(pid, 'SIGTERM');
      if (!(await this.#happensWithin(this.#exited, GRACE_MS))) signalProcessTree(pid, 'SIGKILL');
    }
    // A process that hangs in the kernel does not even end then; nobody must wait for it for ever.
    if (!(await this.#happensWithin(this.#ended, GRACE_MS))) this.#end();
  }

  #listen(child: ChildProcess): void {
    child.once('exit', (code, signal) => {
      this.#onExit(child, code, signal);
    });
    child.once('close', () => {
      this.#end();
    });
    child.on('error', (error) => this.onerror?.(error));
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr.push(chunk);
      // Line by line: a chunk may end within a secret.
      for (const line of this.#stderrLines.push(chunk)) this.#tellOutput(line);
    });
    // A server that lives on without one of its streams is lost all the same.
    child.stdin?.on('error', () => {
      this.#giveUp(l10n.t('closed its input'));
    });
    child.stdout?.on('end', () => {
      this.#giveUp(l10n.t('closed its output'));
    });
    child.stdout?.on('error', (error) => this.onerror?.(error));
    child.stderr?.on('error', (error) => this.onerror?.(error));
  }

  #tellOutput(line: Line): void {
    const text = line.kind === 'line' ? line.text : `(a line of ${line.bytes} bytes)`;
    if (text.trim() !== '') this.needs.onOutput?.(this.name, redact(text, this.needs.secrets));
  }

  #giveUp(reason: string): void {
    if (this.#closing || this.#hasEnded) return;
    this.#ending ??= reason;
    void this.close();
  }

  #onExit(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    // How it ended says more than that a stream of it ended first; but not where the end is our own doing.
    const isOwnDoing = this.#isSignalled || (this.#closing !== undefined && this.#ending === undefined);
    if (!isOwnDoing) {
      this.#ending =
        signal !== null
          ? l10n.t('was ended by {0}', signal)
          : code === null
            ? l10n.t('ended with exit code unknown')
            : l10n.t('ended with exit code {0}', code);
    }
    if (child.pid !== undefined) killLeftovers(child.pid);
    this.#tree?.dispose();
    this.#markExited();
    this.#cleanup.add(
      afterHearing(DRAIN_MS, this.needs.clock, () => {
        for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
      }),
    );
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#cleanup.dispose();
    this.#tree?.dispose();
    if (this.#garbageLines > 0) {
      this.needs.logger.log(
        'debug',
        `MCP server "${this.name}" wrote ${this.#garbageLines} lines to stdout that are no messages.`,
      );
    }
    this.#markExited();
    this.#markEnded();
    this.onclose?.();
  }

  #onLine(line: Line): void {
    if (line.kind === 'oversized') {
      this.#onOversized(line);
      return;
    }
    if (line.text.trim() === '') return;
    const parsed = parseJson(line.text);
    if (parsed.ok && isJsonRpcMessage(parsed.value)) {
      this.onmessage?.(parsed.value);
      return;
    }
    this.#garbageLines++;
    if (this.#garbageLines > MAX_LOGGED_GARBAGE) return;
    const excerpt = redact(visibleText(line.text.slice(0, 200)), this.needs.secrets);
    const told = l10n.t('MCP server "{0}" wrote something to stdout that is no message: {1}', this.name, excerpt);
    this.needs.logger.log('warn', told);
  }

  #onOversized(line: Extract<Line, { kind: 'oversized' }>): void {
    const message = l10n.t(
      'The answer is too large: {0} bytes, and {1} are the most that is taken.',
      line.bytes,
      MAX_MESSAGE_BYTES,
    );
    this.needs.logger.log('warn', l10n.t('MCP server "{0}": {1}', this.name, message));
    const id = answeredRequestId(line);
    if (id !== undefined) this.onmessage?.({ jsonrpc: '2.0', id, error: { code: -32603, message } });
  }

  #happensWithin(event: Promise<void>, ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = afterHearing(ms, this.needs.clock, () => {
        resolve(false);
      });
      void event.then(() => {
        timer.dispose();
        resolve(true);
      });
    });
  }
}

/** Only the envelope: the SDK's protocol layer parses every message that it is given. */
function isJsonRpcMessage(value: unknown): value is JSONRPCMessage {
  return isJsonObject(value) && value['jsonrpc'] === '2.0';
}
