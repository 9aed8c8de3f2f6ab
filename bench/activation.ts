/**
 * How long the extension takes to activate in a real VS Code extension host, its code's loading included, against an
 * empty extension in the same host. Each figure is from a start of its own, because a host activates an extension once.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository, runInHost } from './lib/hostRun';
import { type Pair, pairedRow, type Report, type Row, runBenchmark } from './lib/report';

const TARGET_MS = 40;
const PUBLISHER = 'bench';

runBenchmark(async (isQuick): Promise<Report> => {
  const others = ['empty', 'warm-up'].map(writeEmptyExtension);
  const extension = copyOurExtension();
  const starts: Start[] = [];
  try {
    for (let i = 0; i < (isQuick ? 3 : 9); i++) starts.push(await start(extension, others, i % 2 === 0));
  } catch (error) {
    return { rows: [], skipped: [`activation: ${error instanceof Error ? error.message : String(error)}`] };
  }
  const row = (name: string, against: string, pairs: readonly Pair[]): Row => pairedRow(name, 'ms', against, pairs);
  const both = (key: keyof Activation) => starts.map(({ ours, empty }) => ({ ours: ours[key], baseline: empty[key] }));
  return {
    rows: [
      row('activation: time', 'empty extension', both('ms')),
      row('activation: CPU', 'empty extension', both('cpuMs')),
      row(
        'activation: time beyond it',
        'target',
        both('ms').map(({ ours, baseline }) => ({ ours: ours - baseline, baseline: TARGET_MS })),
      ),
    ],
    skipped: [],
  };
});

/** In milliseconds; CPU time is that of the whole extension host. */
interface Activation {
  readonly ms: number;
  readonly cpuMs: number;
}

interface Start {
  readonly ours: Activation;
  readonly empty: Activation;
}

async function start(extension: string, others: readonly string[], oursFirst: boolean): Promise<Start> {
  const { name, publisher } = manifestOf(repository);
  const ours = `${publisher}.${name}`;
  const pair = oursFirst ? [ours, `${PUBLISHER}.empty`] : [`${PUBLISHER}.empty`, ours];
  // The first of a host pays for what all extensions share.
  process.env['BENCH_EXTENSIONS'] = [`${PUBLISHER}.warm-up`, ...pair].join();
  const measured = await runInHost<Record<string, Activation>>(join(__dirname, 'host'), extension, others);
  const [first, second] = [measured[ours], measured[`${PUBLISHER}.empty`]];
  if (!first || !second) throw new Error('Not every extension was there.');
  return { ours: first, empty: second };
}

interface Manifest {
  readonly publisher: string;
  readonly name: string;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** What ships, but it waits to be activated: by itself it would do so at a time when nobody measures. */
function copyOurExtension(): string {
  const folder = join(__dirname, 'extension');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifestOf(repository), activationEvents: [] }));
  for (const part of ['dist', 'media', 'package.nls.json', 'l10n']) {
    if (existsSync(join(repository, part))) cpSync(join(repository, part), join(folder, part), { recursive: true });
  }
  return folder;
}

function writeEmptyExtension(name: string): string {
  const folder = join(__dirname, name);
  mkdirSync(folder, { recursive: true });
  const manifest = { name, publisher: PUBLISHER, version: '1.0.0', engines: { vscode: '^1.106.0' } };
  const behaviour = { main: './main.js', activationEvents: [] };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, ...behaviour }));
  writeFileSync(join(folder, 'main.js'), 'exports.activate = () => undefined;\n');
  return folder;
}
