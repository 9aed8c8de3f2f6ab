import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MCP = join(__dirname, '..', '..', 'src', 'mcp');

/** Modules of the MCP SDK that are loaded when these rooms of ours are. */
async function loadedSdkModules(...modules: string[]): Promise<number> {
  const script = `
    for (const module of ${JSON.stringify(modules.map((name) => join(MCP, name)))}) require(module);
    const sdk = Object.keys(require.cache).filter((file) => file.includes('modelcontextprotocol'));
    process.stdout.write(String(sdk.length));`;
  const { stdout } = await run(process.execPath, ['--import', 'tsx', '--eval', script]);
  return Number(stdout);
}

describe('loading the mcp room', () => {
  it('does not load the SDK, not even where servers are started from', async () => {
    assert.equal(
      await loadedSdkModules('discovery.ts', 'variables.ts', 'naming.ts', 'toolbox.ts', 'processTree.ts'),
      0,
    );
  });

  it('would notice it', async () => {
    const client = join(
      '..',
      '..',
      'node_modules',
      '@modelcontextprotocol',
      'sdk',
      'dist',
      'cjs',
      'client',
      'index.js',
    );
    assert.ok((await loadedSdkModules(client)) > 0);
  });
});
