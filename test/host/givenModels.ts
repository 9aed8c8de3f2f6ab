import type { ChatModels } from '../../src/vscode/chat/chatModels';

type Given = Awaited<ReturnType<ChatModels['provideLanguageModelChatInformation']>>;

/**
 * Every list that VS Code is given while `work` goes on, the last one last: whether it was told of a change, or has just
 * asked by itself.
 */
export async function whileGiven(models: ChatModels, work: (lists: readonly Given[]) => Promise<void>): Promise<void> {
  const lists: Given[] = [];
  const provide = models.provideLanguageModelChatInformation.bind(models);
  models.provideLanguageModelChatInformation = async (...asked) => {
    const list = await provide(...asked);
    lists.push(list);
    return list;
  };
  try {
    await work(lists);
  } finally {
    models.provideLanguageModelChatInformation = provide;
  }
}
