import postgres from 'postgres';
import type { DatabaseTarget } from './database-target.ts';

/** A client of postgres.js for plain statements. */
export type Sql = postgres.Sql;

export interface ClientOptions {
  /** Most connections; each is a process of the server. */
  readonly max: number;
  /** Connections idle for so long are closed. Absent: never. */
  readonly idleSeconds?: number;
  /** Settings of the server for these connections. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * A client with a pool of its own. Never hand one to drizzle that is used for plain statements too: drizzle switches off its
 * conversion of dates and objects.
 */
export function connect(target: DatabaseTarget, options: ClientOptions): Sql {
  const common = {
    max: options.max,
    connect_timeout: 5,
    // Reconnecting is quick and steady: calls go on meanwhile, and a short outage should stay short.
    backoff: (attempt: number) => Math.min(1, 0.05 * 2 ** attempt),
    fetch_types: false,
    onnotice: () => undefined,
    connection: { application_name: 'ringflow', ...options.settings },
    ...(options.idleSeconds === undefined ? {} : { idle_timeout: options.idleSeconds }),
  };
  switch (target.kind) {
    case 'url':
      return postgres(target.url, common);
    case 'socket': {
      const { path, user, password, database } = target;
      return postgres({ ...common, path, user, password, database });
    }
    case 'tcp': {
      const { host, port, user, password, database } = target;
      return postgres({ ...common, host, port, user, password, database });
    }
  }
}
