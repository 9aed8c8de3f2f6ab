/**
 * Tasks that write are killed with SIGKILL again and again, and taken up again or discarded. What must hold after each
 * kill: the journal can be read, resume or discard works, and no line was written twice, by the tool's own log.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startSimulator, type Simulator } from '../simulator/server';
import { type ModelSpec, sampleModels } from '../simulator/models';
import type { Turn } from '../simulator/turn';
import { Random } from '../soak/random';
import { CLI, fake, runCli, startCli, type CliResult, type RunningCli } from '../support/cli';
import { ledgerTurn, linesOf } from '../support/ledgerModel';
import { isAlive, untilGone } from '../support/mcp/harness';
import { drawKill, type KillPlan, type Moment } from './plan';

const LINES = 8;
/** So small that the work does not fit into it at once, and the conversation is made shorter on the way. */
const CONTEXT = 1_024;
/** Characters that the ledger says besides its lines. */
const PADDING = 1_200;
/** A task that is killed more often is left to end. */
const KILLS_OF_A_TASK = 4;

export interface KillReport {
  readonly seed: number;
  readonly kills: ReadonlyMap<Moment, number>;
  readonly tasks: number;
  readonly resumed: number;
  readonly discarded: number;
  /** Killed before anything had begun: there was no journal, and no line was written. */
  readonly beforeJournal: number;
  /** Lives in which the conversation was made shorter. */
  readonly compacted: number;
  /** Resumes with a call whose outcome nobody knew. */
  readonly unknownOutcomes: number;
  /** Resumes without, that began in the middle of the work. */
  readonly writes: number;
  readonly problems: readonly string[];
}

export async function killTest(options: { readonly kills: number; readonly seed: number }): Promise<KillReport> {
  const test = new KillTest(options.seed);
  return test.run(options.kills);
}

