/** Who does something, and when. */
export interface Author {
  readonly emailAddress: string;
  readonly atMs: number;
}

interface Audit {
  readonly createdAt: Date;
  readonly modifiedAt: Date;
  readonly createdBy: string;
  readonly modifiedBy: string;
}

/** Columns of a row that is made now. */
export function madeBy(author: Author): Audit {
  const at = new Date(author.atMs);
  return { createdAt: at, modifiedAt: at, createdBy: author.emailAddress, modifiedBy: author.emailAddress };
}

/** Columns of a row that is changed now. */
export function changedBy(author: Author): Pick<Audit, 'modifiedAt' | 'modifiedBy'> {
  return { modifiedAt: new Date(author.atMs), modifiedBy: author.emailAddress };
}

/** Members of EntityInfo. */
export function entityInfo(row: Audit & { readonly id: string }) {
  return {
    id: row.id,
    dateCreated: row.createdAt.toISOString(),
    dateLastModified: row.modifiedAt.toISOString(),
    createdBy: row.createdBy,
    lastModifiedBy: row.modifiedBy,
  };
}

/** `members` without those that are null, as DTOs have them. */
export function present<T extends object>(members: T): { [Key in keyof T]?: NonNullable<T[Key]> };
export function present(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined));
}
