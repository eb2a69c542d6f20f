import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator';
import { AppError } from '../kernel/errors.ts';
import { connect } from './clients.ts';
import type { DatabaseTarget } from './database-target.ts';

/** The SQL files are not compiled, so both `src/` and `dist/` find them from the root of the package. */
const folder = fileURLToPath(new URL('../../src/store/migrations', import.meta.url));
const OLDEST_SERVER = 150_000;
/** Any number, as long as nothing else in the database locks the same one. */
const LOCK = 7_206_461_001;

/**
 * Brings the tables up to date. Processes that start at once wait for each other.
 * @throws AppError BAD_SETTING when the database does not answer or is too old.
 */
export async function migrate(target: DatabaseTarget): Promise<void> {
  const sql = connect(target, { max: 1 });
  try {
    const version = await readVersion(target);
    if (version < OLDEST_SERVER) {
      throw new AppError('BAD_SETTING', { name: 'DATABASE_URL', reason: 'names a PostgreSQL that is too old. Use version 15 or later.' });
    }
    const database = drizzle(sql);
    await database.execute(`select pg_advisory_lock(${LOCK})`);
    await applyMigrations(database, { migrationsFolder: folder });
  } finally {
    // Ending the connection frees the lock.
    await sql.end({ timeout: 5 });
  }
}

async function readVersion(target: DatabaseTarget): Promise<number> {
  const sql = connect(target, { max: 1 });
  try {
    const [row] = await sql<{ version: number }[]>`select current_setting('server_version_num')::int as version`;
    return row?.version ?? 0;
  } catch (cause) {
    throw new AppError(
      'BAD_SETTING',
      { name: 'DATABASE_URL', reason: 'names a database that does not answer. Check address, user, password and that the server runs.' },
      { cause },
    );
  } finally {
    await sql.end({ timeout: 5 });
  }
}
