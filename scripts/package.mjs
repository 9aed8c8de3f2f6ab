// Packages the extension: node scripts/package.mjs [--out FILE.vsix]
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled } from './ensure-installed.mjs';
import { build } from './lib/build.mjs';
import { say, step } from './lib/log.mjs';
import { Failure, runMain } from './lib/main.mjs';
import { inRepo, root } from './lib/paths.mjs';
import { runQuietly } from './lib/processes.mjs';

/** Everything is bundled and minified; more than this means that something slipped in. */
const LIMIT_BYTES = 900_000;

/** Builds for production and packages. @param {string} [file] @returns {Promise<string>} the .vsix file */
export async function packageVsix(file) {
  await build('--production');
  return pack(root, file);
}

/** Packages a folder that is built already. */
export async function pack(folder, file) {
  const { name, version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const vsix = path.resolve(file ?? inRepo(`${name}-${version}.vsix`));
  mkdirSync(path.dirname(vsix), { recursive: true });
  const output = await step(`Packaging ${path.basename(vsix)}`, () =>
    runQuietly(process.execPath, [inRepo('node_modules', '@vscode', 'vsce', 'vsce'), 'package', ...vsceOptions(vsix)], {
      cwd: folder,
      what: 'vsce package',
    }),
  );
  const bytes = statSync(vsix).size;
  const files = /\((\d+) files/.exec(output)?.[1] ?? '?';
  say(`${path.basename(vsix)}: ${Math.ceil(bytes / 1000)} kB in ${files} files`);
  if (bytes > LIMIT_BYTES) throw new Failure(`The package is larger than ${LIMIT_BYTES / 1000} kB:\n${output}`);
  return vsix;
}

function vsceOptions(vsix) {
  // The project has no public address yet: once package.json names a repository, vsce can point the README's links at it.
  return ['--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links', '--out', vsix];
}

runMain(import.meta.url, async (args) => {
  const at = args.indexOf('--out');
  await ensureInstalled();
  await packageVsix(at < 0 ? undefined : args[at + 1]);
});
