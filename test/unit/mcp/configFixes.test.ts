import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseConfigFile } from '../../../src/mcp/configFile';
import { fixesFor, type TextChange } from '../../../src/mcp/configFixes';
import { type ConfigSource, type DiagnosticCode, givenSource } from '../../../src/mcp/serverSpec';

const SOURCE = givenSource('/project/mcp.json');

function apply(text: string, changes: readonly TextChange[]): string {
  return [...changes]
    .sort((a, b) => b.offset - a.offset)
    .reduce((now, { offset, length, text: fresh }) => now.slice(0, offset) + fresh + now.slice(offset + length), text);
}

/** Every remedy of the first problem of this kind: its title and the text afterwards. */
function mended(text: string, code: DiagnosticCode, source: ConfigSource = SOURCE): [string, string][] {
  const problem = parseConfigFile(text, source).diagnostics.find((diagnostic) => diagnostic.code === code);
  assert.ok(problem, `there is no ${code} in ${text}`);
  return fixesFor(text, problem).map(({ title, changes }) => [title, apply(text, changes)]);
}

describe('fixes of mcp configuration files', () => {
  it('wrap servers that stand alone', () => {
    const text = '// from a page\n{ "a": { "command": "x" } }';
    const wrapped = '// from a page\n{\n  "mcpServers": { "a": { "command": "x" } }\n}';
    assert.deepEqual(mended(text, 'no-servers'), [['Wrap in "mcpServers"', wrapped]]);
    const [[title = ''] = []] = mended(text, 'no-servers', { ...SOURCE, kind: 'vscode' });
    assert.equal(title, 'Wrap in "servers"');
  });

  it('remove a type that nobody knows, and keep comments', () => {
    const text = '{"servers":{\n  // mine\n  "a": { "type": "pigeon", "command": "x" }\n}}';
    assert.deepEqual(mended(text, 'unknown-type'), [
      ['Remove "type"', '{"servers":{\n  // mine\n  "a": {\n    "command": "x"\n  }\n}}'],
    ]);
  });

  it('rename the second of two servers to a free name', () => {
    const text = '{"servers":{"a":{"command":"x"},\n"a-2":{"command":"y"},"a":{"command":"z"}}}';
    assert.deepEqual(mended(text, 'duplicate-name'), [
      ['Rename to "a-3"', '{"servers":{"a":{"command":"x"},\n"a-2":{"command":"y"},"a-3":{"command":"z"}}}'],
    ]);
  });

  it('declare an input, as a password where its name says so', () => {
    const entry = '"servers":{"a":{"command":"x","args":["${input:api-key}"]}}';
    for (const text of [
      `{${entry}}`,
      `{"inputs":[],${entry}}`,
      `{"inputs":[{"id":"b","type":"promptString"}],${entry}}`,
    ]) {
      const [[title = '', after = ''] = []] = mended(text, 'undeclared-input');
      assert.equal(title, 'Declare the input "api-key"');
      const { servers, diagnostics } = parseConfigFile(after, SOURCE);
      assert.deepEqual(diagnostics, []);
      const input = servers[0]?.inputs.find(({ id }) => id === 'api-key');
      assert.equal(input?.isPassword, true);
    }
  });

  it('replace a variable of another product or of a shell', () => {
    const text = (variable: string): string => `{"servers":{"a":{"command":"x","args":["in \\"${variable}\\""]}}}`;
    const choices = (variable: string): string[] =>
      mended(text(variable), 'unknown-variable').map(([, after]) => /in \\"(.*)\\""/.exec(after)?.[1] ?? after);
    assert.deepEqual(choices('${HOME}'), ['${userHome}', '${env:HOME}']);
    assert.deepEqual(choices('${API_KEY:-x}'), ['${env:API_KEY}']);
    assert.deepEqual(choices('${workspaceRoot}'), ['${workspaceFolder}']);
    assert.deepEqual(choices('${file.name}'), []);
  });

  it('offer nothing for a text that has changed since', () => {
    const problem = parseConfigFile('{"servers":{\n"a":{"type":"p","command":"x"}}}', SOURCE).diagnostics[0];
    assert.ok(problem);
    for (const text of ['', '{}', '[\n\n', '{"servers":{}}', '{"servers":{\n"a":{"command":"x"}}}']) {
      assert.deepEqual(fixesFor(text, problem), []);
    }
  });

  it('never throw, whatever the text has become', () => {
    const codes: DiagnosticCode[] = [
      'no-servers',
      'unknown-type',
      'duplicate-name',
      'undeclared-input',
      'unknown-variable',
    ];
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc.string().map((text) => `{"servers":{"a":{"command":"${text}`),
    );
    fc.assert(
      fc.property(texts, fc.constantFrom(...codes), fc.nat(5), fc.nat(40), (text, code, line, column) => {
        const place = { file: SOURCE.file, line: line + 1, column: column + 1 };
        const message = 'uses ${input:x}, ${x}';
        for (const { changes } of fixesFor(text, { severity: 'error', message, server: 'a', code, ...place })) {
          assert.ok(changes.every(({ offset, length }) => offset >= 0 && offset + length <= text.length));
        }
      }),
      { numRuns: 500 },
    );
  });
});
