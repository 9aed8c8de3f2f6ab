// Cuts what esbuild has bundled into files for what runs at the start and files for what `import()` brings later, or what
// two programs share. VS Code and Node compile a file as a whole before they run its first line, so what is not needed at
// once must stand elsewhere.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rollup } from '@rollup/wasm-node';
import { transform } from 'esbuild';

/**
 * esbuild cuts by who needs what, which leaves the start of a program in fifty files, each with its cost; rollup joins
 * those of the first program. It also reads `vscode` in place, where esbuild copies all its members for every file that
 * imports it.
 * @param {import('esbuild').BuildResult<{ write: false, metafile: true }>} built as ES modules, with `splitting`
 * @param {{ outdir: string, minify: boolean, target: string, banners: Record<string, string> }} options CommonJS is written
 *   to `outdir`, which holds nothing else afterwards; `banners`: by the name of a program, its first line
 */
export async function writeSplit({ outputFiles, metafile }, { outdir, minify, target, banners }) {
  const texts = new Map(outputFiles.map((file) => [file.path, file.text]));
  const programs = programsOf(metafile.outputs);
  const bundle = await rollup({
    input: Object.fromEntries(programs.map(({ name, entry }) => [name, entry])),
    // esbuild has done it.
    treeshake: false,
    preserveEntrySignatures: 'allow-extension',
    external: (id) => !id.startsWith('.') && !path.isAbsolute(id),
    plugins: [fromMemory(texts)],
    onLog: (level, log, tell) => log.code !== 'UNUSED_EXTERNAL_IMPORT' && tell(level, log),
  });
  const { output } = await bundle.generate({
    dir: outdir,
    format: 'cjs',
    dynamicImportInCjs: false,
    interop: (id) => (id === 'vscode' ? 'esModule' : 'auto'),
    externalLiveBindings: false,
    sourcemap: !minify,
    manualChunks: (id) => startOf(programs, id),
    // Beside the programs, so that `__dirname` is the same in all.
    chunkFileNames: 'part-[hash].js',
  });
  mkdirSync(outdir, { recursive: true });
  for (const { fileName, name, type, code, source } of output) {
    const banner = type === 'chunk' ? (banners[name] ?? '') : '';
    const text = type === 'chunk' && minify ? await minified(code, target) : (code ?? source);
    writeFileSync(path.join(outdir, fileName), banner + text);
  }
  // No file of an earlier build may go into the package.
  const written = new Set(output.map(({ fileName }) => fileName));
  for (const name of readdirSync(outdir)) if (!written.has(name)) rmSync(path.join(outdir, name), { recursive: true });
}

/**
 * The part in which a module of the first program's start belongs. What its first file needs before it loads the rest must
 * not stand with that rest, and what others load too not with what is the program's own.
 */
function startOf([first, ...others], id) {
  const isShared = others.some(({ all }) => all.has(id));
  if (first.before.has(id)) return isShared ? 'common-before' : 'before';
  if (first.start.has(id)) return isShared ? 'common' : 'start';
  return undefined;
}

/** Every program with its first file, what that imports at once and by `import()`, and all that it can ever load. */
function programsOf(outputs) {
  // Only what esbuild was given has an entry point and is nobody's import.
  const importees = new Set(Object.values(outputs).flatMap(({ imports }) => imports.map(({ path: file }) => file)));
  return Object.keys(outputs)
    .filter((file) => outputs[file].entryPoint && !importees.has(file))
    .map((file) => ({
      name: path.parse(file).name,
      entry: path.resolve(file),
      before: reached(outputs, imported(outputs, file, isStatic), isStatic),
      start: reached(outputs, imported(outputs, file, isLazy), isStatic),
      all: reached(outputs, [file], () => true),
    }));
}

const isLazy = ({ kind }) => kind === 'dynamic-import';
const isStatic = (link) => !isLazy(link);

function imported(outputs, file, follows) {
  return outputs[file].imports.filter((link) => !link.external && follows(link)).map((link) => link.path);
}

function reached(outputs, first, follows) {
  const found = new Set(first);
  // A set goes on to what is added meanwhile.
  for (const file of found) {
    for (const next of imported(outputs, file, follows)) found.add(next);
  }
  return new Set([...found].map((file) => path.resolve(file)));
}

async function minified(code, target) {
  const result = await transform(code, { minify: true, platform: 'node', format: 'cjs', target, charset: 'utf8' });
  return result.code;
}

/** @returns {import('@rollup/wasm-node').Plugin} */
function fromMemory(texts) {
  return {
    name: 'from-memory',
    resolveId: (id, importer) => (importer && id.startsWith('.') ? path.resolve(path.dirname(importer), id) : id),
    load(id) {
      const code = texts.get(id);
      const map = texts.get(`${id}.map`);
      return map === undefined ? code : { code, map };
    },
  };
}
