import type { SoakReport } from './soak';

/** The report for a terminal: requests by kind, outcomes by code, and what is wrong. */
export function describeReport({ seed, outcomes, httpRequests, problems }: SoakReport): string {
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
    `${String(httpRequests)} HTTP requests, seed ${String(seed)}`,
    problems.length === 0 ? 'Nothing unclassified, nothing unhandled, nothing left over.' : problems.join('\n'),
  ].join('\n');
}

function row(name: string, ...cells: readonly (string | number)[]): string {
  return name.padEnd(22) + cells.map((cell) => String(cell).padStart(10)).join('');
}
