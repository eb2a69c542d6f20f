import { AppError, type ErrorData, type FieldError, memberError } from '../kernel/errors.ts';

/** Control characters, but for tabs and line breaks, and halves of characters. */
const UNSTORABLE = /[^\P{Cc}\t\n\r]|\p{Cs}/u;

/** Looks at the members of a request one by one and reports everything that is wrong with them at once. */
export class MemberChecks {
  #first: (() => AppError) | undefined;
  readonly #fields: FieldError[] = [];

  /** Text that must be there. `hint` says what belongs there. */
  required(value: string | undefined, member: string, most: number, hint: string): string {
    const text = this.text(value, member, most) ?? '';
    if (text.trim() !== '') return text;
    const data = { member, hint };
    this.#add(memberError('REQUIRED', data, member).fields, (fields) => new AppError('REQUIRED', data, { fields }));
    return '';
  }

  /** Text that may be absent. Line breaks and tabs are the only control characters that are taken. */
  text(value: string | undefined, member: string, most: number): string | undefined {
    if (value === undefined) return undefined;
    if (value.length > most) this.refuse(member, `Use at most ${most} characters.`);
    else if (UNSTORABLE.test(value)) this.refuse(member, 'It has characters that cannot be stored, such as control characters.');
    return value;
  }

  /** A number that may be absent. */
  number(
    value: number | undefined,
    member: string,
    limits: { readonly least: number; readonly most: number; readonly whole?: boolean },
  ): void {
    if (value === undefined) return;
    const { least, most, whole = false } = limits;
    if (value >= least && value <= most && (!whole || Number.isInteger(value))) return;
    this.refuse(member, `Give a ${whole ? 'whole number' : 'number'} from ${least} to ${most}.`);
  }

  refuse(member: string, reason: string): void {
    const data: ErrorData<'INVALID_MEMBER'> = { member, reason };
    this.#add(memberError('INVALID_MEMBER', data, member).fields, (fields) => new AppError('INVALID_MEMBER', data, { fields }));
  }

  /** @throws AppError REQUIRED or INVALID_MEMBER with the words of the first problem and an entry for each. */
  done(): void {
    if (this.#first) throw this.#first();
  }

  #add(found: readonly FieldError[], make: (fields: readonly FieldError[]) => AppError): void {
    this.#fields.push(...found);
    this.#first ??= () => make(this.#fields);
  }
}
