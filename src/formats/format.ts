import type { Static, TSchema } from 'typebox';

/** What a page about an answer tells besides the value. Only formats for people use it. */
export interface Report {
  /** Name of the operation that answered. */
  readonly operation: string;
  /** Path and query of the request, without what names a format. */
  readonly address: string;
  readonly answeredAt: Date;
  /** The request as it was bound; absent when it could not be. */
  readonly request?: { readonly value: unknown; readonly schema: TSchema };
}

/** How the metadata pages show a format. */
export interface Sample {
  /** As the page prints it in `Accept` and `Content-Type`. */
  readonly contentType: string;
  /** The text of `value`, laid out for people. */
  write(value: unknown, schema: TSchema): string;
}

/** A wire format of the API. Each is one file that is driven by the schemas of `contracts/` and knows no operation. */
export interface WireFormat {
  /** As in `?format=` and in the predefined routes: `/{name}/reply/{Operation}`. */
  readonly name: string;
  /** Path suffix, with its dot. */
  readonly suffix: string;
  /** Media types that name this format in `Content-Type` and `Accept`, in lower case and without parameters. */
  readonly contentTypes: readonly string[];
  /** The `Content-Type` of an answer. */
  readonly answerType: string;
  /** Whether a browser should save a successful answer as a file (servicestack.md 1.1). */
  readonly isDownload?: true;
  /** Absent: the metadata pages do not show this format. */
  readonly sample?: Sample;
  /** The text of `value`. Members that the schema does not declare are left out. */
  write(value: unknown, schema: TSchema, report?: Report): string;
  /**
   * The value of `text`; members that the schema does not declare are ignored. A long text is read in slices with other work in between.
   * Absent: nobody sends this format.
   * @param schema a type made with `dto()`, or a list of one.
   * @throws FormatError when the text is not of this format, does not fit the schema, or exceeds the limits.
   */
  read?<Schema extends TSchema>(text: string, schema: Schema): Promise<Static<Schema>>;
}

/** A format that clients may send too. */
export type ReadableFormat = WireFormat & Required<Pick<WireFormat, 'read'>>;

export function isReadable(format: WireFormat): format is ReadableFormat {
  return format.read !== undefined;
}

/** A text that could not be read. The message is safe to show to whoever sent it. */
export class FormatError extends Error {
  /** The member that does not fit, in PascalCase with its path, for example `Nodes[2].Id`. Empty when the text as a whole is bad. */
  readonly member: string;

  constructor(reason: string, member = '') {
    super(member === '' ? reason : `${member}: ${reason}`);
    this.name = 'FormatError';
    this.member = member;
  }
}
