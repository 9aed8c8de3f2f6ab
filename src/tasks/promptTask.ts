import type { PromptText } from '../mcp/promptList';

/** A prompt of a server as a task. */
export interface PromptTask {
  readonly text: string;
  /** The server also wrote words for the assistant, which stand in the text marked as such. */
  readonly hasAnswers: boolean;
  /** Pictures that the text names but does not hold. */
  readonly missingImages: number;
}

const OPENING = 'The following conversation was prepared for you. Go on from its end:';

export function taskOfPrompt({ messages }: PromptText): PromptTask {
  const hasAnswers = messages.some(({ role }) => role === 'assistant');
  const missingImages = messages.reduce((sum, { images }) => sum + images.length, 0);
  const turns = messages.map(({ role, text }) => (hasAnswers ? `[${role}]\n${text}` : text));
  const note = missingImages > 0 ? ['[The images that are named above are not here.]'] : [];
  return {
    text: [...(hasAnswers ? [OPENING] : []), ...turns, ...note].join('\n\n').trim(),
    hasAnswers,
    missingImages,
  };
}
