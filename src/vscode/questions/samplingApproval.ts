/** The questions before a server gets an answer of the model: what it asks in full, and then what it would get. */
import * as l10n from '@vscode/l10n';
import { raceAbort, throwIfAborted } from '../../base/abort';
import { visibleText } from '../../base/visibleText';
import type { SamplingRequest } from '../../mcp/clientHost';
import type { Refusal, SamplingApproval, SamplingRun } from '../../tasks/sampling';
import type { Dialogs } from '../dialogs';
import { LATER, type QuestionDesk } from './questionDesk';
import { beside, moreWords } from './questionWords';
import type { ServerUsers } from '../servers/serverUsers';
import { shortText } from '../shortText';

/** Beyond this a dialog cannot be read any more, and the whole text opens as a document instead. */
const MAX_SHOWN = 3000;

export const SAMPLING_BUTTONS = {
  once: l10n.t('Allow once'),
  task: l10n.t('Allow for this task'),
  deny: l10n.t('Deny'),
  all: l10n.t('Show all…'),
  send: l10n.t('Send'),
  keep: l10n.t('Do not send'),
} as const;

const NO: Refusal = { reason: 'The person said no.' };

export interface SamplingNeeds {
  readonly dialogs: Dialogs;
  readonly desk: QuestionDesk;
  readonly users: Pick<ServerUsers, 'askerOf'>;
  readonly showDocument: (name: string, text: string) => Promise<void>;
}

interface Asked {
  readonly server: string;
  readonly message: string;
  readonly facts: readonly string[];
  readonly text: string;
  readonly document: string;
  readonly yes: readonly string[];
  readonly no: string;
}

export function createSamplingApproval(needs: SamplingNeeds): SamplingApproval {
  return {
    async mayAsk(request, run, signal) {
      const { once, task, deny } = SAMPLING_BUTTONS;
      const answer = await ask({ ...promptQuestion(request, run), yes: [once, task], no: deny }, needs, signal);
      return answer === once ? 'once' : answer === task ? 'task' : refusal(answer);
    },
    async maySend(request, text, signal) {
      const { send, keep } = SAMPLING_BUTTONS;
      const answer = await ask({ ...answerQuestion(request, text), yes: [send], no: keep }, needs, signal);
      return answer === send ? true : refusal(answer);
    },
  };
}

function refusal(answer: string | Refusal): Refusal {
  return typeof answer === 'string' ? NO : answer;
}

function promptQuestion(request: SamplingRequest, { label, model }: SamplingRun): Omit<Asked, 'yes' | 'no'> {
  const { server, systemPrompt, messages, maxTokens } = request;
  const pictures = messages.reduce((sum, { images }) => sum + images.length, 0);
  const text = [
    ...(systemPrompt === undefined ? [] : [`[system]\n${systemPrompt}`]),
    ...messages.map((message) => `[${message.role}]\n${message.text}`),
  ].join('\n\n');
  return {
    server,
    message: l10n.t('Let MCP server "{0}" ask your model?', shortText(server, 100)),
    facts: [
      l10n.t(
        'The server wrote what follows. The model gets nothing of the task with it, and no tools; you see the answer before the server gets it, unless you allow it for the task.',
      ),
      l10n.t('Task: {0}', label),
      l10n.t(
        'Model: {0}, at most {1} tokens{2}',
        shortText(model.id, 100),
        maxTokens,
        pictures > 0 ? l10n.t(', with {0} images', pictures) : '',
      ),
    ],
    text: visibleText(text),
    document: l10n.t('{0} asks.md', server),
  };
}

function answerQuestion({ server }: SamplingRequest, text: string): Omit<Asked, 'yes' | 'no'> {
  return {
    server,
    message: l10n.t('Send this answer of your model to MCP server "{0}"?', shortText(server, 100)),
    facts: [],
    text: visibleText(text) || l10n.t('(The answer is empty.)'),
    document: l10n.t('answer for {0}.md', server),
  };
}

/** The button, or why nobody pressed one. */
function ask(
  asked: Asked,
  { dialogs, desk, users, showDocument }: SamplingNeeds,
  signal: AbortSignal,
): Promise<string | Refusal> {
  return desk.put<string | Refusal>(
    {
      notice: asked.message,
      ...users.askerOf(asked.server),
      unanswered: (why) => ({ reason: why }),
      show: async (more, ending) => {
        const { all } = SAMPLING_BUTTONS;
        const isCut = asked.text.length > MAX_SHOWN;
        const left = asked.text.length - MAX_SHOWN;
        const shown = isCut ? l10n.t('{0}…\n({1} more characters)', asked.text.slice(0, MAX_SHOWN), left) : asked.text;
        const buttons = [...asked.yes, asked.no];
        const answer = await dialogs.ask(
          {
            message: asked.message,
            detail: [...asked.facts, shown, ...moreWords(more)].join('\n\n'),
            // The first one is what Enter chooses, and it only looks.
            buttons: [all, ...buttons],
            closing: asked.no,
          },
          ending,
        );
        if (answer !== all) return answer;
        await raceAbort(showDocument(asked.document, asked.text), ending);
        throwIfAborted(ending);
        // Not modal, so that the document can be read meanwhile.
        const options = { title: asked.message, placeholder: beside() };
        // A no first: that is what Enter chooses here.
        const choices = [asked.no, ...asked.yes].map((label) => ({ label }));
        return (await dialogs.pickOne(choices, options, ending))?.label ?? LATER;
      },
    },
    signal,
  );
}
