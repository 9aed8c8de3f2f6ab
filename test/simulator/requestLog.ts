/** What the server was asked, for a test's assertions. */
import type { IncomingHttpHeaders } from 'node:http';
import type { JsonValue } from './json';

export interface LoggedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed; undefined where there was none or it is no JSON. */
  body: JsonValue | undefined;
  /** Status of the answer; undefined before its headers are out. */
  status: number | undefined;
  /** The answer went out whole. */
  finished: boolean;
  /** The client went away before the answer was complete. */
  aborted: boolean;
}

export type RequestPredicate = (request: LoggedRequest) => boolean;

export class RequestLog {
  readonly entries: LoggedRequest[] = [];
  private readonly waiters = new Set<() => void>();

  add(method: string, path: string, headers: IncomingHttpHeaders): LoggedRequest {
    const entry = { method, path, headers, body: undefined, status: undefined, finished: false, aborted: false };
    this.entries.push(entry);
    return entry;
  }

  /** Tell those who wait that an entry changed: its body arrived, it finished, or it was aborted. */
  changed(): void {
    for (const waiter of [...this.waiters]) waiter();
  }

  /** The first request, past or future, for which the predicate holds. Its fields fill over time. */
  waitFor(predicate: RequestPredicate): Promise<LoggedRequest> {
    return new Promise((resolve) => {
      const check = (): void => {
        const found = this.entries.find(predicate);
        if (found === undefined) return;
        this.waiters.delete(check);
        resolve(found);
      };
      this.waiters.add(check);
      check();
    });
  }
}
