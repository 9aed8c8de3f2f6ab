import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Clock } from '../../base/clock';
import { redact } from '../../base/redact';
import { visibleText } from '../../base/visibleText';
import { withoutIcons } from '../markup';

/** A server that floods its log must not hold up the window: more lines than these in a second are only counted. */
const LINES_PER_SECOND = 500;
/** Lines that are kept for who asks what a server said last, and characters of each. */
const TAIL_LINES = 40;
const TAIL_CHARACTERS = 400;

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';

interface ServerLog {
  readonly channel: vscode.LogOutputChannel;
  lines: number;
  leftOut: number;
  readonly tail: string[];
}

/** What MCP servers write to stderr and to the protocol's log, each in an output channel of its own, made when it is needed. */
export class ServerLogs implements vscode.Disposable {
  readonly #logs = new Map<string, ServerLog>();

  constructor(
    private readonly clock: Clock,
    /** For tests: what was written. */
    private readonly onLine: (server: string, line: string) => void = () => undefined,
  ) {}

  write(server: string, level: Level, text: string): void {
    const log = this.#logOf(server);
    if (log.lines === 0) this.clock.after(1_000, () => this.#nextSecond(log));
    log.lines++;
    if (log.lines > LINES_PER_SECOND) {
      log.leftOut++;
      return;
    }
    const line = redact(visibleText(text));
    log.channel[level](line);
    log.tail.push(line.slice(0, TAIL_CHARACTERS));
    if (log.tail.length > TAIL_LINES) log.tail.shift();
    this.onLine(server, line);
  }

  /** What a server said last, without secrets; nothing where it has said nothing yet. */
  tail(server: string): readonly string[] {
    return this.#logs.get(server)?.tail ?? [];
  }

  show(server: string): void {
    this.#logOf(server).channel.show(true);
  }

  dispose(): void {
    for (const { channel } of this.#logs.values()) channel.dispose();
    this.#logs.clear();
  }

  #logOf(server: string): ServerLog {
    const known = this.#logs.get(server);
    if (known) return known;
    const channel = vscode.window.createOutputChannel(l10n.t('MCP: {0}', withoutIcons(visibleText(server))), {
      log: true,
    });
    const log = { channel, lines: 0, leftOut: 0, tail: [] };
    this.#logs.set(server, log);
    return log;
  }

  #nextSecond(log: ServerLog): void {
    if (log.leftOut > 0 && this.#isOpen(log)) log.channel.warn(l10n.t('… {0} lines were left out.', log.leftOut));
    log.lines = 0;
    log.leftOut = 0;
  }

  #isOpen(log: ServerLog): boolean {
    return [...this.#logs.values()].includes(log);
  }
}
