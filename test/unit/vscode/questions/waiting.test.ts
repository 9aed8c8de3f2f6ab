/** Questions that wait together: one dialog at a time, none lost while somebody reads, none answered by Enter. */
import assert from 'node:assert/strict';
import type { ApprovalAnswer } from '../../../../src/policy/gates';
import { createApprovalQuestion } from '../../../../src/vscode/questions/approvals';
import { createElicitation, ELICITATION_BUTTONS } from '../../../../src/vscode/questions/elicitation';
import { QuestionDesk } from '../../../../src/vscode/questions/questionDesk';
import { createSamplingApproval } from '../../../../src/vscode/questions/samplingApproval';
import { ServerUsers } from '../../../../src/vscode/servers/serverUsers';
import { ScriptedDialogs } from '../../../../src/vscode/testHooks';
import { gate } from '../../../simulator/gate';
import { ManualClock } from '../../../support/manualClock';

const signal = new AbortController().signal;
const TEXT = { kind: 'text', format: undefined, minLength: undefined, maxLength: undefined } as const;

function person() {
  const dialogs = new ScriptedDialogs();
  const desk = new QuestionDesk({
    ...{ dialogs, clock: new ManualClock(), isPersonHere: () => true, readPatience: () => undefined },
  });
  const users = new ServerUsers();
  const counts: number[] = [];
  desk.onDidChangeCount((count) => counts.push(count));
  const documents: { name: string; text: string }[] = [];
  const showDocument = (name: string, text: string): Promise<void> =>
    Promise.resolve(void documents.push({ name, text }));
  const showDifference = (): Promise<void> => Promise.resolve();
  const beforeCall = createApprovalQuestion(
    { id: 1, label: 'Tidy up' },
    {
      ...{ dialogs, desk, showDocument, showDifference, folders: () => [] },
    },
  );
  const approve = (name: string, text = ''): Promise<ApprovalAnswer> => {
    const definition = { name, description: '', inputSchema: {} };
    const tool = { definition, server: 'files', name, readOnly: false };
    const request = { callId: '1', tool, arguments: { text }, reason: '' };
    const remember = (): Promise<void> => Promise.resolve();
    const about = { isTrusted: false, mayRemember: true, mayTrust: false, isCovered: () => false, remember };
    return beforeCall({ request, ...about }, signal);
  };
  const elicit = createElicitation({ dialogs, desk, users, openPage: () => Promise.resolve(true) });
  const form = () =>
    elicit(
      {
        kind: 'form',
        server: 'trains',
        message: 'Where to?',
        fields: [{ name: 'to', title: 'To', isRequired: true, type: TEXT, description: undefined, default: undefined }],
      },
      signal,
    );
  const page = () =>
    elicit({ kind: 'url', server: 'trains', message: 'Pay here.', url: 'https://pay.example/' }, signal);
  const sampling = createSamplingApproval({ dialogs, desk, users, showDocument });
  const asked = () =>
    dialogs.seen.filter(({ kind }) => kind === 'ask').map((seen) => (seen.kind === 'ask' ? seen : assert.fail()));
  return { dialogs, desk, counts, documents, approve, form, page, sampling, asked };
}

/** Lets everything that waits for nothing but its turn have it. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('questions that wait together', () => {
  it('come one after the other: a form of a server and two approvals', async () => {
    const { dialogs, desk, counts, approve, form, asked } = person();
    const gates = [gate(), gate(), gate(), gate()] as const;
    const [one, two, three, four] = gates;
    dialogs.answerNext(
      one.promise.then(() => 'Allow once'),
      two.promise.then(() => ELICITATION_BUTTONS.answer),
      'Rome',
      three.promise.then(() => ELICITATION_BUTTONS.send),
      four.promise.then(() => 'Deny'),
    );
    const answers = Promise.all([approve('first'), form(), approve('second')]);
    const open: number[] = [];
    for (const next of gates) {
      await settle();
      open.push(asked().length);
      next.open();
    }
    const [first, filled, second] = await answers;
    assert.deepEqual([first.kind, filled, second.kind], ['once', { kind: 'accept', content: { to: 'Rome' } }, 'deny']);
    assert.deepEqual(open, [1, 2, 3, 4], 'each dialog opens when the one before is answered');
    assert.deepEqual(
      asked().map(({ message }) => message.split(/[?.]/)[0]),
      [
        'Allow the tool "first" of MCP server "files"',
        'MCP server "trains" asks you for information',
        'Send these answers to MCP server "trains"',
        'Allow the tool "second" of MCP server "files"',
      ],
    );
    assert.deepEqual([counts, desk.count], [[1, 2, 3, 2, 1, 0], 0]);
  });

  it('are not lost where somebody closes the answers to read on', async () => {
    const { dialogs, desk, documents, approve, asked } = person();
    const long = 'x'.repeat(4_000);
    dialogs.answerNext('Show all…', undefined);
    const answer = approve('write', long);
    await settle();
    assert.ok(documents[0]?.text.includes(long), 'the whole arguments are there to read');
    assert.deepEqual([desk.count, desk.hasUnopened], [1, true], 'the question waits');
    assert.deepEqual(
      dialogs.seen.map(({ kind }) => kind),
      ['ask', 'pickOne', 'notify'],
    );
    dialogs.answerNext('Allow once');
    desk.openNext();
    assert.deepEqual([(await answer).kind, asked().length, desk.count], ['once', 2, 0]);
  });

  it('are never answered with a yes by Enter', async () => {
    const { approve, form, page, sampling, asked, dialogs } = person();
    await approve('write');
    await approve('write', 'x'.repeat(4_000));
    dialogs.answerNext(ELICITATION_BUTTONS.answer, 'Rome');
    await form();
    await page();
    const request = {
      ...{ server: 'trains', systemPrompt: undefined, messages: [], maxTokens: 5 },
      ...{ temperature: undefined, stopSequences: [] },
    };
    const model = { id: 'm', stream: () => assert.fail('the model is not asked') };
    const run = { label: 'Tidy up', servers: ['trains'], model, seesImages: false };
    await sampling.mayAsk(request, run, signal);
    await sampling.maySend(request, 'The answer.', signal);
    assert.deepEqual(
      asked().map(({ buttons }) => buttons[0]),
      ['More…', 'Show all…', 'Answer…', 'Change…', 'Decline', 'Show all…', 'Show all…'],
    );
  });
});
