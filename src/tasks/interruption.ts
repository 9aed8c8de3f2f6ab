import { BridgeError } from '../base/errors';

/** Ends a run without ending its task: its journal stays open, so that the run can be taken up again. */
export class TaskInterruption extends BridgeError {
  constructor(message: string) {
    super('cancelled', message);
  }
}
