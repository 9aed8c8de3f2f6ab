import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { inRepo } from './paths.mjs';

const SAMPLE = inRepo('test', 'fixtures', 'sample-workspace');

/**
 * Makes a fresh copy of the sample workspace whose MCP servers run from this repository's node_modules,
 * so that nothing is downloaded when a task starts them.
 * @param {string} folder
 */
export function copySampleWorkspace(folder) {
  cpSync(SAMPLE, folder, { recursive: true });
  const file = path.join(folder, '.mcp.json');
  const config = JSON.parse(readFileSync(file, 'utf8'));
  for (const server of Object.values(config.mcpServers)) {
    const [yes, name, ...args] = server.args;
    if (server.command !== 'npx' || yes !== '-y') continue;
    server.command = process.execPath;
    server.args = [programOf(name), ...args];
  }
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`);
  return folder;
}

/** The file that npx would run for the package. */
function programOf(name) {
  const manifest = inRepo('node_modules', name, 'package.json');
  const { bin } = createRequire(import.meta.url)(manifest);
  return path.join(path.dirname(manifest), typeof bin === 'string' ? bin : Object.values(bin)[0]);
}
