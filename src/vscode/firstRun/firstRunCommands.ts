import { COMMANDS } from '../ids';
import type { FirstRun } from './firstRun';

export function firstRunCommands({ firstRun }: { readonly firstRun: FirstRun }) {
  return {
    [COMMANDS.doctor]: { run: () => firstRun.doctor() },
    [COMMANDS.copyReport]: { run: () => firstRun.copyReport() },
    [COMMANDS.selfTest]: { run: () => firstRun.selfTest() },
    [COMMANDS.openWalkthrough]: { run: () => firstRun.openWalkthrough() },
  };
}
