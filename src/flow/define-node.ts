import type { NodeCategory } from '../contracts/flows.ts';
import type { Clock } from '../kernel/clock.ts';
import type { CallLeg, PlayRules, RecordRules } from '../telephony/port.ts';
import type { ConferenceOrder, ConferenceResult } from './conference.ts';
import type { Scope } from './data-scopes.ts';
import type { PlainValue } from './plain-value.ts';
import type { PromptRequest } from './prompt-request.ts';
import type { AttendedResult, CallingOrder, PartyAddress, PartyOrder, PartyResult } from './second-party.ts';
import type { WholeCallRecording } from './whole-call-recording.ts';

// Everything that a node file may use of the flow layer comes through here.
export { answerInputs, calleeInputs, calleesOf, callingInputs, callingOf } from './callee-inputs.ts';
export { dialledNumbers } from './dialled-numbers.ts';
export { keysProblem } from './phone-keys.ts';
export { promptOf } from './prompt-request.ts';
export type { CallLeg, PartyAddress, PlainValue, PromptRequest };

interface InputBase {
  readonly description: string;
  /** Saving a node without it is refused. */
  readonly required?: boolean;
  /** The sentence that refuses any value of it: the input is part of the contract, but cannot be used yet. */
  readonly unsupported?: string;
}

/** Answers what is wrong with a value, as a sentence for the author of the flow, or undefined. */
export type Check<T> = (value: T) => string | undefined;

export interface TextInput extends InputBase {
  readonly type: 'String';
  readonly default?: string;
  readonly possibleValues?: readonly string[];
  readonly uiHint?: 'LargeText';
  readonly check?: Check<string>;
}
export interface NumberInput extends InputBase {
  readonly type: 'Number';
  readonly default?: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly whole?: boolean;
}
export interface BooleanInput extends InputBase {
  readonly type: 'Boolean';
  readonly default?: boolean;
}
/** The id of something that the account has. */
export interface ReferenceInput extends InputBase {
  readonly type: 'AudioFile' | 'Endpoint' | 'User' | 'Team';
}
/** An owned number, in E.164 form. */
export interface PhoneNumberInput extends InputBase {
  readonly type: 'PhoneNumber';
}
/** A value of any type. */
export interface AnyInput extends InputBase {
  readonly type: 'NotSpecified';
}
export type SingleInput = TextInput | NumberInput | BooleanInput | ReferenceInput | PhoneNumberInput | AnyInput;

/** A list of texts. They are taken as written: no templates. */
export interface TextListInput extends InputBase {
  readonly type: 'List';
  readonly of: 'String';
  readonly check?: Check<string>;
}
/** A list of structs. */
export interface StructListInput extends InputBase {
  readonly type: 'List';
  readonly of: { readonly [field: string]: SingleInput };
}
export type Input = SingleInput | TextListInput | StructListInput;

export interface Inputs {
  readonly [key: string]: Input;
}
export interface Outputs {
  readonly [key: string]: { readonly type: 'String' | 'Number' | 'File'; readonly description: string };
}
export interface Transitions {
  /** An asynchronous transition is followed after the call, apart from the flow. */
  readonly [key: string]: { readonly description: string; readonly isAsync?: boolean };
}

type ValueOf<I extends Input> = I extends { readonly possibleValues: readonly (infer Possible)[] }
  ? Possible
  : I extends { readonly type: 'String' | ReferenceInput['type'] | 'PhoneNumber' }
    ? string
    : I extends { readonly type: 'Number' }
      ? number
      : I extends { readonly type: 'Boolean' }
        ? boolean
        : I extends TextListInput
          ? readonly string[]
          : I extends { readonly type: 'List'; readonly of: infer Fields extends Inputs }
            ? readonly ParametersOf<Fields>[]
            : PlainValue;

/** What `execute` is given: a value for each input, undefined only where nothing is required and there is no default. */
export type ParametersOf<I extends Inputs> = {
  readonly [Key in keyof I]: I[Key] extends { readonly required: true } | { readonly default: string | number | boolean }
    ? ValueOf<I[Key]>
    : ValueOf<I[Key]> | undefined;
};

/** The values that are known when a flow is saved. What the call will give is not in it. */
type KnownOf<I extends Inputs> = { readonly [Key in keyof I]?: ParametersOf<I>[Key] };

/** What is wrong with an input beside the others, as a sentence for the author of the flow. */
export interface InputProblem<Key = string> {
  readonly input: Key;
  readonly problem: string;
}

type OutputsOf<O extends Outputs> = { readonly [Key in keyof O]?: O[Key] extends { readonly type: 'Number' } ? number : string };

type AsyncKeys<T extends Transitions> = { [Key in keyof T & string]: T[Key] extends { readonly isAsync: true } ? Key : never }[keyof T &
  string];

interface Left<O extends Outputs, Async> {
  readonly outputs?: OutputsOf<O>;
  /** Asynchronous transitions to follow once the call is over. */
  readonly later?: readonly Async[];
}

/** How a node is left: by a declared transition, by one of its choices if it has such, or (a node without transitions) by ending. */
export type NodeResult<O extends Outputs, T extends Transitions, Choices> =
  | ([keyof T] extends [never]
      ? { readonly hangUp: true; readonly outcome: string | undefined }
      : { readonly leave: Exclude<keyof T & string, AsyncKeys<T>> } & Left<O, AsyncKeys<T>>)
  | ([Choices] extends [string] ? { readonly choice: string } & Left<O, AsyncKeys<T>> : never);

