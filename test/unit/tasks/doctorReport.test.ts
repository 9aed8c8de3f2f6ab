import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ServerSpec, TransportSpec } from '../../../src/mcp/serverSpec';
import { findingsOf } from '../../../src/tasks/doctorFindings';
import { doctorReport, plain } from '../../../src/tasks/doctorReport';
import { secretsOfServers, transportWords, withoutSecrets } from '../../../src/tasks/doctorSecrets';
import { healthy, healthyServer, mcpServer } from '../../support/doctorFacts';

const TOKEN = 'T0pSecretV4lue99xyz';
const write = (facts = healthy()): string => doctorReport(facts, findingsOf(facts), (remedy) => `Do ${remedy}`);

function spec(transport: TransportSpec): Pick<ServerSpec, 'transport'> {
  return { transport };
}

const stdio = (change: object = {}): TransportSpec => ({
  ...{ kind: 'stdio', command: 'npx', args: [], env: {}, cwd: undefined },
  ...change,
});
const http = (change: object = {}): TransportSpec => ({
  ...{ kind: 'http', url: 'https://mcp.example/v1', headers: {}, protocol: 'auto' },
  ...change,
});

describe('the report of the doctor', () => {
  it('begins with what to do next, or says that there is nothing', () => {
    assert.match(write(), /## What to do next\n\nNothing: all that was looked at is well\.\n/);
    const facts = healthy({
      server: { ...healthyServer(), answer: { kind: 'failed', code: 'server-unreachable', message: 'No.' } },
    });
    assert.match(
      write(facts),
      /## What to do next\n\n1\. Error: No model server answers at http:\/\/127\.0\.0\.1:1234\. What helps: \*\*Do ask-again\*\* \(`server-unreachable`\)\n/,
    );
    const headings = [...write(facts).matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
    assert.equal(headings[0], 'What to do next');
    assert.equal(new Set(headings).size, headings.length);
  });

  it('has the facts of the server, the models, the MCP servers and the journals', () => {
    const text = write(
      healthy({
        mcp: {
          servers: [mcpServer({ tail: ['line one', 'line two'], startMs: 1_234 })],
          diagnostics: [
            { severity: 'warning', message: 'Odd.', server: undefined, file: '/a.json', line: 7, column: 2 },
          ],
        },
        settings: { changed: [{ key: 'lmstudioBridge.model', value: '"a/b"' }], problems: [] },
        errors: [{ at: '2026-01-01T00:00:00.000Z', message: 'It broke.' }],
      }),
    );
    for (const line of [
      '- Address: http://127.0.0.1:1234 (looked for on this computer)',
      '- API token: not set',
      '- Answer: in 4 ms, models from /api/v1/models',
      '- Kind: LM Studio, 0.4.0 or newer',
      '- Just-in-time loading: on',
      '- Server "gpu" at http://gpu:1234: answers in 7 ms, 3 models',
      '| a/b | loaded | 32768 | 32768 | trained |  |  |',
      '- State: ready, 2 tools, started in 1.2 s',
      '- Consent: may start, trusted',
      '    line two',
      '- Warning: /a.json:7:2: Odd.',
      '- lmstudioBridge.model: "a/b"',
      '- Size: 0.0 MB, 0 tasks, of them interrupted: 0',
      '- 2026-01-01T00:00:00.000Z: It broke.',
      '- Model server: 12 ms',
    ])
      assert.ok(text.includes(`\n${line}\n`), `${line}\n---\n${text}`);
  });

  it('shows nothing of strangers as markup, and nothing hidden', () => {
    assert.equal(plain('a](command:x)\n# b\u202e <img src=x> 1 < 2'), 'a] (command:x) # b� \\<img src=x> 1 < 2');
    fc.assert(
      fc.property(fc.string(), (name) => {
        const text = write(healthy({ mcp: { servers: [mcpServer({ name, tail: [name] })], diagnostics: [] } }));
        assert.equal([...text.matchAll(/^## /gm)].length, 10);
        // What a server said last stands indented, where nothing is markup.
        const outside = text.split('\n').filter((line) => !line.startsWith('    '));
        assert.doesNotMatch(outside.join('\n'), /\]\(/);
      }),
    );
  });
});

describe('secrets in the report of the doctor', () => {
  const planted: readonly (readonly [string, TransportSpec])[] = [
    ['an environment variable', stdio({ env: { ANYTHING: TOKEN } })],
    ['a header', http({ headers: { 'X-Thing': `Bearer ${TOKEN}` } })],
    ['an argument with its name', stdio({ args: [`--api-key=${TOKEN}`] })],
    ['an argument after its name', stdio({ args: ['--token', TOKEN] })],
    ['an argument that looks like one', stdio({ args: ['a9f8e7d6c5b4a3f2e1d0ZZ', '-y'] })],
    ['the query of an address', http({ url: `https://mcp.example/v1?key=${TOKEN}` })],
    ['the user of an address', http({ url: `https://me:${TOKEN}@mcp.example/v1` })],
    ['the path of an address', http({ url: `https://mcp.example/s/a9f8e7d6c5b4a3f2e1d0ZZ/mcp` })],
    ['a client secret', http({ oauth: { clientId: 'me', clientSecret: TOKEN } })],
  ];

  for (const [where, transport] of planted) {
    it(`are left out, and taken out of what the server says: ${where}`, () => {
      const secrets = secretsOfServers([spec(transport)]);
      const secret = JSON.stringify(transport).includes(TOKEN) ? TOKEN : 'a9f8e7d6c5b4a3f2e1d0ZZ';
      assert.ok(!transportWords(transport).includes(secret));
      const text = withoutSecrets(`stderr: started with ${secret}!`, secrets);
      assert.equal(text, 'stderr: started with [redacted]!');
    });
  }

  it('are taken out of addresses wherever they stand', () => {
    assert.equal(
      withoutSecrets(`see ftp://me:${TOKEN}@host/x?token=${TOKEN}&y=1`, []),
      'see ftp://[redacted]@host/x?token=[redacted]&y=[redacted]',
    );
    assert.equal(withoutSecrets('sk-lm-abcdefgh:ABCDEFGHIJKLMNOPQRST', []), 'sk-[redacted]');
  });

  it('leave alone what is none: packages, paths, words and names of variables', () => {
    const args = ['-y', '@modelcontextprotocol/server-filesystem', '/home/me/projects/2026', '--verbose'];
    const env = { NODE_ENV: 'production', DEBUG: 'true', PORT: '3000000', KEY: '${input:key}' };
    assert.deepEqual(secretsOfServers([spec(stdio({ args, env }))]), []);
    assert.equal(transportWords(stdio({ args, env })), 'npx, 4 arguments, sets NODE_ENV, DEBUG, PORT, KEY');
    assert.equal(
      transportWords(http({ headers: { Authorization: 'x' } })),
      'https://mcp.example/…, headers Authorization',
    );
  });
});
