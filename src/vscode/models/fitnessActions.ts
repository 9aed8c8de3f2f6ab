import * as l10n from '@vscode/l10n';
import type { Clock } from '../../base/clock';
import type { CatalogModel } from '../../llm/lmstudio/catalog';
import type { FitnessReport } from '../../tasks/fitnessReport';
import { noteWords, probeWords, progressWords, secondsWords, statusWords, summaryWords } from '../../tasks/fitnessText';
import type { ModelLanes } from '../../tasks/modelLanes';
import type { ModelLoading } from '../../tasks/modelLoading';
import type { Dialogs } from '../dialogs';
import { offer, showOutputHelp } from '../failures';
import type { FitnessStore } from './fitnessStore';
import type { ModelActions } from './modelActions';
import { isInMemory } from './modelText';
import type { ServedModel } from './servedModel';
import type { Output } from '../output';
import { withProgress } from '../progress';
import { readLoadSettings } from '../settings/settings';

export const TEST_BUTTONS = { load: l10n.t('Load and Test'), cancel: l10n.t('Cancel') } as const;

export interface FitnessNeeds {
  readonly models: ModelActions;
  readonly store: FitnessStore;
  readonly dialogs: Dialogs;
  readonly output: Output;
  /** Those of the tasks: a test waits for them, and they for it. */
  readonly lanes: ModelLanes;
  readonly clock: Clock;
  readonly version: string;
  readonly mayEvict: NonNullable<ModelLoading['mayEvict']>;
}

/** The self-test of a model, from its row or from the palette. */
export class FitnessActions {
  constructor(private readonly needs: FitnessNeeds) {}

  async test(node: unknown): Promise<void> {
    const { models, dialogs } = this.needs;
    const served = await models.chooseChat(node, l10n.t('Test Tool Use of Model'));
    const report = served && (await this.testModel(served));
    if (!report) return;
    const level = report.verdict === 'reliable' ? 'info' : 'warning';
    const { displayName } = served.model;
    offer(dialogs, level, l10n.t('Tools of {0}: {1}.', displayName, summaryWords(report)), showOutputHelp());
  }

  /** The result is kept. Undefined where the person did not want it loaded. */
  async testModel(served: ServedModel): Promise<FitnessReport | undefined> {
    const { store, output } = this.needs;
    const { server, model } = served;
    if (!(await this.#mayLoad(model))) return undefined;
    const title = l10n.t('Testing how {0} uses tools', model.displayName);
    const report = await withProgress(title, (tell, signal) => this.#run(served, tell, signal));
    await store.save(server.connection.snapshot.root, report);
    for (const line of describeReport(model, report)) output.logger.log('info', line);
    return report;
  }

  async #mayLoad(model: CatalogModel): Promise<boolean> {
    // Null: a server that tells nothing of its memory needs no yes for what it does anyway.
    if (model.instances === null || isInMemory(model)) return true;
    const { load, cancel } = TEST_BUTTONS;
    const question = {
      message: l10n.t('{0} is not in memory. Load it to test it?', model.displayName),
      detail: l10n.t(
        'The test takes half a minute at most after the model is loaded. It runs none of your MCP servers.',
      ),
      buttons: [load, cancel],
      closing: cancel,
    };
    return (await this.needs.dialogs.ask(question, new AbortController().signal)) === load;
  }

  async #run(
    { server, model }: ServedModel,
    tell: (step: string) => void,
    signal: AbortSignal,
  ): Promise<FitnessReport> {
    const { connection } = server;
    const { output, lanes, clock, version, mayEvict } = this.needs;
    const settings = readLoadSettings();
    const [{ catalog, lifecycle, validator, fetch, speed }, { DEFAULT_TIMEOUT_MS, testFitness }] = await Promise.all([
      connection.get(),
      import('../../tasks/fitness'),
    ]);
    try {
      const environment = {
        ...{ clock, version, fetch, speed, lanes, validator, logger: output.logger },
        server: catalog.server,
        loading: { lifecycle, ...settings, mayEvict },
        timeoutMs: DEFAULT_TIMEOUT_MS,
        today: () => new Date(),
        onPhase: catalog.markActivity.bind(catalog),
        onProgress: (step: Parameters<typeof progressWords>[0]) => tell(progressWords(step)),
        onWarning: (_code: string, message: string) => output.logger.log('warn', message),
      };
      return await testFitness(await validator.choose(model.key, signal), environment, signal);
    } finally {
      // A test loads models just in time: the list is another one now.
      void connection.refreshAnew();
    }
  }
}

function describeReport({ displayName }: CatalogModel, report: FitnessReport): readonly string[] {
  return [
    l10n.t('Tools of {0}: {1}.', displayName, summaryWords(report)),
    ...report.probes.map((probe) => {
      const note = noteWords(probe);
      const cost = l10n.t('{0} rounds, {1}', probe.rounds, secondsWords(probe.durationMs));
      return `  ${probeWords(probe.name)}: ${statusWords(probe.status)} (${cost})${note === '' ? '' : `: ${note}`}`;
    }),
  ];
}
