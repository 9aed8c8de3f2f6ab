// Builds what ships and what the tests need:
//   node esbuild.js [--production] [--watch] [--metafile]   dist/extension.js and dist/cli.js
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
  // One file each: `import()` becomes a wrapper that evaluates its modules when it is first called, so loading stays lazy.
  format: 'cjs',
  mainFields: ['module', 'main'],
  charset: 'utf8',
  logLevel: 'warning',
};

/** @type {import('esbuild').BuildOptions} */
const shipped = {
  ...common,
  minify: production,
  // Names reach people in error messages and logs.
  keepNames: true,
  sourcemap: production ? false : 'linked',
  metafile: flags.has('--metafile'),
};

const products = {
  extension: {
    ...shipped,
    entryPoints: ['src/extension.ts'],
    outfile: 'dist/extension.js',
    target: 'node22',
    external: ['vscode'],
  },
  // Nothing is external here: an import of `vscode` anywhere behind the command line fails the build.
  cli: {
    ...shipped,
    entryPoints: ['src/cli/main.ts'],
    outfile: 'dist/cli.js',
    target: 'node20',
    banner: { js: '#!/usr/bin/env node' },
    plugins: [executable('dist/cli.js')],
  },
};

async function buildProducts() {
  if (flags.has('--watch')) {
    const contexts = await Promise.all(Object.values(products).map((options) => esbuild.context(options)));
    await Promise.all(contexts.map((context) => context.watch()));
    console.log('Watching src/ …');
    return;
  }
  await Promise.all(
    Object.entries(products).map(async ([name, options]) => {
      const { metafile } = await esbuild.build(options);
      if (metafile) {
        mkdirSync('out', { recursive: true });
        writeFileSync(`out/meta-${name}.json`, JSON.stringify(metafile));
      }
    }),
  );
}

async function buildTests() {
  const tests = { ...common, target: 'node22', sourcemap: 'inline', logOverride: { 'empty-import-meta': 'silent' } };
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

/** @param {string} file @returns {import('esbuild').Plugin} */
function executable(file) {
  return {
    name: 'executable',
    setup: (build) => build.onEnd((result) => void (result.errors.length === 0 && chmodSync(file, 0o755))),
  };
}

process.chdir(__dirname);
(flags.has('--tests') ? buildTests() : buildProducts()).catch((error) => {
  // esbuild has printed its own errors already.
  if (!error.errors) console.error(error);
  process.exitCode = 1;
});
