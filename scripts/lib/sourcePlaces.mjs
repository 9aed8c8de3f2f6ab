import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { root } from './paths.mjs';

const PLACE = /[^\s()]*\bout[\\/]host[\\/][^\s():]+\.js:\d+:\d+/g;

/**
 * Puts the places of the TypeScript sources where a stack names those of the bundled tests. VS Code formats stacks by
 * itself in the extension host, so Node's own source-map support does nothing there.
 * @param {string} text
 */
export function withSourcePlaces(text) {
  return text.replace(PLACE, (place) => sourceOf(place) ?? place);
}

function sourceOf(place) {
  const [, file, line, column] = /^(.*):(\d+):(\d+)$/.exec(place);
  try {
    const bundle = path.resolve(root, file);
    const [, inline] = /sourceMappingURL=data:application\/json;base64,(\S+)/.exec(readFileSync(bundle, 'utf8'));
    const map = new SourceMap(JSON.parse(Buffer.from(inline, 'base64').toString()));
    const origin = map.findEntry(Number(line) - 1, Number(column) - 1);
    const source = fileURLToPath(new URL(origin.originalSource, pathToFileURL(bundle)));
    return `${path.relative(root, source)}:${origin.originalLine + 1}:${origin.originalColumn + 1}`;
  } catch {
    // Better the bundle's place than none.
    return undefined;
  }
}
