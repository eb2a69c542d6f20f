import { and, eq, gt, lt, sql } from 'drizzle-orm';
import type { Role } from '../contracts/dto.ts';
import { type Author, madeBy } from './audit.ts';
import type { Database } from './database.ts';
import { appUser, loginSession } from './schema.ts';

/** A login as it is stored. */
export interface StoredUser {
  readonly id: string;
  readonly emailAddress: string;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly passwordHash: string;
  readonly roles: readonly Role[];
  readonly accountIds: readonly string[];
}

/** Logins and their sessions by cookie. */
export class UserRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  findByEmail(emailAddress: string): Promise<StoredUser | undefined> {
    return this.#database.run(async (queries) => {
      const [row] = await queries.select().from(appUser).where(sql`lower(${appUser.emailAddress}) = lower(${emailAddress})`);
      return row;
    });
  }

  /** Whether there is any login at all. */
  any(): Promise<boolean> {
    return this.#database.run(async (queries) => (await queries.select({ id: appUser.id }).from(appUser).limit(1)).length > 0);
  }

  /** @throws the database's error for a duplicate e-mail address; see isDuplicate. */
  async create(user: StoredUser, author: Author): Promise<void> {
    await this.#database.change({ kind: 'user', id: user.id }, async (queries) => {
      await queries.insert(appUser).values({ ...user, roles: [...user.roles], accountIds: [...user.accountIds], ...madeBy(author) });
    });
  }

  async openSession(idHash: string, userId: string, expiresAtMs: number): Promise<void> {
    await this.#database.run(async (queries) => {
      await queries.insert(loginSession).values({ idHash, userId, expiresAt: new Date(expiresAtMs) });
    });
  }

  /** The user of a session that has not expired, and when it will. */
  findSession(idHash: string, nowMs: number): Promise<{ readonly user: StoredUser; readonly expiresAtMs: number } | undefined> {
    return this.#database.run(async (queries) => {
      const [row] = await queries
        .select({ user: appUser, expiresAt: loginSession.expiresAt })
        .from(loginSession)
        .innerJoin(appUser, eq(appUser.id, loginSession.userId))
        .where(and(eq(loginSession.idHash, idHash), gt(loginSession.expiresAt, new Date(nowMs))));
      return row && { user: row.user, expiresAtMs: row.expiresAt.getTime() };
    });
  }

  async closeSession(idHash: string): Promise<void> {
    await this.#database.run(async (queries) => {
      await queries.delete(loginSession).where(eq(loginSession.idHash, idHash));
    });
  }

  async removeExpiredSessions(nowMs: number): Promise<void> {
    await this.#database.run(async (queries) => {
      await queries.delete(loginSession).where(lt(loginSession.expiresAt, new Date(nowMs)));
    });
  }
}
