/** What a door lends to its tasks. */
import type { ApprovalGate } from '../agent/types';
import type { Logger } from '../base/logger';
import type { TokenLedger } from '../llm/tokenLedger';
import type { ConnectionSource } from '../mcp/connections';
import type { FoundServers } from '../mcp/discovery';
import type { ServerSpec } from '../mcp/serverSpec';
import type { HostTools } from './hostTools';
import type { JournalStore, ResumedRun } from './journalStore';
import type { AskFate } from './openCalls';
import type { SamplingDesk } from './sampling';
import type { ModelNeeds } from './taskModel';
import type { ReviewTools } from './reviewedTools';
import type { ToolMeaning } from './toolEmbeddings';

export interface TaskEnvironment extends ModelNeeds {
  readonly logger: Logger;
  /** Of this product. */
  readonly version: string;
  /** Absolute paths, the main one first. */
  readonly workspaces: readonly string[];
  readonly found: FoundServers;
  /** What the server calls the model of the request, where a door's name for it says more. Absent: as in the request. */
  readonly modelKey?: string | undefined;
  readonly connections: ConnectionSource;
  /** Where the servers of the task can ask its model; absent: nowhere. */
  readonly sampling?: SamplingDesk | undefined;
  readonly gate: ApprovalGate;
  /** Which of the servers about to be started may start; absent: all. */
  readonly consent?: (
    servers: readonly ServerSpec[],
    signal: AbortSignal,
  ) => Promise<{ readonly agreed: readonly ServerSpec[]; readonly refused: readonly ServerSpec[] }>;
  /** Whether models may be offered a tool, by its own name. Asked at the start of a run. Absent: all of them. */
  readonly isOffered?: ((server: string, tool: string) => boolean) | undefined;
  /** Why a server must not be started at all, by the person's settings; undefined: it may. Absent: all may. */
  readonly forbids?: (server: string) => string | undefined;
  /** Which tools of the started servers must not be offered; absent: all are, because nothing is remembered of them. */
  readonly reviewTools?: ReviewTools | undefined;
  /** Whether the person believes what a server says of its tools; absent: no server is believed. */
  readonly trusts?: (server: string) => boolean;
  /** How long the tokens of the models are; learns from every turn. Absent: known for the run only. */
  readonly tokens?: TokenLedger;
  /** What helps to choose among too many tools by their meaning; absent: their words have to do. */
  readonly toolMeaning?: ToolMeaning;
  /** Tools of the program that the task runs in; absent: none. */
  readonly hostTools?: HostTools | undefined;
  /** Where a new run is written down; absent: a crash loses it. */
  readonly journals?: Pick<JournalStore, 'create'> | undefined;
  /** A run that is taken up again. Whoever opened it closes its journal. */
  readonly resumed?: ResumedRun | undefined;
  /** Asks a person what became of a call that a crash has cut off. Absent: nobody is there, and the model has to find out. */
  readonly askFate?: AskFate | undefined;
}
