import { AppError, type ErrorData, type ErrorName, type FieldError, memberError } from '../kernel/errors.ts';

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
    this.fail('REQUIRED', { member, hint }, member);
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
    this.fail('INVALID_MEMBER', { member, reason }, member);
  }

  /** A problem that has an error of its own. */
  fail<Name extends ErrorName>(code: Name, data: ErrorData<Name>, member: string): void {
    this.#fields.push(...memberError(code, data, member).fields);
    this.#first ??= () => new AppError(code, data, { fields: this.#fields });
  }

  /** @throws AppError with the words of the first problem and an entry for each. */
  done(): void {
    if (this.#first) throw this.#first();
  }
}
