import type { Static, TSchema } from 'typebox';

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
  /** The text of `value`. Members that the schema does not declare are left out. */
  write(value: unknown, schema: TSchema): string;
  /**
   * The value of `text`; members that the schema does not declare are ignored. A long text is read in slices with other work in between.
   * @throws FormatError when the text is not of this format, does not fit the schema, or exceeds the limits.
   */
  read<Schema extends TSchema>(text: string, schema: Schema): Promise<Static<Schema>>;
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
