import assert from 'node:assert/strict';
import { taskOfPrompt } from '../../../src/tasks/promptTask';

const user = (text: string, images: string[] = []) => ({ role: 'user', text, images }) as const;

describe('a prompt as a task', () => {
  it('is its text where only the person speaks', () => {
    assert.deepEqual(taskOfPrompt({ messages: [user('Look.'), user('Then tell.')] }), {
      ...{ text: 'Look.\n\nThen tell.', hasAnswers: false, missingImages: 0 },
    });
  });

  it('marks who speaks where the server wrote answers, and says what is missing', () => {
    const messages = [
      user('[image 1: image/png, 3 bytes]', ['data:']),
      { role: 'assistant', text: 'I see.', images: [] } as const,
    ];
    const { text, hasAnswers, missingImages } = taskOfPrompt({ messages });
    assert.deepEqual([hasAnswers, missingImages], [true, 1]);
    assert.match(
      text,
      /^The following conversation .*\n\n\[user\]\n\[image 1.*\n\n\[assistant\]\nI see\.\n\n\[The images .* not here\.\]$/s,
    );
  });
});
