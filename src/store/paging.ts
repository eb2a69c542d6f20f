import { asc, desc, ilike, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Page, Paging } from '../contracts/entities.ts';
import { memberError } from '../kernel/errors.ts';
import { isId } from '../kernel/ids.ts';
import { idList } from './id-list.ts';
import { cleanText } from './json-text.ts';

const DEFAULT_COUNT = 25;
const MOST_PER_PAGE = 1_000;
const MOST_AT_ALL = 10_000;

/** The part of a list that is asked for. */
export interface Window {
  readonly limit: number;
  readonly offset: number;
}

/** @throws AppError INVALID_MEMBER */
export function windowOf(paging: Paging): Window {
  if (paging.all === true) return { limit: MOST_AT_ALL, offset: 0 };
  const limit = paging.countPerPage ?? DEFAULT_COUNT;
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_PER_PAGE) {
    throw memberError('INVALID_MEMBER', { member: 'CountPerPage', reason: `Give a number from 1 to ${MOST_PER_PAGE}.` }, 'CountPerPage');
  }
  const page = paging.page ?? 0;
  if (!Number.isInteger(page) || page < 0 || page > 1_000_000) {
    throw memberError('INVALID_MEMBER', { member: 'Page', reason: 'Give a page number, counted from 0.' }, 'Page');
  }
  return { limit, offset: page * limit };
}

/**
 * The order of a list. `fields` has the members that may be sorted by; `id` comes last so that pages do not overlap.
 * @throws AppError INVALID_MEMBER for another member
 */
export function orderOf(paging: Paging, fields: Readonly<Record<string, PgColumn>>, id: PgColumn, first: 'Ascend' | 'Descend'): SQL[] {
  const direction = (paging.sortOrder ?? first) === 'Descend' ? desc : asc;
  const wanted = paging.sortField?.toLowerCase();
  if (wanted === undefined || wanted === '') return [direction(id)];
  const column = Object.entries(fields).find(([name]) => name.toLowerCase() === wanted)?.[1];
  if (!column) {
    const names = Object.keys(fields).join(', ');
    throw memberError('INVALID_MEMBER', { member: 'SortField', reason: `Sort by one of ${names}.` }, 'SortField');
  }
  return [direction(column), direction(id)];
}

/** Reads one page; `select` is asked for one item more than the page has, so that it is known whether there are more. */
export async function readPage<Row, Item>(
  paging: Paging,
  queries: {
    readonly select: (window: Window) => Promise<Row[]>;
    readonly count: () => Promise<number>;
    readonly item: (row: Row) => Item;
  },
): Promise<Page<Item>> {
  const { limit, offset } = windowOf(paging);
  const rows = await queries.select({ limit: limit + 1, offset });
  const page: Page<Item> = { items: rows.slice(0, limit).map(queries.item), hasMorePages: rows.length > limit };
  if (paging.simplifiedPaging === true) return page;
  // The last page tells the total by itself.
  const totalCount = rows.length > 0 && rows.length <= limit ? offset + rows.length : await queries.count();
  return { ...page, totalCount, totalPages: Math.ceil(totalCount / limit) };
}

/** Text that occurs anywhere in the column, in any case. */
export function contains(column: PgColumn | SQL, text: string): SQL {
  return ilike(column, `%${escapeLike(text)}%`);
}

/** Text that the column begins with, in any case. */
export function beginsWith(column: PgColumn, text: string): SQL {
  return ilike(column, `${escapeLike(text)}%`);
}

function escapeLike(text: string): string {
  return cleanText(text).replace(/[\\%_]/g, (sign) => `\\${sign}`);
}

/** One of `ids`. What does not look like an id names nothing. Undefined: no restriction. */
export function oneOfIds(column: PgColumn, ids: readonly string[] | undefined): SQL | undefined {
  if (ids === undefined) return undefined;
  const valid = ids.filter(isId);
  return sql`${column} = any(${sql.param(idList(valid))}::uuid[])`;
}

/** The condition of `specificIds`, which an empty list does not set. */
export function specific(column: PgColumn, ids: readonly string[] | undefined): SQL | undefined {
  return ids === undefined || ids.length === 0 ? undefined : oneOfIds(column, ids);
}
