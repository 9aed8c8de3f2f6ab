/** Collects what is said about one configuration file, with places in its tree turned into positions. */
import type { Node } from 'jsonc-parser';
import type { ConfigDiagnostic, ConfigSource, DiagnosticCode, InputSpec, Origin } from './serverSpec';
import { createPositionIndex } from './textPosition';

/** Where something stands in the text: UTF-16 units. */
export type Place = Pick<Node, 'offset' | 'length'>;

export interface ConfigReport {
  readonly content: string;
  readonly source: ConfigSource;
  readonly diagnostics: readonly ConfigDiagnostic[];
  say(
    severity: ConfigDiagnostic['severity'],
    place: Place,
    message: string,
    about?: { readonly server?: string; readonly code?: DiagnosticCode },
  ): void;
  originAt(offset: number): Origin;
}

/** What an entry is read with. */
export interface EntryNeeds {
  readonly report: ConfigReport;
  readonly inputs: readonly InputSpec[];
  /** The workspace folder that the entry is for. */
  readonly folder: string | undefined;
}

export function createReport(content: string, source: ConfigSource): ConfigReport {
  const { file } = source;
  const positionAt = createPositionIndex(content);
  const diagnostics: ConfigDiagnostic[] = [];
  return {
    content,
    source,
    diagnostics,
    say(severity, { offset, length }, message, { server, code } = {}) {
      const end = positionAt(offset + length);
      diagnostics.push({ severity, message, server, file, ...positionAt(offset), end, code, source });
    },
    originAt: (offset) => ({ file, ...positionAt(offset) }),
  };
}
