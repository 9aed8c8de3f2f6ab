// What a run in the extension host needs besides ours: an extension with tools, as anybody may have one, and the example
// of our interface for others.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inRepo } from '../../scripts/lib/paths.mjs';

/** @param {{ workspace: string, extensions: string }} run */
export default ({ workspace, extensions }) => {
  installFolders([inRepo('test', 'host', 'toolExtension'), inRepo('docs', 'example-extension')], extensions);
  return { env: { LMSTUDIO_BRIDGE_TEST_TOOL_NOTES: path.join(path.dirname(workspace), 'tool-notes.txt') } };
};

/** As VS Code lists what it has installed. */
function installFolders(sources, extensions) {
  const entries = sources.map((source) => {
    const { publisher, name, version } = JSON.parse(readFileSync(path.join(source, 'package.json'), 'utf8'));
    const relativeLocation = `${publisher}.${name}-${version}`;
    const folder = path.join(extensions, relativeLocation);
    cpSync(source, folder, { recursive: true });
    return {
      identifier: { id: `${publisher}.${name}` },
      version,
      location: { $mid: 1, path: folder, scheme: 'file' },
      relativeLocation,
    };
  });
  writeFileSync(path.join(extensions, 'extensions.json'), JSON.stringify(entries));
}
