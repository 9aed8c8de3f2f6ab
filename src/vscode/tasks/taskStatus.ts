import type { Phase } from '../../agent/types';

/** A running task, as views show it. */
export interface TaskStatus {
  readonly id: number;
  /** Of its journal; undefined until that is there. */
  readonly runId: string | undefined;
  /** What it was asked to do, on one short line. */
  readonly label: string;
  /** On the clock's scale. */
  readonly startedAt: number;
  /** 0: the first round has not begun. */
  readonly round: number;
  /** What it does right now, in words; a wait at the model server is in `phase`. */
  readonly activity: string;
  readonly phase: Phase | undefined;
  /** When `phase` began, on the clock's scale. */
  readonly since: number;
  /** Name of its model server in the settings; undefined: the main one. */
  readonly server: string | undefined;
  /** Key of the model on that server, from its first request on. */
  readonly model: string | undefined;
  /** `pausing`: as soon as it has done what it is doing. */
  readonly pause: 'pausing' | 'paused' | undefined;
  /** It waits for a person. */
  readonly isWaiting: boolean;
  /** Whoever started it shows what it does, such as a terminal or a chat: nothing else opens for it. Absent: nobody does. */
  readonly isShownElsewhere?: boolean;
  /** Another agent or extension wanted it, not the person. Absent: the person did. */
  readonly isDelegated?: boolean;
}
