import { visibleText } from '../base/visibleText';
import { createLogger } from '../base/logger';
import { ModelCatalog } from '../llm/lmstudio/catalog';
import { ModelLifecycle } from '../llm/lmstudio/lifecycle';
import { ModelValidator } from '../llm/lmstudio/validator';
import { DEFAULT_TIMEOUT_MS, testFitness } from '../tasks/fitness';
import type { FitnessReport } from '../tasks/fitnessReport';
import { PROBE_TITLES, probeCells, progressWords, subjectWords, summaryWords } from '../tasks/fitnessText';
import type { Verdict } from '../tasks/fitnessProbes';
import { ModelLanes } from '../tasks/modelLanes';
import { type CliContext, connectServer } from './environment';
import type { SelftestCommand } from './options';
import { tableText } from './table';

const EXIT_CODES: Readonly<Record<Verdict, number>> = { reliable: 0, shaky: 1, no: 1, unfinished: 3 };

/** Tests how well a model uses tools. Throws a BridgeError where that could not be found out. */
export async function selftest(options: SelftestCommand, context: CliContext): Promise<number> {
  const { clock, version, signal, out, err } = context;
  const connection = connectServer(options, context);
  const catalog = new ModelCatalog(connection.server, clock);
  const lifecycle = new ModelLifecycle(catalog, clock);
  const say = (line: string): void => {
    if (!options.json) err.write(visibleText(`${line}\n`));
  };
  try {
    const validator = new ModelValidator(catalog, clock);
    const chosen = await validator.choose(options.model, signal);
    say(`Testing how ${chosen.model.key} uses tools.`);
    const report = await testFitness(
      chosen,
      {
        ...connection,
        ...{ clock, version, validator, lanes: new ModelLanes(), loading: { lifecycle } },
        timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        today: () => new Date(),
        logger: createLogger((level, message) => {
          if (level === 'warn' || level === 'error') say(`${level}: ${message}`);
        }),
        onProgress: (progress) => {
          say(`${progressWords(progress)} …`);
        },
        onWarning: (_code, message) => {
          say(`Warning: ${message}`);
        },
      },
      signal,
    );
    const { root } = connection.server.address;
    out.write(
      options.json ? `${JSON.stringify({ url: root, ...report }, null, 2)}\n` : visibleText(describeReport(report)),
    );
    return EXIT_CODES[report.verdict];
  } finally {
    lifecycle.dispose();
    catalog.dispose();
  }
}

function describeReport(report: FitnessReport): string {
  const table = tableText(PROBE_TITLES, report.probes.map(probeCells));
  return `${table}\nTools of ${subjectWords(report)}: ${summaryWords(report)}.\n`;
}
