/** All that is known of one model, as a page of text. Pure. */
import * as l10n from '@vscode/l10n';
import { modelFacts, type ModelNews, type TaskModel } from './modelText';
import type { Fitness } from './fitnessStore';
import { fullName, type ServedModel } from './servedModel';

export interface DetailNews {
  readonly taskModel: TaskModel | undefined;
  readonly fitness: Fitness | undefined;
  readonly news: ModelNews;
}

/** LM Studio has no documented link that opens one of its models (reference 6), so the page says where it stands there. */
export function modelDetails(served: ServedModel, { taskModel, fitness, news }: DetailNews): string {
  const { server, model } = served;
  const { root } = server.connection.snapshot;
  return [
    modelFacts(model, taskModel, fitness, news),
    '',
    l10n.t('Server: {0}, {1}', server.label, root),
    l10n.t('In settings and task files: {0}', fullName(served)),
    '',
    l10n.t('In LM Studio it stands under My Models. Search there for "{0}".', model.key),
    '',
  ].join('\n');
}
