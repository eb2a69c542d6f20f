import { type ValueSource, valueSources } from '../contracts/values.ts';
import type { Clock } from '../kernel/clock.ts';
import { DataError, fieldOf, type PlainStruct, type PlainValue, sizeOf, structOf, withField } from './plain-value.ts';

export type Scope = Exclude<ValueSource, 'Value' | 'Expression'>;
export const scopes: readonly Scope[] = valueSources.filter((source) => source !== 'Value' && source !== 'Expression');

/** Fields of Session that every call has and no flow can change. */
export const builtInSessionFields = ['Id', 'From', 'To', 'ForwardedFrom'] as const;

/** Room for one value and for everything a session keeps, in characters. */
export const MAX_VALUE_SIZE = 64 * 1024;
export const MAX_SESSION_SIZE = 256 * 1024;
export const MAX_FIELD_NAME = 100;

/** What is known of a call before it is answered. `System.Now` is added by DataScopes. */
export interface KnownData {
  readonly session: {
    readonly Id: string;
    readonly From: string;
    readonly To: string;
    /** For whom the call was before it was forwarded; absent: nobody. */
    readonly ForwardedFrom?: string;
  };
  readonly endpoint?: PlainStruct;
  readonly customer?: PlainStruct;
  readonly user?: PlainStruct;
  readonly system?: PlainStruct;
  /** Values for the public parameters of the flow that the call begins with, by name. */
  readonly parameters?: PlainStruct;
}

const nothing: PlainStruct = structOf([]);

interface Frame {
  readonly names: ReadonlySet<string>;
  values: PlainStruct;
}

/**
 * The fields that a flow can read and write. The parameters of a flow are fields of Session while that flow runs: they hide
 * fields of the same name, and are gone when the flow is left, so that a flow used twice never sees the values of the other use.
 */
export class DataScopes {
  readonly #known: KnownData;
  readonly #builtIn: PlainStruct;
  readonly #clock: Clock;
  readonly #frames: Frame[] = [];
  #session: PlainStruct;
  #size: number;
  #sessionView: PlainStruct | undefined;

  constructor(known: KnownData, clock: Clock, session: PlainStruct = nothing) {
    this.#known = known;
    this.#builtIn = structOf(Object.entries({ ForwardedFrom: '', ...known.session }));
    this.#clock = clock;
    this.#session = session;
    this.#size = sizeOf(session);
  }

  /** What flows have written so far; never changed in place. */
  get session(): PlainStruct {
    return this.#session;
  }

  /** What the parameters of a running flow hold; the outermost flow is level 0. */
  parametersAt(level: number): PlainStruct {
    return this.#frames[level]?.values ?? nothing;
  }

  /** Begins a flow that has parameters of these names, some with a value. @throws DataError when there is no room for them. */
  enter(names: ReadonlySet<string>, values: PlainStruct): void {
    const size = this.#size + sizeOf(values);
    if (size > MAX_SESSION_SIZE) throw noRoom();
    this.#size = size;
    this.#frames.push({ names, values });
    this.#sessionView = undefined;
  }

  /** Ends the innermost flow and answers what its parameters hold. */
  leave(): PlainStruct {
    const values = this.#frames.pop()?.values ?? nothing;
    this.#size -= sizeOf(values);
    this.#sessionView = undefined;
    return values;
  }

  /** The value of a field, or undefined when it is not set. */
  read(scope: Scope, name: string): PlainValue | undefined {
    switch (scope) {
      case 'Session':
        return this.#readSession(name);
      case 'System':
        return name === 'Now' ? this.#now() : fieldOf(this.#known.system ?? nothing, name);
      case 'Endpoint':
        return fieldOf(this.#known.endpoint ?? nothing, name);
      case 'Customer':
        return fieldOf(this.#known.customer ?? nothing, name);
      case 'User':
        return fieldOf(this.#known.user ?? nothing, name);
    }
  }

  /** Sets a field of Session, or a parameter of the flow that runs. @throws DataError when it cannot be set, or is too large. */
  write(scope: Scope, name: string, value: PlainValue): void {
    const frame = this.#frameOf(scope, name);
    const problem = frame ? undefined : writeProblem(scope, name);
    if (problem) throw new DataError(problem);
    const taken = sizeOf(value);
    if (taken > MAX_VALUE_SIZE) throw new DataError(`A value may take ${MAX_VALUE_SIZE} characters.`);
    const before = fieldOf(frame?.values ?? this.#session, name);
    const size = this.#size + taken - sizeOf(before) + (before === undefined ? name.length : 0);
    if (size > MAX_SESSION_SIZE) throw noRoom();
    if (frame) frame.values = withField(frame.values, name, value);
    else this.#session = withField(this.#session, name, value);
    this.#size = size;
    this.#sessionView = undefined;
  }

  /** All scopes as templates see them. */
  view(): PlainStruct {
    this.#sessionView ??= this.#mergedSession();
    return structOf([
      ['Session', this.#sessionView],
      ['Endpoint', this.#known.endpoint ?? nothing],
      ['Customer', this.#known.customer ?? nothing],
      ['User', this.#known.user ?? nothing],
      ['System', withField(this.#known.system ?? nothing, 'Now', this.#now())],
    ]);
  }

  #frameOf(scope: Scope, name: string): Frame | undefined {
    const frame = this.#frames.at(-1);
    return scope === 'Session' && frame?.names.has(name) ? frame : undefined;
  }

  #readSession(name: string): PlainValue | undefined {
    const frame = this.#frameOf('Session', name);
    if (frame) return fieldOf(frame.values, name);
    return fieldOf(this.#builtIn, name) ?? fieldOf(this.#session, name);
  }

  #mergedSession(): PlainStruct {
    const merged: Record<string, PlainValue> = Object.assign(Object.create(null), this.#session, this.#builtIn);
    const frame = this.#frames.at(-1);
    for (const name of frame?.names ?? []) delete merged[name];
    return Object.assign(merged, frame?.values);
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}

/** Why a flow may not write this field; undefined when it may. */
export function writeProblem(scope: Scope, name: string): string | undefined {
  if (scope !== 'Session') return `Fields of ${scope} cannot be changed by a flow: use a field of Session.`;
  if (name === '') return 'The name of the field is missing.';
  if (name.length > MAX_FIELD_NAME) return `The name of a field may have ${MAX_FIELD_NAME} characters.`;
  if (builtInSessionFields.some((field) => field === name)) return `Session.${name} belongs to the call and cannot be changed.`;
  return undefined;
}

function noRoom(): DataError {
  return new DataError(`A session may keep ${MAX_SESSION_SIZE} characters of data.`);
}
