import { and, arrayOverlaps, count, eq, gt, lt, ne, sql } from 'drizzle-orm';
import type { Role } from '../contracts/dto.ts';
import { type Author, changedBy, madeBy } from './audit.ts';
import type { Database } from './database.ts';
import { cleanText } from './json-text.ts';
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

/** A login by cookie that is open. */
export interface StoredLogin {
  readonly loginId: string;
  readonly user: StoredUser;
  readonly expiresAtMs: number;
}

/** Any number, as long as nothing else in the database locks the same one. */
const ROLES_LOCK = 7_206_461_002;

/** Logins, and those that are open by cookie. */
export class UserRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find(id: string): Promise<StoredUser | undefined> {
    return this.#database.run(async (queries) => (await queries.select().from(appUser).where(eq(appUser.id, id)))[0]);
  }

  findByEmail(emailAddress: string): Promise<StoredUser | undefined> {
    return this.#database.run(async (queries) => {
      const [row] = await queries
        .select()
        .from(appUser)
        .where(sql`lower(${appUser.emailAddress}) = lower(${cleanText(emailAddress)})`);
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

  /**
   * Changes the roles of a user, one change at a time in the whole system.
   * @param next the new roles, from those of today and from how many others have one of `counted`. What it throws leaves all as it was.
   * @returns the new roles; undefined when there is no such user.
   */
  changeRoles(
    id: string,
    author: Author,
    counted: readonly Role[],
    next: (roles: readonly Role[], others: number) => readonly Role[],
  ): Promise<readonly Role[] | undefined> {
    return this.#database.change({ kind: 'user', id }, async (queries) => {
      await queries.execute(sql`select pg_advisory_xact_lock(${ROLES_LOCK})`);
      const [user] = await queries.select({ roles: appUser.roles }).from(appUser).where(eq(appUser.id, id));
      if (!user) return undefined;
      const [others] = await queries
        .select({ count: count() })
        .from(appUser)
        .where(and(ne(appUser.id, id), arrayOverlaps(appUser.roles, [...counted])));
      const roles = [...next(user.roles, others?.count ?? 0)];
      await queries
        .update(appUser)
        .set({ roles, ...changedBy(author) })
        .where(eq(appUser.id, id));
      return roles;
    });
  }

  /** Opens a login under one or two ids, given as hashes. */
  async openLogin(loginId: string, idHashes: readonly string[], userId: string, expiresAtMs: number): Promise<void> {
    const expiresAt = new Date(expiresAtMs);
    await this.#database.run(async (queries) => {
      await queries.insert(loginSession).values(idHashes.map((idHash) => ({ idHash, loginId, userId, expiresAt })));
    });
  }

  /** The login of an id, unless it has expired. */
  findLogin(idHash: string, nowMs: number): Promise<StoredLogin | undefined> {
    return this.#database.run(async (queries) => {
      const [row] = await queries
        .select({ user: appUser, loginId: loginSession.loginId, expiresAt: loginSession.expiresAt })
        .from(loginSession)
        .innerJoin(appUser, eq(appUser.id, loginSession.userId))
        .where(and(eq(loginSession.idHash, idHash), gt(loginSession.expiresAt, new Date(nowMs))));
      return row && { user: row.user, loginId: row.loginId, expiresAtMs: row.expiresAt.getTime() };
    });
  }

  /** Ends a login, and tells every process to forget what it knows of the user. */
  async closeLogin(login: StoredLogin): Promise<void> {
    await this.#database.change({ kind: 'user', id: login.user.id }, async (queries) => {
      await queries.delete(loginSession).where(eq(loginSession.loginId, login.loginId));
    });
  }

  async removeExpiredLogins(nowMs: number): Promise<void> {
    await this.#database.run(async (queries) => {
      await queries.delete(loginSession).where(lt(loginSession.expiresAt, new Date(nowMs)));
    });
  }
}
