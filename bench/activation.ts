/**
 * How long the extension takes to activate in a real VS Code extension host, its code's loading included, against an
 * empty extension in another start of the same host.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { alternate, pairedRow, type Report, type Row, runBenchmark } from './lib/report';

/** Of scripts/test-host.mjs. */
interface HostRunner {
  runHostTests(options: { trusted: boolean; extension: string; tests: string }): Promise<unknown>;
}

const repository = join(__dirname, '../..');
const ourExtension = join(__dirname, 'extension');
const emptyExtension = join(__dirname, 'emptyExtension');
const result = join(__dirname, 'activation.json');

runBenchmark(async (isQuick): Promise<Report> => {
  copyOurExtension();
  writeEmptyExtension();
  try {
    const pairs = await alternate(
      isQuick ? 1 : 5,
      () => activate(ourExtension),
      () => activate(emptyExtension),
    );
    const row = (name: string, key: 'ms' | 'cpuMs'): Row =>
      pairedRow(
        name,
        'ms',
        'empty extension',
        pairs.map(({ ours, baseline }) => ({ ours: ours[key], baseline: baseline[key] })),
      );
    return { rows: [row('activation: time', 'ms'), row('activation: CPU', 'cpuMs')], skipped: [] };
  } catch (error) {
    return { rows: [], skipped: [`activation: ${error instanceof Error ? error.message : String(error)}`] };
  }
});

async function activate(extension: string): Promise<Activation> {
  const { publisher, name } = JSON.parse(readFileSync(join(extension, 'package.json'), 'utf8')) as Manifest;
  // The extension host inherits these.
  process.env['BENCH_EXTENSION'] = `${publisher}.${name}`;
  process.env['BENCH_RESULT'] = result;
  const module = pathToFileURL(join(repository, 'scripts', 'test-host.mjs')).href;
  const runner = (await import(module)) as HostRunner;
  await runner.runHostTests({ trusted: true, extension, tests: join(__dirname, 'host') });
  const activation = JSON.parse(readFileSync(result, 'utf8')) as Activation;
  if (activation.wasActive) throw new Error(`${name} was active before it could be timed.`);
  return activation;
}

/** What bench/host writes, in milliseconds. */
interface Activation {
  readonly ms: number;
  readonly cpuMs: number;
  readonly wasActive: boolean;
}

interface Manifest {
  readonly publisher: string;
  readonly name: string;
}

/** What ships, but it waits to be activated: by itself it would do so at a time when nobody measures. */
function copyOurExtension(): void {
  const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as Manifest;
  mkdirSync(ourExtension, { recursive: true });
  writeFileSync(join(ourExtension, 'package.json'), JSON.stringify({ ...manifest, activationEvents: [] }));
  for (const part of ['dist/extension.js', 'media', 'package.nls.json']) {
    if (existsSync(join(repository, part)))
      cpSync(join(repository, part), join(ourExtension, part), { recursive: true });
  }
}

function writeEmptyExtension(): void {
  mkdirSync(emptyExtension, { recursive: true });
  const manifest = { name: 'empty', publisher: 'bench', version: '1.0.0', engines: { vscode: '^1.106.0' } };
  const behaviour = { main: './main.js', activationEvents: [] };
  writeFileSync(join(emptyExtension, 'package.json'), JSON.stringify({ ...manifest, ...behaviour }));
  writeFileSync(join(emptyExtension, 'main.js'), 'exports.activate = () => undefined;\n');
}
