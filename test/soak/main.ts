/** The soak as a program: `npm run soak -- [--requests N] [--seed N]`. Exit code 1 where something is wrong. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { soak } from './soak';
import { describeReport } from './table';

const { values } = parseArgs({
  options: { requests: { type: 'string', default: '1000' }, seed: { type: 'string' } },
});

async function main(): Promise<number> {
  const requests = Number(values.requests);
  const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
  if (!Number.isSafeInteger(requests) || requests < 1 || !Number.isSafeInteger(seed) || seed < 0) {
    console.error('--requests and --seed take whole numbers.');
    return 2;
  }
  console.log(`${String(requests)} requests, seed ${String(seed)}`);
  const report = await soak({ requests, seed });
  console.log(describeReport(report));
  return report.problems.length === 0 ? 0 : 1;
}

void main().then((code) => (process.exitCode = code));