class KillTest {
  readonly #random: Random;
  readonly #kills = new Map<Moment, number>();
  readonly #problems: string[] = [];
  readonly #counts = {
    tasks: 0,
    resumed: 0,
    discarded: 0,
    beforeJournal: 0,
    compacted: 0,
    unknownOutcomes: 0,
    writes: 0,
  };
  #drawn = 0;
  /** Called when a chat request has arrived at the simulator. */
  #onRequest: () => void = () => undefined;

  constructor(private readonly seed: number) {
    this.#random = new Random(seed);
  }

  get #killed(): number {
    return [...this.#kills.values()].reduce((sum, count) => sum + count, 0);
  }

  async run(kills: number): Promise<KillReport> {
    const simulator = await startSimulator({
      models: smallModels(),
      // Slow enough for kills in mid-stream.
      tokensPerSecond: 400,
      script: (request): Turn => {
        this.#onRequest();
        return { ...ledgerTurn(request, LINES), delayMs: 5 };
      },
    });
    try {
      while (this.#killed < kills) {
        this.#counts.tasks++;
        const folder = await mkdtemp(join(tmpdir(), 'lmstudio-bridge-kill-'));
        try {
          await this.#task(new Place(folder, simulator), kills);
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      }
    } finally {
      await simulator.close();
    }
    return { seed: this.seed, kills: this.#kills, ...this.#counts, problems: this.#problems };
  }

  /** One task, until it ends or is discarded. */
  async #task(place: Place, kills: number): Promise<void> {
    let runId: string | undefined;
    for (let lives = 0; ; lives++) {
      const isLast = lives >= KILLS_OF_A_TASK || this.#killed >= kills;
      const plan = drawKill(this.#drawn++, this.#random);
      await place.configure(plan);
      const cli = startCli(runId === undefined ? place.runArgs() : place.resumeArgs(runId));
      const wasKilled = !isLast && (await this.#killAt(plan, cli));
      const result = await cli.done;
      if (runId !== undefined) this.#sawResume(result);
      if (result.events.some(({ code }) => code === 'context-compacted')) this.#counts.compacted++;
      await place.endServers();
      await this.#check(place, plan);
      if (!wasKilled) {
        if (result.code !== 0)
          this.#problem(plan, `the task ended with ${String(result.code)}: ${result.stdout}${result.stderr}`);
        else await this.#checkEnd(place, plan);
        return;
      }
      this.#kills.set(plan.moment, (this.#kills.get(plan.moment) ?? 0) + 1);
      const run = await this.#findRun(place, plan);
      if (run?.state === 'completed') {
        // The kill came between the last line of its journal and the end of its process.
        await this.#checkEnd(place, plan);
        return;
      }
      runId = run?.runId;
      if (runId === undefined) continue;
      if (!plan.isDiscarded) continue;
      await this.#discard(place, runId, plan);
      return;
    }
  }

  /** False where the task ended before. */
  async #killAt({ moment, nth, delayMs }: KillPlan, cli: RunningCli): Promise<boolean> {
    const ended = cli.done.then(() => 'ended' as const);
    const reached = this.#moment(moment, nth, cli).then(() => pause(delayMs, 'reached' as const));
    if ((await Promise.race([reached, ended])) === 'ended') return false;
    return cli.child.kill('SIGKILL') && (await cli.done).code === null;
  }

  #moment(moment: Moment, nth: number, cli: RunningCli): Promise<void> {
    switch (moment) {
      case 'start':
      case 'any':
        return Promise.resolve();
      case 'prefill':
        return this.#request(nth);
      case 'stream':
        return eventNumber(cli, 'text_delta', nth * 3);
      case 'call':
        // The first call only looks; an append comes second.
        return eventNumber(cli, 'tool_call', nth + 1);
      case 'result':
        return eventNumber(cli, 'tool_result', nth);
      case 'compaction':
        return warned(cli, 'context-compacted');
    }
  }

  #request(nth: number): Promise<void> {
    return new Promise((resolve) => {
      let seen = 0;
      this.#onRequest = () => {
        if (++seen === nth) resolve();
      };
    });
  }

  #sawResume(result: CliResult): void {
    if (!result.events.some(({ type, resumed }) => type === 'run_start' && resumed === true)) return;
    this.#counts.resumed++;
    if (result.events.some(({ code }) => code === 'outcome-unknown')) this.#counts.unknownOutcomes++;
  }

  /** No line is in the log twice, and only lines that were asked for. */
  async #check(place: Place, plan: KillPlan): Promise<void> {
    const written = await place.written();
    const twice = written.filter((line, index) => written.indexOf(line) !== index);
    if (twice.length > 0) this.#problem(plan, `written twice: ${twice.join(', ')}`);
    const strange = written.filter((line) => !linesOf(LINES).includes(line));
    if (strange.length > 0) this.#problem(plan, `never asked for: ${strange.join(', ')}`);
  }

  async #checkEnd(place: Place, plan: KillPlan): Promise<void> {
    const written = await place.written();
    this.#counts.writes += written.length;
    if (written.length !== LINES) this.#problem(plan, `the task ended with ${String(written.length)} lines`);
    const states = (await place.list()).map(({ state }) => state);
    if (states.join() !== 'completed') this.#problem(plan, `the journal says ${states.join()}`);
  }

  /** The killed run, whose journal must be readable; undefined where it had not begun. */
  async #findRun(place: Place, plan: KillPlan): Promise<ListedRun | undefined> {
    const runs = await place.list();
    const [run] = runs;
    if (!run) {
      this.#counts.beforeJournal++;
      if ((await place.written()).length > 0) this.#problem(plan, 'lines were written, but there is no journal');
      return undefined;
    }
    const isSound = run.state === 'completed' || (run.state === 'interrupted' && run.isResumable);
    if (runs.length !== 1 || !isSound) this.#problem(plan, `after the kill: ${JSON.stringify(runs)}`);
    const shown = await runCli(['show', run.runId, '--journal', place.journals]);
    if (shown.code !== 0 || !shown.stdout.startsWith(`Task ${run.runId}`) || shown.stdout.includes('cannot be read'))
      this.#problem(plan, `the journal cannot be shown: ${shown.stdout}${shown.stderr}`);
    return run;
  }

  async #discard(place: Place, runId: string, plan: KillPlan): Promise<void> {
    const { code, stderr } = await runCli(['discard', runId, '--journal', place.journals]);
    const left = (await readdir(place.journals)).filter((name) => name.startsWith(runId));
    if (code !== 0 || left.length > 0) this.#problem(plan, `it was not discarded: ${stderr} ${left.join(', ')}`);
    this.#counts.discarded++;
  }

  #problem(plan: KillPlan, what: string): void {
    this.#problems.push(`kill ${String(this.#killed)} ${JSON.stringify(plan)}: ${what}`);
  }
}

