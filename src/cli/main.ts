/** Door 1: the headless command line. See docs/cli.md for its contract. */
import { version } from '../../package.json';
import { systemClock } from '../base/clock';
import { BridgeError, ConfigurationError, toBridgeError } from '../base/errors';
import { redact } from '../base/redact';
import { visibleText } from '../base/visibleText';
import { killAllProcessTrees } from '../mcp/processTree';
import { diagnose } from './doctorCommand';
import type { CliContext } from './environment';
import { EXIT_CODES, EXIT_USAGE } from '../tasks/exitCodes';
import { HELP } from './help';
import { tendJournals } from './journals';
import { listModels } from './modelsCommand';
import { type Command, parseCommandLine } from './options';
import { OutputStream } from './output';
import { resume, run } from './runCommand';

const { failed: EXIT_FAILED, cancelled: EXIT_CANCELLED } = EXIT_CODES;

async function main(args: readonly string[]): Promise<number> {
  const cancelling = new AbortController();
  const context: CliContext = {
    out: new OutputStream(process.stdout),
    err: new OutputStream(process.stderr),
    input: () => process.stdin,
    env: process.env,
    cwd: process.cwd(),
    clock: systemClock,
    version,
    signal: cancelling.signal,
  };
  endWithSignals(cancelling);
  const code = await execute(args, context);
  await Promise.all([context.out.flush(), context.err.flush()]);
  return code;
}

/** The first signal ends the run in order; a second one, from somebody who will not wait, ends the process. */
function endWithSignals(cancelling: AbortController): void {
  // Whatever happens, no server outlives this process.
  process.on('exit', killAllProcessTrees);
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (cancelling.signal.aborted) process.exit(EXIT_CANCELLED);
      cancelling.abort(new BridgeError('cancelled', `Cancelled (${name}).`));
    });
  }
}

async function execute(args: readonly string[], context: CliContext): Promise<number> {
  let command: Command['command'] | undefined;
  try {
    const parsed = parseCommandLine(args);
    command = parsed.command;
    return await dispatch(parsed, context);
  } catch (error) {
    return report(toBridgeError(error), command, args.includes('--json'), context);
  }
}

function dispatch(command: Command, context: CliContext): Promise<number> | number {
  switch (command.command) {
    case 'help':
      context.out.write(HELP);
      return 0;
    case 'version':
      context.out.write(`${context.version}\n`);
      return 0;
    case 'models':
      return listModels(command, context);
    case 'doctor':
      return diagnose(command, context);
    case 'selftest':
      // What few need is not paid for by every run.
      return import('./selftestCommand').then(({ selftest }) => selftest(command, context));
    case 'run':
      return run(command, context);
    case 'resume':
      return resume(command, context);
    case 'tasks':
    case 'show':
    case 'discard':
      return tendJournals(command, context);
  }
}

function report(
  error: BridgeError,
  command: Command['command'] | undefined,
  isJson: boolean,
  { out, err }: CliContext,
): number {
  const { code } = error;
  const message = redact(error.message);
  const hint = error.hint ?? null;
  const isUsage = error instanceof ConfigurationError;
  if (!isJson) err.write(visibleText(`${message}\n${hint === null ? '' : `${hint}\n`}`));
  else if (isUsage || command === 'run' || command === 'resume')
    out.write(`${JSON.stringify({ type: 'error', at: 0, code, message, hint })}\n`);
  else out.write(`${JSON.stringify({ error: { code, message, hint } }, null, 2)}\n`);
  return isUsage ? EXIT_USAGE : code === 'cancelled' ? EXIT_CANCELLED : EXIT_FAILED;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${toBridgeError(error).message}\n`);
    process.exit(EXIT_FAILED);
  },
);
