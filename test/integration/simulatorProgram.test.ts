/** The simulator as a program: one line when it listens, clear words when it cannot, an orderly end. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

type Program = ChildProcessByStdio<null, Readable, Readable>;

const MAIN = join(__dirname, '..', 'simulator', 'main.ts');

describe('the simulator program', function () {
  this.timeout(30_000);
  const programs: Program[] = [];

  function run(...args: string[]): Program {
    const program = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    programs.push(program);
    return program;
  }

  async function ended(program: Program): Promise<{ code: number | null; out: string; err: string }> {
    const text = { out: '', err: '' };
    program.stdout.on('data', (chunk: Buffer) => (text.out += chunk.toString()));
    program.stderr.on('data', (chunk: Buffer) => (text.err += chunk.toString()));
    const [code] = (await once(program, 'close')) as [number | null];
    return { code, ...text };
  }

  afterEach(() => {
    for (const program of programs.splice(0)) program.kill('SIGKILL');
  });

  it('says where it listens, refuses a taken port, and ends when asked to', async () => {
    const first = run('--port', '0');
    const [line] = (await once(first.stdout, 'data')) as [Buffer];
    const [, url, port] = /listening on (http:\/\/127\.0\.0\.1:(\d+))\n$/.exec(line.toString()) ?? [];
    assert.ok(url !== undefined && port !== undefined, line.toString());
    const models = await (await fetch(`${url}/v1/models`)).text();
    assert.match(models, /lmstudio-bridge\/demo-planner/);

    const second = await ended(run('--port', port));
    assert.equal(second.code, 1);
    assert.equal(second.err, `Port ${port} is taken (perhaps by LM Studio itself). Choose another one with --port.\n`);

    const end = ended(first);
    first.kill('SIGTERM');
    assert.equal((await end).code, 0);
  });

  it('explains itself', async () => {
    const [help, wrong] = await Promise.all([ended(run('--help')), ended(run('--port', 'many'))]);
    assert.equal(help.code, 0);
    assert.match(help.out, /--tokens-per-second N/);
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /--port must be a whole number from 0 to 65535, not "many"/);
  });
});
