/** The simulator as a program of its own: a demo server to click around with, without a model or a graphics card. */
import { parseArgs } from 'node:util';
import { demoModels, type ModelSpec } from './models';
import { PROFILES, type Profile } from './profiles';
import { startSimulator, type SimulatorOptions } from './server';

const HELP = `Simulates an LM Studio server. Its model is a rule-based demo, not a language model.

  tsx test/simulator/main.ts [options]

  --port N                port to listen on (default 1234; 0: any free one)
  --host ADDRESS          address to listen on (default 127.0.0.1)
  --token T               require this API token
  --profile P             0.4 (default), 0.3 (no /api/v1), 0.4.2x, bionic or openai-only (/v1 alone)
  --models N              offer N models: the demo planner and N-1 samples (default: all five)
  --load-delay MS         how long loading a model takes (default 1500)
  --tokens-per-second N   pace of the answers (default 60; 0: no pause)
  --help                  this text
`;

const OPTIONS = {
  port: { type: 'string', default: '1234' },
  host: { type: 'string', default: '127.0.0.1' },
  token: { type: 'string' },
  profile: { type: 'string', default: '0.4' },
  models: { type: 'string' },
  'load-delay': { type: 'string', default: '1500' },
  'tokens-per-second': { type: 'string', default: '60' },
  help: { type: 'boolean', default: false },
} as const;

const PROFILE_NAMES: readonly string[] = Object.keys(PROFILES);

class UsageError extends Error {}

/** Undefined where only the help was asked for. */
function readOptions(args: string[]): (SimulatorOptions & { readonly port: number }) | undefined {
  const { values } = parse(args);
  if (values.help) return undefined;
  if (!PROFILE_NAMES.includes(values.profile)) {
    throw new UsageError(`--profile must be one of ${PROFILE_NAMES.join(', ')}`);
  }
  return {
    port: wholeNumber('port', values.port, 65_535),
    host: values.host,
    profile: values.profile as Profile,
    models: catalogue(values.models === undefined ? Infinity : wholeNumber('models', values.models, 500)),
    loadDelayMs: wholeNumber('load-delay', values['load-delay'], 3_600_000),
    tokensPerSecond: wholeNumber('tokens-per-second', values['tokens-per-second'], 100_000),
    ...(values.token === undefined ? {} : { token: values.token }),
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(name: string, text: string, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= max) return value;
  throw new UsageError(`--${name} must be a whole number from 0 to ${max}, not "${text}"`);
}

/** Beyond the five of the demo: numbered copies of a sample, to see a long list. */
function catalogue(count: number): ModelSpec[] {
  const models = demoModels();
  const sample = models[1];
  for (let n = models.length; n < count && count !== Infinity && sample !== undefined; n += 1) {
    models.push({ ...sample, key: `${sample.key}-${n}`, displayName: `${sample.displayName} (${n})` });
  }
  return models.slice(0, count);
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(HELP);
    return;
  }
  const simulator = await startSimulator(options);
  process.stdout.write(`LM Studio simulator (rule-based demo) listening on ${simulator.url}\n`);
  const stop = (): void => void simulator.close();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

main().catch((error: unknown) => {
  process.exitCode = error instanceof UsageError ? 2 : 1;
  process.stderr.write(`${explain(error)}\n`);
});

function explain(error: unknown): string {
  if (error instanceof UsageError) return `${error.message} (--help lists the options)`;
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as NodeJS.ErrnoException & { readonly port?: number };
  const name = `Port ${String(port)}`;
  if (code === 'EADDRINUSE') return `${name} is taken (perhaps by LM Studio itself). Choose another one with --port.`;
  if (code === 'EACCES') return `${name} may not be used here. Choose another one with --port.`;
  return error.message;
}
