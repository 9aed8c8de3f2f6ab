/** The doctor: gathers, judges, and shows what it found as one document. */
import * as l10n from '@vscode/l10n';
import { homedir } from 'node:os';
import { type Finding, FINDINGS } from '../../tasks/doctorCatalogue';
import type { DoctorFacts } from '../../tasks/doctorFacts';
import { findingsOf } from '../../tasks/doctorFindings';
import { DoctorQuestions } from '../../tasks/doctorQuestions';
import { doctorReport } from '../../tasks/doctorReport';
import { secretsOfServers, withoutSecrets } from '../../tasks/doctorSecrets';
import { COMMANDS } from '../ids';
import { gatherFacts, type GatherNeeds } from './doctorGather';
import { editorCommands } from './remedies';
import type { Report, ReportAction } from './reportDocuments';

export interface Diagnosis {
  readonly facts: DoctorFacts;
  readonly findings: readonly Finding[];
  readonly report: Report;
}

/** @param onAnswer called with what was answered @throws the signal's reason */
export async function diagnose(
  needs: GatherNeeds,
  signal: AbortSignal,
  onAnswer: (what: string) => void,
): Promise<Diagnosis> {
  const questions = new DoctorQuestions(needs.clock, signal, ({ what }) => onAnswer(what));
  const facts = await gatherFacts(needs, questions);
  const findings = findingsOf(facts);
  const commands = editorCommands();
  const written = doctorReport(facts, findings, (remedy) => commands[remedy].title);
  const text = withoutSecrets(written, secretsOf(needs)).replaceAll(homedir(), '~');
  return {
    facts,
    findings,
    report: { name: l10n.t('LM Studio Doctor'), text, actions: actionsOf(text, findings), again: COMMANDS.doctor },
  };
}

/** Every value that this window knows and nobody else should. */
function secretsOf({ connections, mcp }: GatherNeeds): readonly string[] {
  const tokens = connections.all.flatMap(({ connection }) => connection.token ?? []);
  return [...tokens, ...secretsOfServers(mcp.entries.map(({ spec }) => spec))];
}

/** The findings are the first numbered list of the report. */
function actionsOf(text: string, findings: readonly Finding[]): readonly ReportAction[] {
  const lines = text.split('\n');
  const commands = editorCommands();
  return findings.flatMap(({ id }, index) => {
    const line = lines.findIndex((candidate) => candidate.startsWith(`${String(index + 1)}. `));
    const { command, title } = commands[FINDINGS[id].remedy];
    return line < 0 ? [] : [{ line, title, command }];
  });
}