export interface StoredRecording {
  /** The id of the stored file, or undefined when nothing but silence was heard (then nothing is kept). */
  readonly fileId: string | undefined;
  readonly durationMs: number;
}

/** As PartyOrder, with prompts that are still to be made. */
export interface DialOrder extends Omit<PartyOrder, 'meanwhile' | 'whisper'> {
  readonly meanwhile: PromptRequest;
  readonly whisper: PromptRequest | undefined;
}

/** As CallingOrder, with prompts that are still to be made. */
export interface TransferOrder extends Omit<CallingOrder, 'meanwhile' | 'whisper'> {
  readonly meanwhile: PromptRequest;
  readonly whisper: PromptRequest | undefined;
}

/** As ConferenceOrder, with prompts that are still to be made. */
export interface ConferenceRequest extends Omit<ConferenceOrder, 'announcement' | 'music'> {
  readonly announcement: PromptRequest | undefined;
  /** undefined: the hold music of the server. */
  readonly music: PromptRequest | undefined;
}

/** What a node may do. Every wait rejects when the call ends; a node need not handle that. */
export interface NodeContext {
  readonly call: CallLeg;
  readonly clock: Clock;
  /** Aborted when the call is over. */
  readonly signal: AbortSignal;
  /** Plays a prompt; begins in the same turn when the prompt is ready. */
  play(prompt: PromptRequest, rules: PlayRules): Promise<'finished' | 'barged'>;
  /** Records the caller and stores what was heard, also when they hang up to end the recording. */
  record(rules: Omit<RecordRules, 'path'>): Promise<StoredRecording>;
  /** Calls somebody else and joins the two, until one of them hangs up: see SecondParty. */
  dial(order: DialOrder): Promise<PartyResult>;
  /** Calls somebody else, and has the other side of the call call that one in our place: see SecondParty. */
  transferTo(order: TransferOrder): Promise<AttendedResult>;
  /** Takes part in a conference until one of the two is over: see ConferenceDoor. */
  conference(request: ConferenceRequest): Promise<ConferenceResult>;
  /** Puts the call on hold while the flow goes on: see FlowHold. */
  hold(music: PromptRequest): Promise<void>;
  /** Ends that. @throws Error when the other side does not agree */
  resume(): Promise<void>;
  /** The recording of both sides of the call. */
  readonly recording: WholeCallRecording;
  /** Sets a field. @throws DataError when the field cannot be written, or is too large. */
  write(scope: Scope, name: string, value: PlainValue): void;
  /** Adds a line to the log of the session. */
  log(message: string): void;
}

interface Description {
  readonly typeName: `${string}Node`;
  readonly label: string;
  readonly category: NodeCategory;
  /** Name of the picture that the designer shows. */
  readonly icon: string;
  readonly description: string;
}

/** A type of node, as one file of `nodes/` declares it. */
export interface NodeDefinition<I extends Inputs, O extends Outputs, T extends Transitions, Choices extends (keyof I & string) | undefined>
  extends Description {
  readonly inputs: I;
  readonly outputs: O;
  readonly transitions: T;
  /** The input whose entries each are a transition of that name. */
  readonly choices?: Choices;
  /**
   * Runs the node. What it throws leaves it by `Failed`, or ends the flow when it has no such transition. A node that
   * need not wait answers at once, so that the next one begins in the same turn.
   */
  execute(
    params: ParametersOf<NoInfer<I>>,
    ctx: NodeContext,
  ): NodeResult<NoInfer<O>, NoInfer<T>, NoInfer<Choices>> | Promise<NodeResult<NoInfer<O>, NoInfer<T>, NoInfer<Choices>>>;
  /** What is wrong with the inputs together, as far as that is known when the flow is saved; each has been checked by itself. Saving it is refused. */
  check?(known: KnownOf<NoInfer<I>>): InputProblem<keyof NoInfer<I> & string> | undefined;
  /** The prompts that this node will play, in the order in which they are needed, so that they are ready before the answer. */
  prepare?(params: ParametersOf<NoInfer<I>>): readonly PromptRequest[];
}

type AnyParameter = PlainValue | readonly { readonly [field: string]: PlainValue | undefined }[] | undefined;
export interface AnyParameters {
  readonly [key: string]: AnyParameter;
}
export interface AnyResult {
  readonly leave?: string;
  readonly choice?: string;
  readonly hangUp?: true;
  readonly outcome?: string | undefined;
  readonly outputs?: { readonly [key: string]: string | number | undefined };
  readonly later?: readonly string[];
}

/** A type of node as the interpreter sees it: any of them. */
export interface NodeType extends Description {
  readonly inputs: Inputs;
  readonly outputs: Outputs;
  readonly transitions: Transitions;
  readonly choices?: string | undefined;
  execute(params: AnyParameters, ctx: NodeContext): AnyResult | Promise<AnyResult>;
  check?(known: AnyParameters): InputProblem | undefined;
  prepare?(params: AnyParameters): readonly PromptRequest[];
}

/**
 * Declares a type of node. The types of the parameters and of the ways out come from the declaration: reading an input or
 * answering a transition that is not declared does not compile.
 */
export function defineNode<
  const I extends Inputs,
  const O extends Outputs,
  const T extends Transitions,
  const Choices extends (keyof I & string) | undefined = undefined,
>(definition: NodeDefinition<I, O, T, Choices>): NodeType {
  return definition;
}
