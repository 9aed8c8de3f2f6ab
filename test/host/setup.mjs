// What a run in the extension host needs besides ours: extensions as anybody may have them, among them the example of our
// interface for others, and what its window opens.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inRepo } from '../../scripts/lib/paths.mjs';

/** @param {{ suite: import('../../scripts/test-host.mjs').Suite, profile: { folder: string, workspace: string, extensions: string }, others: string[] }} run */
export default ({ suite, profile, others }) => {
  const names = suite === 'virtual' ? ['toolExtension', 'fileSystemExtension'] : ['toolExtension'];
  const own = names.map((name) => inRepo('test', 'host', name));
  installFolders([...own, inRepo('docs', 'example-extension'), ...others], profile.extensions);
  const env = { LMSTUDIO_BRIDGE_TEST_TOOL_NOTES: path.join(profile.folder, 'tool-notes.txt') };
  return { env, open: OPEN[suite]?.(profile) };
};

/** The file that the window of a suite opens; where none is given, it opens the folder. */
const OPEN = {
  multiRoot: ({ folder, workspace }) => {
    const second = path.join(folder, 'second');
    mkdirSync(second);
    const { memory, ...others } = serversOf(workspace);
    const notes = { ...memory, env: { MEMORY_FILE_PATH: '${workspaceFolder}/notes.jsonl' } };
    // "filesystem" is a name of the first folder too.
    writeFileSync(path.join(second, '.mcp.json'), JSON.stringify({ mcpServers: { ...others, notes } }, null, 2));
    return workspaceFile(folder, [{ path: workspace }, { path: second }]);
  },
  virtual: ({ folder }) => workspaceFile(folder, [{ uri: 'memfs:/project', name: 'project' }]),
};

function serversOf(folder) {
  return JSON.parse(readFileSync(path.join(folder, '.mcp.json'), 'utf8')).mcpServers;
}

function workspaceFile(folder, folders) {
  const file = path.join(folder, 'test.code-workspace');
  writeFileSync(file, JSON.stringify({ folders }, null, 2));
  return file;
}

/** As VS Code lists what it has installed. */
function installFolders(sources, extensions) {
  const entries = sources.map((source) => {
    const { publisher, name, version } = JSON.parse(readFileSync(path.join(source, 'package.json'), 'utf8'));
    const relativeLocation = `${publisher}.${name}-${version}`;
    const folder = path.join(extensions, relativeLocation);
    cpSync(source, folder, { recursive: true });
    const identifier = { id: `${publisher}.${name}` };
    return { identifier, version, location: { $mid: 1, path: folder, scheme: 'file' }, relativeLocation };
  });
  writeFileSync(path.join(extensions, 'extensions.json'), JSON.stringify(entries));
}
