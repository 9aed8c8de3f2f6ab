import { ANSWER_FAULTS } from '../simulator/answerFaults';
import type { Counts } from './counts';
import type { SoakReport } from './soak';
import { GENERATION, PLAIN_GROUPS } from './soakServer';

/** The report for a terminal: requests by kind, outcomes by code, faults by request, and what is wrong. */
export function describeReport({ seed, outcomes, faults, httpRequests, problems }: SoakReport): string {
  const kinds = [...outcomes].map(([kind, codes]) => {
    const all = [...codes.values()].reduce((sum, number) => sum + number, 0);
    const ok = codes.get('ok') ?? 0;
    const cancelled = codes.get('cancelled') ?? 0;
    return row(kind, all, ok, all - ok - cancelled, cancelled);
  });
  const codes = new Map<string, number>();
  for (const [code, number] of [...outcomes.values()].flatMap((each) => [...each]))
    codes.set(code, (codes.get(code) ?? 0) + number);
  const byCode = [...codes].sort(([, a], [, b]) => b - a).map(([code, number]) => row(code, number));
  return [
    row('requests', 'all', 'ok', 'failed', 'cancelled'),
    ...kinds.sort(),
    '',
    row('outcome', 'all'),
    ...byCode,
    '',
    ...faultTable(faults),
    '',
    `${String(httpRequests)} HTTP requests, seed ${String(seed)}`,
    problems.length === 0 ? 'Nothing unclassified, nothing unhandled, nothing left over.' : problems.join('\n'),
  ].join('\n');
}

function faultTable(faults: Counts): string[] {
  const played = [...faults.of(GENERATION)].sort(([a], [b]) => (a < b ? -1 : 1));
  const total = played.reduce((sum, [, number]) => sum + number, 0);
  const names = played.map(([name, number]) => `${name} ${String(number)}`).join(', ');
  return [
    row('fault', ...PLAIN_GROUPS),
    ...ANSWER_FAULTS.map((name) => row(name, ...PLAIN_GROUPS.map((group) => faults.of(group).get(name) ?? 0))),
    '',
    `${String(total)} faults of generations, ${String(played.length)} different: ${names}`,
  ];
}

function row(name: string, ...cells: readonly (string | number)[]): string {
  return name.padEnd(22) + cells.map((cell) => String(cell).padStart(12)).join('');
}
