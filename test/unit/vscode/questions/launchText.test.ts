import assert from 'node:assert/strict';
import type { ConfigSource, ServerSpec } from '../../../../src/mcp/serverSpec';
import { type Launch, launchFacts } from '../../../../src/policy/consent';
import { launchQuestion } from '../../../../src/vscode/questions/launchText';
import { inGerman } from '../../../support/german';

const FILE = '/project/.mcp.json';
const WORKSPACE: ConfigSource = { kind: 'mcp-json', file: FILE, scope: 'workspace', folder: '/project' };
const URL = 'https://example.test/mcp';

function spec(transport: ServerSpec['transport'], source = WORKSPACE): ServerSpec {
  const origin = { file: source.file, line: 4, column: 5 };
  return { name: 'notes', transport, disabled: false, origin, source, inputs: [] };
}

const STDIO = spec({ kind: 'stdio', command: 'node', args: ['a'], env: {}, cwd: undefined });
const HTTP = spec({ kind: 'http', url: URL, headers: { Authorization: 'secret' }, protocol: 'auto' });

const LAUNCH: Launch = {
  ...{ kind: 'process', name: 'notes', file: FILE, command: 'node', args: ['a'], env: {} },
  ...{ envFile: undefined, cwd: '/project' },
};
const ADDRESS: Launch = { kind: 'address', name: 'notes', file: FILE, url: URL, headers: { Authorization: 'secret' } };
const factsOf = (launch: Launch) => launchFacts(launch, (text) => text);

describe('the question before a server starts', () => {
  it('is about a program and its rights, and says whose file wants it', () => {
    const { message, detail, buttons, closing } = launchQuestion(STDIO, factsOf(LAUNCH), undefined);
    assert.equal(message, 'Start the MCP server "notes"?');
    assert.equal(
      detail,
      [
        'A file of this workspace wants this program started on your computer. It would run with your rights.',
        'Command: node\nArgument 1: a\nWorking directory: /project',
        'Named in: /project/.mcp.json:4, which whoever writes this repository can change.',
        'You are asked again only when one of these changes.',
      ].join('\n\n'),
    );
    assert.deepEqual([buttons, closing], [['Look at the file…', 'Start', "Don't start"], "Don't start"]);
    const source = { kind: 'cursor', file: '/home/me/.cursor/mcp.json', scope: 'user', folder: undefined } as const;
    const own = launchQuestion({ ...STDIO, source }, factsOf(LAUNCH), undefined).detail;
    assert.match(own, /^A file of yours wants.*your own file of Cursor, which no repository can write/s);
  });

  it('is about a connection and what is sent, for a server at an address', () => {
    const { message, detail, buttons } = launchQuestion(HTTP, factsOf(ADDRESS), undefined);
    assert.equal(message, 'Connect to the MCP server "notes"?');
    assert.match(
      detail,
      /wants a connection to this address\. What .* is sent there, with the headers below, and what/,
    );
    assert.match(detail, /Address: https:\/\/example\.test\/mcp\nHeader Authorization: sent\n/);
    assert.doesNotMatch(detail, /secret|program/);
    assert.deepEqual(buttons, ['Look at the file…', 'Connect', "Don't connect"]);
    const bare = spec({ kind: 'http', url: URL, headers: {}, protocol: 'auto' });
    assert.doesNotMatch(launchQuestion(bare, factsOf({ ...ADDRESS, headers: {} }), undefined).detail, /header/i);
  });

  it('says what was and what is, where the definition has changed', () => {
    const now: Launch = { ...ADDRESS, url: 'https://evil.test/mcp', headers: { Authorization: 'other', 'X-New': 'x' } };
    const question = launchQuestion(HTTP, factsOf(now), factsOf(ADDRESS));
    assert.match(
      question.detail,
      /What has changed:\n~ Address\n {4}was: https:\/\/example\.test\/mcp\n {4}is: {2}https:\/\/evil\.test\/mcp\n~ Header Authorization\n {4}was: sent\n {4}is: {2}sent, with other content\n\+ Header X-New: sent\n\nAll of it now:/,
    );
    assert.equal(question.look, 'Show difference…');
    assert.match(question.sides?.before ?? '', /example\.test/);
    assert.match(question.sides?.after ?? '', /evil\.test/);
  });

  it('speaks the language of the person, also of what was agreed to in another one', () => {
    const now: Launch = { ...ADDRESS, headers: { Authorization: 'other' } };
    const before = factsOf(ADDRESS);
    const { detail } = inGerman(() => launchQuestion(HTTP, factsOf(now), before));
    assert.match(detail, /~ Kopfzeile Authorization\n.*wird gesendet\n.*wird gesendet, mit anderem Inhalt\n/);
    assert.match(detail, /\nAdresse: https:\/\/example\.test\/mcp\nKopfzeile Authorization: wird gesendet\n/);
    const odd: Launch = {
      ...LAUNCH,
      command: 'set',
      args: ['sent'],
      env: { A: 'x', B: null },
      envFile: '.env',
      cwd: undefined,
    };
    const program = inGerman(() => launchQuestion(STDIO, factsOf(odd), undefined)).detail;
    assert.ok(
      program.includes(
        [
          ...['Befehl: set', 'Argument 1: sent', 'Umgebungsvariable A: gesetzt', 'Umgebungsvariable B: entfernt'],
          ...['Umgebungsdatei: .env', 'Arbeitsverzeichnis: der Arbeitsbereichsordner'],
        ].join('\n'),
      ),
      program,
    );
  });

  it('shows what files say as it is: nothing hidden, and no line that passes for another', () => {
    const odd: Launch = { ...LAUNCH, args: ['a\nWorking directory: /safe', '\u202egnp.x\u001b[31m'] };
    const { detail } = launchQuestion(STDIO, factsOf(odd), undefined);
    assert.match(detail, /Argument 1: a\n {4}│ Working directory: \/safe\nArgument 2: �gnp\.x\n/);
  });

  it('hides nothing behind a long value: the rest is still there, and all of it can be seen', () => {
    const long: Launch = { ...LAUNCH, args: ['x'.repeat(9_000), '--evil'] };
    const { detail, look, sides } = launchQuestion(STDIO, factsOf(long), undefined);
    assert.match(detail, /x… \(9000 characters\)\nArgument 2: --evil\nWorking directory: \/project\n/);
    assert.deepEqual([look, sides?.before], ['Show all…', '']);
    assert.deepEqual(launchQuestion(STDIO, factsOf(long), undefined).buttons, ['Show all…', "Don't start"]);
    assert.ok(sides?.after.includes('x'.repeat(9_000)));
    const many: Launch = { ...LAUNCH, args: Array<string>(500).fill('padding') };
    const all = launchQuestion(STDIO, factsOf(many), undefined);
    assert.match(all.detail, /Not all of it fits here: look at it first\.$/);
    assert.ok(all.detail.length < 3_100 && all.look === 'Show all…');
  });
});
