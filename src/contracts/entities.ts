import type { TSchema } from 'typebox';
import { Type } from 'typebox';
import { count, dto, flag, oneOf, optional, text, texts } from './dto.ts';

/** Members that every stored entity has. Dates are ISO 8601 in UTC. */
export const entityMembers = {
  id: optional(text),
  dateCreated: optional(text),
  dateLastModified: optional(text),
  createdBy: optional(text),
  lastModifiedBy: optional(text),
};

export const EntityInfo = dto({ name: 'EntityInfo', namespace: 'Voice.Api', description: 'Base of all entities.' }, entityMembers);

export const sortOrders = oneOf('SortOrders', ['Ascend', 'Descend']);

/** Members that every list request has. */
export const listMembers = {
  page: optional(count, 'The page to return, counted from 0.'),
  all: optional(flag, 'Return everything at once. To be used sparingly.'),
  countPerPage: optional(count, 'How many items a page has. 25 if absent.'),
  specificIds: optional(texts, 'Return only the items with these ids.'),
  sortField: optional(text, 'The member to sort by.'),
  sortOrder: optional(sortOrders, 'The order to sort in.'),
  simplifiedPaging: optional(flag, 'Leave out the total and page counts, which is faster.'),
};

/** Declares the base of the requests that list items of a type, and returns its name: `ListRequest<SessionInfo>` (evo-voice.md 2.1). */
export function listRequestOf(itemName: string): string {
  const name = `ListRequest<${itemName}>`;
  dto({ name, namespace: 'Voice.Api', description: 'Base of all list requests.', marker: 'IGet' }, listMembers);
  return name;
}

/** The answer of a list request. */
export function listResponse<Item extends TSchema>(itemName: string, item: Item) {
  return dto(
    { name: `ListResponse<${itemName}>`, namespace: 'Voice.Api', description: 'A page of a list.' },
    {
      items: Type.Array(item),
      totalCount: optional(count),
      totalPages: optional(count),
      hasMorePages: optional(flag),
    },
  );
}

/** Paging as the store understands it. */
export interface Paging {
  readonly page?: number;
  readonly all?: boolean;
  readonly countPerPage?: number;
  readonly specificIds?: readonly string[];
  readonly sortField?: string;
  readonly sortOrder?: 'Ascend' | 'Descend';
  readonly simplifiedPaging?: boolean;
}

/** A page of a list, as services return it. */
export interface Page<Item> {
  items: Item[];
  totalCount?: number;
  totalPages?: number;
  hasMorePages?: boolean;
}
