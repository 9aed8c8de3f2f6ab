// Builds what ships and what the tests need:
//   node esbuild.js [--production] [--watch] [--metafile]   dist/extension.js and dist/cli.js, with the files they share
//   node esbuild.js --tests                                 out/host/** and out/simulator.js
const { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const esbuild = require('esbuild');

const flags = new Set(process.argv.slice(2));
const production = flags.has('--production');

/** @type {import('esbuild').BuildOptions} */
const common = {
  bundle: true,
  platform: 'node',
  mainFields: ['module', 'main'],
  charset: 'utf8',
  logLevel: 'warning',
};

/** What the person's own Node runs, too. */
const TARGET = 'node20';

/** @type {import('esbuild').BuildOptions} */
const products = {
  ...common,
  entryPoints: { extension: 'src/extension.ts', cli: 'src/cli/main.ts' },
  outdir: 'dist',
  format: 'esm',
  splitting: true,
  write: false,
  metafile: true,
  target: TARGET,
  external: ['vscode'],
  // Names are shortened at the end, when the files are joined.
  minifySyntax: production,
  // Names reach people in error messages and logs.
  keepNames: true,
  sourcemap: production ? false : 'linked',
  plugins: [{ name: 'products', setup: (build) => build.onEnd(writeProducts) }],
};

async function buildProducts() {
  if (!flags.has('--watch')) return esbuild.build(products);
  const context = await esbuild.context(products);
  await context.watch();
  console.log('Watching src/ …');
}

/** @param {import('esbuild').BuildResult} built */
async function writeProducts(built) {
  if (built.errors.length > 0) return;
  const way = wayToEditor(built.metafile, 'src/cli/main.ts');
  if (way) throw new Error(`The command line runs where no editor is, and this imports vscode: ${way}`);
  const { writeSplit } = await import('./scripts/lib/split.mjs');
  const banners = { cli: '#!/usr/bin/env node\n' };
  await writeSplit(built, { outdir: 'dist', minify: production, target: TARGET, banners });
  chmodSync('dist/cli.js', 0o755);
  if (!flags.has('--metafile')) return;
  mkdirSync('out', { recursive: true });
  writeFileSync('out/meta.json', JSON.stringify(built.metafile));
}

/** By which imports a program comes to `vscode`; undefined: by none. */
function wayToEditor({ inputs }, entryPoint) {
  const ways = new Map([[entryPoint, entryPoint]]);
  for (const [file, way] of ways) {
    for (const { path: imported, external } of inputs[file]?.imports ?? []) {
      if (imported === 'vscode') return way;
      if (!external && !ways.has(imported)) ways.set(imported, `${way} → ${imported}`);
    }
  }
  return undefined;
}

async function buildTests() {
  const tests = {
    ...common,
    format: 'cjs',
    target: 'node22',
    sourcemap: 'inline',
    logOverride: { 'empty-import-meta': 'silent' },
  };
  // A test file that was deleted or renamed must not run from an old build.
  rmSync('out/host', { recursive: true, force: true });
  if (existsSync('test/host/index.ts')) {
    await esbuild.build({
      ...tests,
      entryPoints: ['test/host/index.ts', ...testFiles('test/host')],
      outdir: 'out/host',
      outbase: 'test/host',
      // The one mocha that the runner in the extension host has, too.
      external: ['vscode', 'mocha'],
    });
  }
  if (existsSync('test/simulator/main.ts')) {
    await esbuild.build({
      ...tests,
      entryPoints: ['test/simulator/main.ts'],
      outfile: 'out/simulator.js',
      target: 'node20',
    });
  }
}

/** @param {string} folder @returns {string[]} */
function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return testFiles(file);
    return entry.name.endsWith('.test.ts') ? [file] : [];
  });
}

process.chdir(__dirname);
(flags.has('--tests') ? buildTests() : buildProducts()).catch((error) => {
  // esbuild has printed its own errors already, but not those of a plugin's end.
  for (const { pluginName, text } of error.errors ?? []) if (pluginName) console.error(text);
  if (!error.errors) console.error(error);
  process.exitCode = 1;
});
