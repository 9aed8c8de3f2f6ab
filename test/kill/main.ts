/** The kill test as a program: `npm run kill-test -- [--kills N] [--seed N]`. Exit code 1 where something is wrong. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { describeReport, killTest } from './killTest';

const { values } = parseArgs({ options: { kills: { type: 'string', default: '100' }, seed: { type: 'string' } } });

async function main(): Promise<number> {
  const kills = Number(values.kills);
  const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
  if (!Number.isSafeInteger(kills) || kills < 1 || !Number.isSafeInteger(seed) || seed < 0) {
    console.error('--kills and --seed take whole numbers.');
    return 2;
  }
  console.log(`${String(kills)} kills, seed ${String(seed)}`);
  const report = await killTest({ kills, seed });
  console.log(describeReport(report));
  return report.problems.length === 0 ? 0 : 1;
}

void main().then((code) => (process.exitCode = code));
