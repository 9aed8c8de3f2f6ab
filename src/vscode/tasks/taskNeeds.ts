/** What the tasks of a window need from the rooms around them. */
import type { RunControl } from '../../agent/types';
import type { Clock } from '../../base/clock';
import type { ModelLanes } from '../../tasks/modelLanes';
import type { ModelLoading } from '../../tasks/modelLoading';
import type { ProgressSources } from '../../tasks/modelProgress';
import type { SamplingDesk } from '../../tasks/sampling';
import type { TaskEnvironment } from '../../tasks/taskEnvironment';
import type { AskPerson } from '../../policy/gates';
import type { SpeedStore } from '../models/speedStore';
import type { Output } from '../output';
import type { AskingTask } from '../questions/approvals';
import type { AskFateFor } from '../questions/fateQuestion';
import type { LaunchConsent } from '../questions/launchConsent';
import type { QuestionDesk } from '../questions/questionDesk';
import type { ServerConnections } from '../serverConnections';
import type { McpServers } from '../servers/mcpServers';
import type { ServerUsers } from '../servers/serverUsers';
import type { ToolSizes } from '../servers/toolSizes';
import type { WorkspaceServers } from '../servers/workspaceServers';
import type { Journals } from './journals';
import type { PolicyNeeds } from './taskPolicy';

export interface TaskNeeds extends PolicyNeeds {
  readonly connections: ServerConnections;
  readonly servers: WorkspaceServers;
  /** Whose connections all tasks share. */
  readonly mcp: McpServers;
  readonly consent: LaunchConsent;
  /** Which tools the person has not switched off. */
  readonly isOffered: NonNullable<TaskEnvironment['isOffered']>;
  readonly output: Output;
  readonly speeds: SpeedStore;
  readonly sizes: ToolSizes;
  readonly journals: Journals;
  /** One for all that this window asks of models. */
  readonly lanes: ModelLanes;
  readonly clock: Clock;
  readonly version: string;
  /** The questions of a task: before a tool call, and where it goes round in circles. */
  readonly createQuestions: (task: AskingTask) => {
    readonly beforeCall: AskPerson;
    readonly mayGoOn: RunControl['mayGoOn'];
  };
  /** Where the servers of a task can ask its model. */
  readonly sampling: SamplingDesk;
  /** The question what became of a call that an interruption has cut off. */
  readonly askFate: AskFateFor;
  /** The question before a model is loaded that may push others out of memory. */
  readonly mayEvict: (
    ...asked: [...Parameters<NonNullable<ModelLoading['mayEvict']>>, task: number]
  ) => Promise<boolean>;
  readonly desk: Pick<QuestionDesk, 'asks' | 'onDidChangeCount'>;
  /** Whose a question of a server is. */
  readonly users: ServerUsers;
  /** What the log of the server at this address can be followed with, where it can and may. */
  readonly findLog: (root: string) => Promise<ProgressSources['log']>;
}