interface ListedRun {
  readonly runId: string;
  readonly state: string;
  readonly isResumable: boolean;
}

/** A folder of its own for each task. */
class Place {
  readonly journals: string;
  readonly #ledger: string;
  readonly #pids: string;

  constructor(
    private readonly folder: string,
    private readonly simulator: Simulator,
  ) {
    this.journals = join(folder, 'journals');
    this.#ledger = join(folder, 'ledger.txt');
    this.#pids = join(folder, 'pids.txt');
  }

  configure({ beforeMs, afterMs }: KillPlan): Promise<void> {
    const env = {
      ...{ LEDGER_FILE: this.#ledger, PID_FILE: this.#pids },
      ...{ BEFORE_MS: String(beforeMs), AFTER_MS: String(afterMs), PADDING: String(PADDING) },
    };
    return writeFile(join(this.folder, '.mcp.json'), JSON.stringify({ mcpServers: { ledger: fake('ledger', env) } }));
  }

  runArgs(): string[] {
    const task = `Append ${String(LINES)} lines.`;
    return ['run', ...this.#common(), '--workspace', this.folder, '--mcp', 'ledger', '--task', task];
  }

  resumeArgs(runId: string): string[] {
    return ['resume', runId, ...this.#common()];
  }

  #common(): string[] {
    return ['--json', '--url', this.simulator.url, '--journal', this.journals, '--approve', 'all'];
  }

  async written(): Promise<readonly string[]> {
    return (await readFile(this.#ledger, 'utf8').catch(() => '')).split('\n').slice(0, -1);
  }

  async list(): Promise<readonly ListedRun[]> {
    const { stdout, stderr, code } = await runCli(['tasks', '--json', '--journal', this.journals]);
    if (code !== 0) throw new Error(`${CLI} tasks: ${stderr}`);
    const { tasks, broken } = JSON.parse(stdout) as {
      tasks: ListedRun[];
      broken: unknown[];
    };
    if (broken.length > 0) throw new Error(`journals that cannot be read: ${JSON.stringify(broken)}`);
    return tasks;
  }

  /** A server ends by itself when its client is gone; what it had begun must be over before anybody looks. */
  async endServers(): Promise<void> {
    const pids = (await readFile(this.#pids, 'utf8').catch(() => '')).split('\n').filter(Boolean);
    for (const pid of pids) if (await isAlive(Number(pid))) await untilGone(pid);
  }
}

function smallModels(): readonly ModelSpec[] {
  return sampleModels()
    .slice(0, 1)
    .map((model) => ({ ...model, loadedContext: CONTEXT }));
}

function warned(cli: RunningCli, code: string): Promise<void> {
  return new Promise((resolve) => {
    cli.child.stdout.on('data', (chunk: string) => {
      if (chunk.includes(`"code":"${code}"`)) resolve();
    });
  });
}

function eventNumber(cli: RunningCli, type: string, nth: number): Promise<void> {
  return new Promise((resolve) => {
    let text = '';
    cli.child.stdout.on('data', (chunk: string) => {
      text += chunk;
      if (text.split(`{"type":"${type}"`).length > nth) resolve();
    });
  });
}

export function describeReport(report: KillReport): string {
  const { kills, tasks, resumed, discarded, beforeJournal, compacted, unknownOutcomes, writes, problems, seed } =
    report;
  const count = [...kills.values()].reduce((sum, each) => sum + each, 0);
  return [
    `seed ${String(seed)}: ${String(count)} kills of ${String(tasks)} tasks`,
    `  by moment: ${[...kills].map(([moment, each]) => `${moment} ${String(each)}`).join(', ')}`,
    `  then: ${String(resumed)} resumes, ${String(discarded)} discarded, ${String(beforeJournal)} before there was a journal`,
    `  lives with a conversation made shorter: ${String(compacted)}`,
    `  calls whose outcome was unknown: ${String(unknownOutcomes)}; lines of the tasks that ended: ${String(writes)}, none twice`,
    ...problems.map((problem) => `PROBLEM ${problem}`),
  ].join('\n');
}
