import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { RunEnd } from '../../src/tasks/types';
import { COMMANDS } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import type { Simulator } from '../simulator/server';
import type { Turn } from '../simulator/turn';
import { activated, connectSimulator, eventually, notices, questions, workspaceFolder } from './support';

interface ServerFile {
  readonly mcpServers: Record<string, { command: string; args: string[] }>;
}

describe('what servers offer and ask', () => {
  let hooks: TestHooks;
  let simulator: Simulator;
  let file = '';
  let original = '';

  before(async () => {
    hooks = await activated();
    simulator = await connectSimulator(hooks);
    file = join(workspaceFolder(), '.mcp.json');
    original = readFileSync(file, 'utf8');
    const { mcpServers } = JSON.parse(original) as ServerFile;
    const known = mcpServers['filesystem'];
    assert.ok(known);
    const everything = {
      ...known,
      args: known.args.slice(0, 1).map((arg) => arg.replace('server-filesystem', 'server-everything')),
    };
    writeFileSync(file, JSON.stringify({ mcpServers: { ...mcpServers, everything } }));
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
    hooks.dialogs.reset();
  });

  beforeEach(() => hooks.dialogs.reset());

  afterEach(() => {
    assert.equal(hooks.dialogs.unusedAnswers, 0, 'every answer was asked for');
    assert.deepEqual(hooks.running(), []);
  });

  after(async () => {
    writeFileSync(file, original);
    await vscode.commands.executeCommand(COMMANDS.forgetConsent);
    await simulator.close();
  });

  const run = (task: string): Thenable<RunEnd> =>
    vscode.commands.executeCommand<RunEnd>(COMMANDS.runWithServer, { server: 'everything', task });
  const lastMessages = (): readonly { readonly role: string; readonly content: string }[] => {
    const chats = simulator.requests.filter(({ path }) => path.endsWith('/chat/completions'));
    const body = chats.at(-1)?.body as unknown as { messages: { role: string; content: string }[] };
    return body.messages;
  };
  const lastResult = (): string => lastMessages().findLast(({ role }) => role === 'tool')?.content ?? '';
  const inputs = () => hooks.dialogs.seen.filter((dialog) => dialog.kind === 'input').map(({ options }) => options);

  it('asks for every kind of field, checks what is typed, and shows all of it before it is sent', async () => {
    simulator.setScript([{ toolCalls: [{ match: 'trigger_elicitation_request', arguments: {} }] }, { text: 'Done.' }]);
    hooks.dialogs.answerNext('Start', 'Allow once', 'Answer…');
    hooks.dialogs.answerNext('Ada', 'Yes', '', 'ada@example.org', '', '', '7', '', 'Joey', ['Piano', 'Bass']);
    hooks.dialogs.answerNext('Green Lantern', ['Tuna'], 'Dogs', 'Send');
    const end = await run('Ask me.');
    assert.equal(end.status, 'completed');
    const result = lastResult();
    assert.deepEqual(JSON.parse(result.slice(result.indexOf('{', result.indexOf('Raw result')))), {
      action: 'accept',
      content: {
        ...{ name: 'Ada', check: true, firstLine: 'It was a dark and stormy night.', email: 'ada@example.org' },
        ...{
          integer: 7,
          number: 3.14,
          untitledSingleSelectEnum: 'Joey',
          untitledMultipleSelectEnum: ['Piano', 'Bass'],
        },
        ...{ titledSingleSelectEnum: 'hero-2', titledMultipleSelectEnum: ['fish-1'], legacyTitledEnum: 'pet-2' },
      },
    });
    const asked = questions(hooks);
    assert.equal(asked[2]?.message, 'MCP server "everything" asks you for information.');
    assert.match(asked[2].detail, /Please provide inputs.*• String\n.*\(optional\).*Never give a password/s);
    assert.match(asked[3]?.detail ?? '', /String: Ada\nBoolean: Yes\nString with default: It was .* \(default\)\n/);
    const email = inputs().find(({ title }) => title.includes('email'));
    assert.equal(email?.validate?.('nobody'), 'It must be an e-mail address.');
    const integer = inputs().find(({ title }) => title.includes('Integer'));
    assert.equal(integer?.value, '42');
    assert.match(integer.title, /^everything: Integer \(7 of 13\)$/);
    assert.equal(integer.validate?.('101'), 'It must be at most 100.');
    assert.equal(inputs()[0]?.validate?.(''), 'This must be answered.');
  });

  it('lets the person change answers, decline, and close the question', async () => {
    const asking: Turn[] = [
      { toolCalls: [{ match: 'trigger_elicitation_request', arguments: {} }] },
      { text: 'Done.' },
    ];
    simulator.setScript(asking);
    hooks.dialogs.answerNext('Allow once', 'Decline');
    await run('Ask me.');
    assert.match(lastResult(), /User declined/);

    simulator.setScript(asking);
    hooks.dialogs.answerNext('Allow once', 'Answer…', 'Ada', undefined);
    const aside = run('Ask me.');
    await eventually(() => assert.match(notices(hooks).at(-1)?.message ?? '', /^MCP server "everything" asks you/));
    const [task] = hooks.running();
    assert.equal(task?.isWaiting, true, 'the question of the server is known to be that of the task');
    await vscode.commands.executeCommand(COMMANDS.answerQuestion, { kind: 'task', id: task.id });
    await aside;
    assert.match(lastResult(), /User cancelled/);

    simulator.setScript(asking);
    const fields = (name: string) => [
      name,
      'No',
      '',
      '',
      '',
      '',
      '1',
      '',
      'Joey',
      ['Piano'],
      'Superman',
      ['Tuna'],
      'Dogs',
    ];
    hooks.dialogs.answerNext('Allow once', 'Answer…', ...fields('Ada'), 'Change…', ...fields('Bob'), 'Send');
    await run('Ask me.');
    assert.match(lastResult(), /"name": "Bob"/);
    assert.equal(inputs()[8]?.value, 'Ada');
  });

  it('opens a page only after the person has seen its host', async () => {
    const args = { url: 'http://xn--pple-43d.example/sign?a=b', message: 'Sign here' };
    simulator.setScript([{ toolCalls: [{ match: 'trigger_url_elicitation', arguments: args }] }, { text: 'Done.' }]);
    hooks.dialogs.answerNext('Allow once', 'Open in Browser');
    await run('Open it.');
    assert.match(lastResult(), /completed the URL elicitation/);
    assert.deepEqual(hooks.openedPages, [args.url]);
    const question = questions(hooks)[1];
    assert.equal(question?.message, 'MCP server "everything" wants you to open a page.');
    assert.match(
      question.detail,
      /^Host: xn--pple-43d\.example\n\nAddress: http:.*not encrypted.*letters beyond ASCII/s,
    );
  });

  it('lets a server ask the model only after the person has seen the prompt, and then the answer', async () => {
    const args = { prompt: 'two and two', maxTokens: 20 };
    const asking: Turn = { toolCalls: [{ match: 'trigger_sampling_request', arguments: args }] };
    simulator.setScript([asking, { text: 'four' }, { text: 'Done.' }]);
    hooks.dialogs.answerNext('Allow once', 'Allow once', 'Send');
    await run('Ask it.');
    assert.match(lastResult(), /"text": "four"/);
    const [, prompt, answer] = questions(hooks);
    assert.equal(prompt?.message, 'Let MCP server "everything" ask your model?');
    assert.match(
      prompt.detail,
      /at most 20 tokens.*\[system\]\nYou are a helpful test server\.\n\n\[user\]\n.*two and two/s,
    );
    assert.equal(answer?.message, 'Send this answer of your model to MCP server "everything"?');
    assert.equal(answer.detail, 'four');

    simulator.setScript([asking, { text: 'Done.' }]);
    hooks.dialogs.answerNext('Allow once', undefined);
    await run('Ask it.');
    assert.match(lastResult(), /The person said no/);
  });

  it('makes a task of a prompt, with the values that its server suggests', async () => {
    simulator.setScript([{ text: 'Promoted.' }]);
    hooks.dialogs.answerNext('everything', 'Team Management', 'Sales', 'David', 'Run');
    const end = await vscode.commands.executeCommand<RunEnd>(COMMANDS.runPrompt);
    assert.equal(end.text, 'Promoted.');
    const picks = hooks.dialogs.seen.flatMap((dialog) => (dialog.kind === 'pickOne' ? [dialog] : []));
    assert.deepEqual(
      picks[2]?.choices.map(({ label }) => label),
      ['Engineering', 'Sales', 'Marketing', 'Support', 'Type it…'],
    );
    const preview = questions(hooks).at(-1);
    assert.equal(preview?.message, 'Run the prompt "completable-prompt" of MCP server "everything" as a task?');
    assert.match(preview.detail, /The server wrote this text\..*Please promote David to the head of the Sales team\./s);
    assert.match(lastMessages()[1]?.content ?? '', /^Please promote David to the head of the Sales team\./);
  });

  it('gives a task the resources that a person picks, templates filled in', async () => {
    simulator.setScript([{ text: 'Read.' }]);
    hooks.dialogs.answerNext('everything', ['Dynamic Text Resource'], '3', 'Sum it up.');
    const end = await vscode.commands.executeCommand<RunEnd>(COMMANDS.runWithResources);
    assert.equal(end.text, 'Read.');
    assert.match(lastMessages()[1]?.content ?? '', /^Sum it up\.\n\n\[Resource "demo:\/\/resource\/dynamic\/text\/3"/);
  });
});
