import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApprovalRequest } from '../../src/agent/types';
import { readProposal } from '../../src/vscode/questions/fileProposal';

/** What a call would write, beside what is there: only of plain files inside the workspace. */
describe('the difference that an approval shows', () => {
  let folder = '';
  let outside = '';

  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'proposal-')));
    outside = await realpath(await mkdtemp(join(tmpdir(), 'proposal-')));
  });
  after(() => Promise.all([folder, outside].map((path) => rm(path, { recursive: true, force: true }))));

  const proposed = (path: string) => {
    const tool = { definition: { name: 'write', description: '', inputSchema: {} }, server: 's', name: 'write' };
    const request: ApprovalRequest = {
      ...{ callId: '1', reason: '', tool: { ...tool, readOnly: false } },
      arguments: { path, content: 'new' },
    };
    return readProposal(request, [folder]);
  };

  it('is that of a file, or of one that is to be made', async () => {
    await writeFile(join(folder, 'a.txt'), 'old');
    assert.deepEqual(await proposed('a.txt'), { path: join(folder, 'a.txt'), before: 'old', after: 'new' });
    assert.deepEqual(await proposed('b.txt'), { path: join(folder, 'b.txt'), before: '', after: 'new' });
  });

  it('is none outside of the workspace, by whatever way', async () => {
    await writeFile(join(outside, 'secret.txt'), 'secret');
    await symlink(outside, join(folder, 'out'));
    await symlink(join(outside, 'not-there.txt'), join(folder, 'dangling'));
    for (const path of ['../x', join(outside, 'secret.txt'), 'out/secret.txt', 'out/new.txt', 'dangling']) {
      assert.equal(await proposed(path), undefined, path);
    }
  });

  it('waits for no pipe', async function () {
    if (process.platform === 'win32') return this.skip();
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    assert.equal(await proposed('pipe'), undefined);
  });
});
